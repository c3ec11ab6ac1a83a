/* SPDX-License-Identifier: MIT */
/* What somebody else might have at TC egress: counts what passes, and lets the next one have it. */
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} stranger_counts SEC(".maps");

static __always_inline void stranger_add(__u32 which, __u64 number)
{
	__u64 *count = bpf_map_lookup_elem(&stranger_counts, &which);

	if (count)
		__sync_fetch_and_add(count, number);
}

SEC("tc")
int stranger(struct __sk_buff *skb)
{
	stranger_add(0, 1);
	stranger_add(1, skb->len);
	return OPPTEL_NEXT;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
