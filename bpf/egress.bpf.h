/* SPDX-License-Identifier: MIT */
/*
 * TC egress: appends a trailer to a packet that has room for one. Whatever happens, the packet goes on (NEXT for TCX,
 * UNSPEC for clsact: both -1) and one reason counter moves.
 */
#ifndef OPPTEL_EGRESS_BPF_H
#define OPPTEL_EGRESS_BPF_H

#include "charge.bpf.h"
#include "mark.bpf.h"
#include "memory.bpf.h"
#include "slack.bpf.h"
#include "trailer.bpf.h"
#include "tunnel.bpf.h"

/* How much fits: by configuration and by the room behind the packet. False when nothing does. */
static __always_inline bool opptel_measure(struct opptel_carrier *carrier, const struct opptel_state *state, __u32 room)
{
	__u32 values = state->max_values;

	carrier->bytes = room > state->max_trailer ? state->max_trailer : room;
	carrier->tail = opptel_tail(state);
	if (carrier->bytes < carrier->tail + OPPTEL_VALUE_SIZE)
		return false;
	room = (carrier->bytes - carrier->tail) / OPPTEL_VALUE_SIZE;
	if (values > room)
		values = room;
	carrier->room = values > OPPTEL_MAX_VALUES ? OPPTEL_MAX_VALUES : values;
	return carrier->room;
}

/* Cuts off a trailer that OppTel did not write. */
static __always_inline enum opptel_egress_reason opptel_trim_forged(struct __sk_buff *skb, __u32 end)
{
	__u16 nothing = 0;

	if (!bpf_skb_change_tail(skb, end, 0))
		return OPPTEL_EGRESS_FORGED_TRIMMED;
	bpf_skb_store_bytes(skb, skb->len - sizeof(nothing), &nothing, sizeof(nothing), 0);
	return OPPTEL_EGRESS_TRIM_FAILED;
}

static __always_inline enum opptel_egress_reason opptel_append(
	struct __sk_buff *skb, struct opptel_carrier *carrier, __u32 pad, __u32 length, __u32 mark)
{
	__u32 end = skb->len;
	enum opptel_egress_reason reason = OPPTEL_EGRESS_GROW_FAILED;

	/* The verifier has to see the bounds on the register that it looks at below. */
	asm volatile("" : "+r"(length));
	if (length < OPPTEL_FOOTER_SIZE || length > sizeof(carrier->scratch->word))
		return OPPTEL_EGRESS_NOTHING_DUE;
	if (!bpf_skb_change_tail(skb, end + pad + length, 0)) {
		if (!bpf_skb_store_bytes(skb, end + pad, carrier->scratch->word, length, 0) &&
			opptel_set_mark(skb, mark))
			return OPPTEL_EGRESS_STAMPED;
		bpf_skb_change_tail(skb, end, 0);
		reason = OPPTEL_EGRESS_STORE_FAILED;
	}
	return reason;
}

/* Fills a carrier. A global function: it is verified once, and not once for each of the many ways through the headers. */
__noinline int opptel_stamp(struct __sk_buff *skb, struct opptel_packet *packet)
{
	__u32 cpu = bpf_get_smp_processor_id(), length, pad = 0, mark;
	struct opptel_state *state = OPPTEL_SINGLE(opptel_state);
	struct opptel_stream *stream = bpf_map_lookup_elem(&opptel_streams, &cpu);
	struct opptel_scratch *scratch = OPPTEL_SINGLE(opptel_scratch);
	struct opptel_carrier carrier = {.scratch = scratch, .state = state};
	enum opptel_egress_reason reason;
	__u64 lease;

	if (!state || !stream || !packet)
		return OPPTEL_EGRESS_NO_LEASE;
	carrier.frame = skb->len + packet->front;
	lease = READ_ONCE(state->lease_until);
	if (!opptel_measure(&carrier, state, packet->room))
		return OPPTEL_EGRESS_NO_SLACK;
	/* Reading the clock costs more than all tests before it. */
	if (!scratch || !lease)
		return OPPTEL_EGRESS_NO_LEASE;
	carrier.now = bpf_ktime_get_boot_ns();
	if (carrier.now >= lease)
		return OPPTEL_EGRESS_NO_LEASE;
	mark = opptel_mark(skb, packet->heartbeat);
	if (mark == OPPTEL_UNMARKABLE)
		return OPPTEL_EGRESS_NOT_MARKABLE;
	if (!packet->heartbeat && carrier.now - stream->last_stamp < state->min_gap)
		return OPPTEL_EGRESS_TOO_SOON;
	opptel_charge_some(stream, state->cpus);
	if (state->memory_part)
		opptel_memory_refresh(skb, stream, state->memory_part - 1, carrier.now);
	carrier.flags =
		(packet->heartbeat ? OPPTEL_TRAILER_HEARTBEAT : 0) | (packet->front ? OPPTEL_TRAILER_TUNNEL : 0);
	if (!opptel_fill(&carrier, stream, packet->heartbeat))
		return OPPTEL_EGRESS_NOTHING_DUE;

	length = opptel_finish(&carrier, stream, &pad);
	reason = opptel_append(skb, &carrier, pad, length, mark);
	if (reason != OPPTEL_EGRESS_STAMPED) {
		bpf_loop(scratch->due, opptel_requeue, &carrier, 0);
		return reason;
	}
	if (scratch->settle)
		bpf_loop(scratch->due, opptel_settle, &carrier, 0);
	stream->sequence++;
	stream->trailers++;
	stream->values += scratch->values;
	stream->samples += scratch->first / 2;
	stream->bytes += pad + length;
	stream->last_stamp = carrier.now;
	return OPPTEL_EGRESS_STAMPED;
}

static __always_inline enum opptel_egress_reason opptel_judge(struct __sk_buff *skb, bool tunnel)
{
	struct opptel_packet packet = {};
	enum opptel_egress_reason reason = opptel_examine(skb, &packet);

	switch (reason) {
	case OPPTEL_EGRESS_STAMPED:
		if (opptel_is_encapsulated(skb, &packet.l3))
			return OPPTEL_EGRESS_GROW_FAILED;
		if (tunnel)
			packet.front = opptel_tunnel_limit(skb, &packet);
		return opptel_stamp(skb, &packet);
	case OPPTEL_EGRESS_FORGED_TRIMMED:
		return opptel_trim_forged(skb, packet.l3.offset + packet.l3.length);
	default:
		return reason;
	}
}

static __always_inline int opptel_pass(struct __sk_buff *skb, bool tunnel)
{
	__u32 cpu = bpf_get_smp_processor_id(), reason;
	struct opptel_stream *stream = bpf_map_lookup_elem(&opptel_streams, &cpu);

	if (!stream)
		return OPPTEL_NEXT;
	reason = opptel_judge(skb, tunnel);
	if (reason < OPPTEL_EGRESS_REASONS)
		stream->reason[reason]++;
	return OPPTEL_NEXT;
}

SEC("tc")
int opptel_egress(struct __sk_buff *skb)
{
	return opptel_pass(skb, false);
}

/* At a tunnel's device. What has been here takes no second trailer behind the outer packet. */
SEC("tc")
int opptel_egress_tunnel(struct __sk_buff *skb)
{
	int verdict = opptel_pass(skb, true);

	skb->tc_index = OPPTEL_TUNNEL_MARK;
	return verdict;
}

#endif /* OPPTEL_EGRESS_BPF_H */
