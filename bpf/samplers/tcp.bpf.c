/* SPDX-License-Identifier: MIT */
/*
 * The TCP sampler: connections opened, accepted, failed and broken, segments sent again, resets. The hooks are where the kernel
 * counts ActiveOpens, PassiveOpens, AttemptFails, EstabResets, RetransSegs and OutRsts of /proc/net/snmp, but they see all
 * network namespaces of the machine and not one: containers are counted too.
 *
 * Hooks: inet_sock_set_state, tcp_retransmit_skb, tcp_retransmit_synack, tcp_send_reset, tcp_receive_reset. Cost: one program run
 * for each change of a connection's state (64 ns by the kernel's account, as much as an empty program) and for each exception, none
 * for a segment that simply arrives.
 */
#include "due.bpf.h"

/* The daemon's plan: first of the slots below. */
const volatile __u32 opptel_tcp_slot;

enum opptel_tcp_slot {
	OPPTEL_TCP_OPENED = 0,
	OPPTEL_TCP_ACCEPTED = 1,
	OPPTEL_TCP_FAILED = 2,
	OPPTEL_TCP_BROKEN = 3,
	OPPTEL_TCP_RETRANSMITTED = 4,
	OPPTEL_TCP_RESETS_SENT = 5,
	OPPTEL_TCP_RESETS_RECEIVED = 6,
};

static __always_inline void opptel_tcp_count(enum opptel_tcp_slot which, __u64 events)
{
	opptel_slot_add(opptel_tcp_slot + which, events);
}

/* A connection that begins or ends; the states in between are nobody's counter. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(opptel_tcp_state, const struct sock *sk, int before, int after)
{
	if (sk->sk_protocol != OPPTEL_PROTOCOL_TCP)
		return 0;
	switch (after) {
	case OPPTEL_TCP_STATE_SYN_SENT:
		opptel_tcp_count(OPPTEL_TCP_OPENED, 1);
		break;
	case OPPTEL_TCP_STATE_SYN_RECV:
		/* Otherwise both ends open at once. */
		if (before == OPPTEL_TCP_STATE_LISTEN)
			opptel_tcp_count(OPPTEL_TCP_ACCEPTED, 1);
		break;
	case OPPTEL_TCP_STATE_CLOSE:
		if (before == OPPTEL_TCP_STATE_SYN_SENT || before == OPPTEL_TCP_STATE_SYN_RECV)
			opptel_tcp_count(OPPTEL_TCP_FAILED, 1);
		else if (before == OPPTEL_TCP_STATE_ESTABLISHED || before == OPPTEL_TCP_STATE_CLOSE_WAIT)
			opptel_tcp_count(OPPTEL_TCP_BROKEN, 1);
		break;
	}
	return 0;
}

/* What lies in the queue can be as long as several segments; all of them are sent again at once. */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(opptel_tcp_retransmit, const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = (const struct tcp_skb_cb *)&skb->cb;

	opptel_tcp_count(OPPTEL_TCP_RETRANSMITTED, BPF_CORE_READ(cb, tcp_gso_segs));
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(opptel_tcp_synack)
{
	opptel_tcp_count(OPPTEL_TCP_RETRANSMITTED, 1);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(opptel_tcp_reset_out)
{
	opptel_tcp_count(OPPTEL_TCP_RESETS_SENT, 1);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(opptel_tcp_reset_in)
{
	opptel_tcp_count(OPPTEL_TCP_RESETS_RECEIVED, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
