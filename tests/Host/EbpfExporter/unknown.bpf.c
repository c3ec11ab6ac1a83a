/* SPDX-License-Identifier: MIT */
/* A section that libbpf does not know. */
#include "events.bpf.h"

TEST_MAP(entries_total, BPF_MAP_TYPE_HASH, 16, __u64);

SEC("xdp/lo")
int nothing(void *context)
{
	return 2;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
