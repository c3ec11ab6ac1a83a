/* SPDX-License-Identifier: MIT */
/* Counts the system calls of one thread. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

const volatile __u32 target;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} entries SEC(".maps");

SEC("raw_tp/sys_enter")
int count_entry(void *context)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&entries, &zero);

	if (count && (__u32)bpf_get_current_pid_tgid() == target)
		__sync_fetch_and_add(count, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
