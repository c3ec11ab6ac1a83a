/* SPDX-License-Identifier: MIT */
/*
 * TC egress: appends a trailer to a packet that has room for one. Whatever happens, the packet goes on (NEXT for TCX,
 * UNSPEC for clsact: both -1) and one reason counter moves. The tests come cheapest first.
 */
#ifndef OPPTEL_EGRESS_BPF_H
#define OPPTEL_EGRESS_BPF_H

#include "charge.bpf.h"
#include "slack.bpf.h"
#include "trailer.bpf.h"

#define OPPTEL_NEXT (-1)

static __always_inline enum opptel_egress_reason opptel_append(
	struct __sk_buff *skb, struct opptel_carrier *carrier, __u32 length)
{
	__u32 end = skb->len;
	enum opptel_egress_reason reason = OPPTEL_EGRESS_GROW_FAILED;

	if (length < OPPTEL_FOOTER_SIZE || length > sizeof(carrier->scratch->word))
		return OPPTEL_EGRESS_NOTHING_DUE;
	if (!bpf_skb_change_tail(skb, end + length, 0)) {
		if (!bpf_skb_store_bytes(skb, end, carrier->scratch->word, length, 0))
			return OPPTEL_EGRESS_STAMPED;
		bpf_skb_change_tail(skb, end, 0);
		reason = OPPTEL_EGRESS_STORE_FAILED;
	}
	if (carrier->scratch->due)
		bpf_loop(carrier->scratch->due, opptel_requeue, carrier, 0);
	return reason;
}

static __always_inline enum opptel_egress_reason opptel_stamp(struct __sk_buff *skb, const struct opptel_state *state,
	struct opptel_stream *stream, __u32 room, bool heartbeat)
{
	struct opptel_scratch *scratch = OPPTEL_SINGLE(opptel_scratch);
	struct opptel_carrier carrier = {.scratch = scratch, .due = OPPTEL_SINGLE(opptel_due)};
	__u64 lease = READ_ONCE(state->lease_until), now;
	enum opptel_egress_reason reason;
	__u32 length;

	/* Reading the clock costs more than all tests before it. */
	if (!carrier.due || !scratch || !lease)
		return OPPTEL_EGRESS_NO_LEASE;
	now = bpf_ktime_get_boot_ns();
	if (now >= lease)
		return OPPTEL_EGRESS_NO_LEASE;
	if (!heartbeat && now - stream->last_stamp < state->min_gap)
		return OPPTEL_EGRESS_TOO_SOON;
	opptel_charge_some(carrier.due, stream, state->cpus);
	if (!opptel_fill(&carrier, state, room, heartbeat))
		return OPPTEL_EGRESS_NOTHING_DUE;

	length = opptel_finish(scratch, state, stream, now, heartbeat);
	reason = opptel_append(skb, &carrier, length);
	if (reason != OPPTEL_EGRESS_STAMPED)
		return reason;
	stream->sequence++;
	stream->trailers++;
	stream->values += scratch->values;
	stream->bytes += length;
	stream->last_stamp = now;
	return OPPTEL_EGRESS_STAMPED;
}

static __always_inline enum opptel_egress_reason opptel_judge(
	struct __sk_buff *skb, const struct opptel_state *state, struct opptel_stream *stream)
{
	struct opptel_l3 l3 = {};
	__u32 room, end, tags;
	bool heartbeat;

	if (skb->gso_size)
		return OPPTEL_EGRESS_GSO;
	switch (opptel_skb_parse(skb, &l3)) {
	case OPPTEL_L3_OK:
		break;
	case OPPTEL_L3_UNKNOWN:
		return OPPTEL_EGRESS_UNKNOWN_ETHERTYPE;
	default:
		return OPPTEL_EGRESS_MALFORMED_L3;
	}
	end = l3.offset + l3.length;
	if (skb->len > end)
		return opptel_trim_forged(skb, end);
	if (skb->len < end)
		return OPPTEL_EGRESS_LENGTH_MISMATCH;
	heartbeat = l3.type == OPPTEL_CONTROL_ETHERTYPE && l3.protocol == OPPTEL_CONTROL_HEARTBEAT;
	if (l3.type == OPPTEL_CONTROL_ETHERTYPE && !heartbeat)
		return OPPTEL_EGRESS_CONTROL;
	/* The tag that the device inserts is none of skb->len. A stripper skips two: behind a third it finds no packet. */
	tags = l3.tags + !!skb->vlan_present;
	if (tags > 2)
		return OPPTEL_EGRESS_UNKNOWN_ETHERTYPE;
	if (opptel_late_integrity(&l3))
		return OPPTEL_EGRESS_LATE_INTEGRITY;
	room = opptel_room(skb, state, &l3, tags);
	if (!room)
		return OPPTEL_EGRESS_NO_SLACK;
	return opptel_stamp(skb, state, stream, room, heartbeat);
}

SEC("tc")
int opptel_egress(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id(), reason;
	struct opptel_state *state = OPPTEL_SINGLE(opptel_state);
	struct opptel_stream *stream = bpf_map_lookup_elem(&opptel_streams, &cpu);

	if (!state || !stream)
		return OPPTEL_NEXT;
	reason = opptel_judge(skb, state, stream);
	if (reason < OPPTEL_EGRESS_REASONS)
		stream->reason[reason]++;
	return OPPTEL_NEXT;
}

#endif /* OPPTEL_EGRESS_BPF_H */
