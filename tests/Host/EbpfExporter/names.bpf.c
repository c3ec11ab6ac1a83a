/* SPDX-License-Identifier: MIT */
/* Names that threads take, and a clock. */
#include "events.bpf.h"

struct name_key {
	char name[16];
};

TEST_MAP(renames_total, BPF_MAP_TYPE_HASH, 4096, struct name_key);
TEST_MAP(renames_ours_total, BPF_MAP_TYPE_HASH, 4096, struct name_key);
TEST_MAP(ticks_total, BPF_MAP_TYPE_HASH, 1024, __u32);

SEC("raw_tp/task_rename")
int rename(struct bpf_raw_tracepoint_args *context)
{
	struct name_key key = {};

	bpf_probe_read_kernel_str(key.name, sizeof(key.name), (const void *)context->args[1]);
	test_add(&renames_total, &key, 1);
	test_add(&renames_ours_total, &key, 1);
	return 0;
}

/* type 1 (software), config 0 (the CPU's clock) */
SEC("perf_event/type=1,config=0,frequency=200")
int tick(void *context)
{
	__u32 cpu = bpf_get_smp_processor_id();

	test_add(&ticks_total, &cpu, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
