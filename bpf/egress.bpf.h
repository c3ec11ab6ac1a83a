/* SPDX-License-Identifier: MIT */
/*
 * TC egress: appends a trailer to a packet that has room for one. Whatever happens, the packet goes on (NEXT for TCX,
 * UNSPEC for clsact: both -1) and one reason counter moves. The tests come cheapest first.
 */
#ifndef OPPTEL_EGRESS_BPF_H
#define OPPTEL_EGRESS_BPF_H

#include "charge.bpf.h"

#define OPPTEL_NEXT (-1)

/* Slots that a carrier looks at in search of live ones to refresh. */
#define OPPTEL_REFRESH_LOOK 16
#define OPPTEL_REFRESH_LOOK_HEARTBEAT 256

/* Parses the headers; pulls them into the linear part when they are not there. */
static __always_inline enum opptel_l3_status opptel_skb_parse(struct __sk_buff *skb, struct opptel_l3 *l3)
{
	enum opptel_l3_status status = opptel_l3_parse((void *)(long)skb->data, (void *)(long)skb->data_end, l3);

	if (status != OPPTEL_L3_SHORT || (__u32)(skb->data_end - skb->data) == skb->len)
		return status;
	if (bpf_skb_pull_data(skb, skb->len < OPPTEL_L3_HEADERS ? skb->len : OPPTEL_L3_HEADERS))
		return OPPTEL_L3_SHORT;
	return opptel_l3_parse((void *)(long)skb->data, (void *)(long)skb->data_end, l3);
}

/* Bytes behind the L3 packet: somebody's padding, or a trailer that OppTel did not write. */
static __always_inline enum opptel_egress_reason opptel_trim_forged(struct __sk_buff *skb, __u32 end)
{
	__u16 magic = 0;
	__u32 last = skb->len - sizeof(magic);

	if (skb->len - end < OPPTEL_FOOTER_SIZE)
		return OPPTEL_EGRESS_LENGTH_MISMATCH;
	if (bpf_skb_load_bytes(skb, last, &magic, sizeof(magic)) || magic != OPPTEL_TRAILER_MAGIC)
		return OPPTEL_EGRESS_LENGTH_MISMATCH;
	if (!bpf_skb_change_tail(skb, end, 0))
		return OPPTEL_EGRESS_FORGED_TRIMMED;
	magic = 0;
	bpf_skb_store_bytes(skb, last, &magic, sizeof(magic), 0);
	return OPPTEL_EGRESS_TRIM_FAILED;
}

/*
 * SCTP's CRC, where the device offers it, and ESP, where the device encrypts, cover whatever the packet ends with when
 * they are computed, which is behind this hook. The IPv6 headers named here may stand before either of them.
 */
static __always_inline bool opptel_late_integrity(const struct opptel_l3 *l3)
{
	if (l3->type != OPPTEL_ETHERTYPE_IPV4 && l3->type != OPPTEL_ETHERTYPE_IPV6)
		return false;
	switch (l3->protocol) {
	case OPPTEL_PROTOCOL_SCTP:
	case OPPTEL_PROTOCOL_ESP:
		return true;
	case OPPTEL_NEXT_HOP_BY_HOP:
	case OPPTEL_NEXT_ROUTING:
	case OPPTEL_NEXT_DESTINATION:
		return l3->type == OPPTEL_ETHERTYPE_IPV6;
	default:
		return false;
	}
}

/*
 * How many values fit behind this packet: by configuration, by trailer size, and so that L3 and trailer fit the MTU.
 * Devices let one VLAN tag exceed their MTU, so a second one counts against it.
 */
static __always_inline __u32 opptel_room(
	struct __sk_buff *skb, const struct opptel_state *state, const struct opptel_l3 *l3, __u32 tags)
{
	__u32 used = l3->length + (tags > 1 ? OPPTEL_VLAN_TAG : 0);
	__u32 mtu = used; /* in: the length to judge; out: the device's MTU */
	__u32 room, values = state->max_values;

	if (bpf_check_mtu(skb, 0, &mtu, OPPTEL_TRAILER_MIN, 0))
		return 0;
	room = mtu - used;
	if (room > state->max_trailer)
		room = state->max_trailer;
	if (room < OPPTEL_TRAILER_MIN)
		return 0;
	room = (room - OPPTEL_FOOTER_SIZE) / OPPTEL_VALUE_SIZE;
	if (values > room)
		values = room;
	return values > OPPTEL_MAX_VALUES ? OPPTEL_MAX_VALUES : values;
}

/* What one carrier takes, handed through the loops. Loops are bpf_loop callbacks, so each body is verified once. */
struct opptel_carrier {
	struct opptel_scratch *scratch;
	struct opptel_due *due;
	__u32 slots_used;
	__u32 want; /* values, due and refreshed */
	__u32 seen; /* slots that the refresh cursor passed */
};

static long opptel_pick_due(__u32 index, struct opptel_carrier *carrier)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 number = opptel_due_take(carrier->due, scratch->at + index);
	struct opptel_slot *slot = opptel_slot_at(number);

	if (slot) {
		WRITE_ONCE(slot->queued, 0);
		scratch->slot[scratch->picked & (OPPTEL_MAX_VALUES - 1)] = number;
		scratch->picked++;
	}
	return 0;
}

