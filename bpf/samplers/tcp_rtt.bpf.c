/* SPDX-License-Identifier: MIT */
/*
 * The round-trip sampler: the kernel's smoothed round-trip time of a TCP connection, as ss -ti shows it, once for each segment
 * that the connection receives while established. It is a sampler of its own because it alone costs something per packet.
 *
 * Hook: tcp_probe. Cost: one program run per received segment, without a lookup: 88 ns by the kernel's account, 65 of which an empty
 * program takes too; a segment over loopback takes 4000. What happens more seldom does not tell: changes of state come once in
 * the life of a pooled connection, retransmissions only from the bad ones, and a packet at TC egress has lost its socket if a
 * container sent it through a router.
 */
#include "histogram.bpf.h"

/* The daemon's plan: first slot of the histogram. */
const volatile __u32 opptel_tcp_rtt_slot;

#define OPPTEL_SRTT_SHIFT 3

SEC("tp_btf/tcp_probe")
int BPF_PROG(opptel_tcp_rtt, struct sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	/* A connection that has measured nothing yet. */
	if (!tcp || !tcp->srtt_us)
		return 0;
	opptel_histogram_add(opptel_tcp_rtt_slot, (__u64)tcp->srtt_us * 1000 >> OPPTEL_SRTT_SHIFT);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
