/* SPDX-License-Identifier: MIT */
/* A stranger's BPF program: it counts context switches, and how long each task stayed on its CPU. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <opptel/producer.bpf.h>

#include "switches.h"

OPPTEL_CELLS(cells, CELLS);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} since SEC(".maps");

SEC("raw_tp/sched_switch")
int count_switch(void *context)
{
	__u32 zero = 0;
	__u64 now = bpf_ktime_get_ns(), *last = bpf_map_lookup_elem(&since, &zero);

	(void)context;
	opptel_cell_add(&cells, CELL_SWITCHES, 1);
	opptel_cell_set(&cells, CELL_LAST_CPU, bpf_get_smp_processor_id());
	if (!last)
		return 0;
	if (*last)
		opptel_cell_observe(&cells, CELL_STAY, now - *last);
	*last = now;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
