/* SPDX-License-Identifier: MIT */
/* Programs that only tests and measurements attach. */
#include "histogram.bpf.h"
#include "perf.bpf.h"

/* The least that appending costs: one change of the tail and one store, as long as a trailer with 8 values. */
SEC("tc")
int probe_floor(struct __sk_buff *skb)
{
	__u64 trailer[11] = {};
	__u32 end = skb->len;

	if (!bpf_skb_change_tail(skb, end + sizeof(trailer), 0))
		bpf_skb_store_bytes(skb, end, trailer, sizeof(trailer), 0);
	return -1;
}

/* Asks the device to insert a VLAN tag, as a VLAN interface does. */
SEC("tc")
int probe_tag(struct __sk_buff *skb)
{
	bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 7);
	return -1;
}

/* Takes everything for itself: nothing behind it runs in a TCX chain that it ends. */
SEC("tc")
int probe_pass(struct __sk_buff *skb)
{
	return 0;
}

/* The slot of a value in a histogram. */
SEC("syscall")
int probe_histogram(__u64 *value)
{
	return opptel_histogram_slot(*value);
}

/* What an event counted from one reading to the next. */
struct probe_perf {
	struct bpf_perf_event_value last;
	struct bpf_perf_event_value now;
};

SEC("syscall")
int probe_perf_take(struct probe_perf *readings)
{
	struct probe_perf copy = *readings;
	struct probe_perf *at = &copy;

	/* The context cannot be looked at through a pointer into it. */
	asm volatile("" : "+r"(at));
	return opptel_perf_take(&at->last, &at->now);
}

/* Refuses every packet of a cgroup. */
SEC("cgroup_skb/egress")
int probe_refuse(struct __sk_buff *skb)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