/* Looks at one slot at the refresh cursor; 1 when the carrier is full. */
static long opptel_pick_refresh(__u32 index, struct opptel_carrier *carrier)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 number = (scratch->cursor + index) % carrier->slots_used;
	struct opptel_slot *slot = opptel_slot_at(number);

	carrier->seen++;
	if (slot && READ_ONCE(slot->live)) {
		scratch->slot[scratch->picked & (OPPTEL_MAX_VALUES - 1)] = number;
		scratch->picked++;
	}
	return scratch->picked >= carrier->want;
}

/* Adds slots that are not due, up to carrier->want. The cursor moves by what was looked at; in a race one move wins. */
static __always_inline void opptel_refresh(struct opptel_carrier *carrier, bool heartbeat)
{
	__u32 cursor = READ_ONCE(carrier->due->refresh);
	__u32 look = heartbeat ? OPPTEL_REFRESH_LOOK_HEARTBEAT : OPPTEL_REFRESH_LOOK;

	carrier->scratch->cursor = cursor;
	carrier->seen = 0;
	bpf_loop(look < carrier->slots_used ? look : carrier->slots_used, opptel_pick_refresh, carrier, 0);
	__sync_val_compare_and_swap(&carrier->due->refresh, cursor, cursor + carrier->seen);
}

/* Slot numbers for this carrier: what is due first, then some that did not change, so that losses heal. */
static __always_inline void opptel_pick(
	struct opptel_carrier *carrier, const struct opptel_state *state, __u32 room, bool heartbeat)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 claimed = opptel_due_claim(carrier->due, room, &scratch->at);

	scratch->picked = 0;
	if (claimed)
		bpf_loop(claimed, opptel_pick_due, carrier, 0);
	scratch->due = scratch->picked;
	if (!scratch->picked && !heartbeat)
		return;
	carrier->want = heartbeat ? room : scratch->picked + state->refresh_values;
	if (carrier->want > room)
		carrier->want = room;
	carrier->slots_used = state->slots_used;
	if (carrier->slots_used && scratch->picked < carrier->want)
		opptel_refresh(carrier, heartbeat);
}

/* Reads one picked slot into a value word and into the checksum's sum. */
static long opptel_read_value(__u32 index, struct opptel_carrier *carrier)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 number = scratch->slot[index & (OPPTEL_MAX_VALUES - 1)];
	struct opptel_slot *slot = opptel_slot_at(number);
	__u64 word;

	if (slot && READ_ONCE(slot->live)) {
		word = OPPTEL_VALUE_WORD(number, READ_ONCE(slot->value));
		scratch->word[scratch->values & (OPPTEL_MAX_VALUES - 1)] = word;
		scratch->sum += (__u32)word + (word >> 32);
		scratch->values++;
	}
	return 0;
}

/* Puts back into the ring what could not leave. */
static long opptel_requeue(__u32 index, struct opptel_carrier *carrier)
{
	__u32 number = carrier->scratch->slot[index & (OPPTEL_MAX_VALUES - 1)];
	struct opptel_slot *slot = opptel_slot_at(number);

	if (slot)
		opptel_due_mark(carrier->due, slot, number);
	return 0;
}

/* Writes the footer behind the values; the checksum makes the sum over the trailer 0xFFFF. Returns the trailer's length. */
static __always_inline __u32 opptel_finish(struct opptel_scratch *scratch, const struct opptel_state *state,
	const struct opptel_stream *stream, __u64 now, bool heartbeat)
{
	__u32 values = scratch->values & (2 * OPPTEL_MAX_VALUES - 1);
	__u32 length = OPPTEL_FOOTER_SIZE + values * OPPTEL_VALUE_SIZE;
	__u64 word0 = OPPTEL_FOOTER_WORD0(now, bpf_get_smp_processor_id());
	/* Read behind the values: the daemon stamps an epoch some time before the slots that it explains become live. */
	__u64 word1 = OPPTEL_FOOTER_WORD1(stream->sequence, READ_ONCE(state->epoch), values, 0);
	__u64 word2 = OPPTEL_FOOTER_WORD2(heartbeat ? OPPTEL_TRAILER_HEARTBEAT : 0, 0, length);
	__u64 sum = scratch->sum;

	if (values > OPPTEL_MAX_VALUES)
		return 0;
	sum += (__u32)word0 + (word0 >> 32) + (__u32)word1 + (word1 >> 32) + (__u32)word2 + (word2 >> 32);
	scratch->word[values] = word0;
	scratch->word[values + 1] = word1;
	scratch->word[values + 2] = word2 | (__u64)(__u16)~opptel_fold(sum) << 16;
	return length;
}

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
	__u64 now = bpf_ktime_get_boot_ns();
	enum opptel_egress_reason reason;
	__u32 length;

	if (!carrier.due || !scratch || now >= READ_ONCE(state->lease_until))
		return OPPTEL_EGRESS_NO_LEASE;
	if (!heartbeat && now - stream->last_stamp < state->min_gap)
		return OPPTEL_EGRESS_TOO_SOON;
	opptel_charge_some(carrier.due, stream, state->cpus);
	opptel_pick(&carrier, state, room, heartbeat);
	/*
	 * The flags are down before the values are read: a change in between raises them again, so none is missed. An
	 * atomic exchange is BPF's full barrier.
	 */
	__sync_lock_test_and_set(&stream->barrier, now);
	scratch->values = 0;
	scratch->sum = 0;
	if (scratch->picked)
		bpf_loop(scratch->picked, opptel_read_value, &carrier, 0);
	if (!scratch->values && !heartbeat)
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
