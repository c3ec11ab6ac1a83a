/* SPDX-License-Identifier: MIT */
/* Puts a trailer together: what is due first, then some that did not change, so that losses heal. */
#ifndef OPPTEL_TRAILER_BPF_H
#define OPPTEL_TRAILER_BPF_H

#include "due.bpf.h"

/* Slots that a carrier looks at in search of live ones to refresh. */
#define OPPTEL_REFRESH_LOOK 16
#define OPPTEL_REFRESH_LOOK_HEARTBEAT 256

/* What one carrier takes, handed through the loops. Loops are bpf_loop callbacks, so each body is verified once. */
struct opptel_carrier {
	struct opptel_scratch *scratch;
	struct opptel_due *due;
	__u32 slots_used;
	__u32 want; /* values, due and refreshed */
	__u32 seen; /* slots that the refresh cursor passed */
};

/* Adds one slot's value to the trailer and to the checksum's sum, if its epoch explains it. */
static __always_inline void opptel_put(struct opptel_scratch *scratch, const struct opptel_slot *slot, __u32 number)
{
	__u64 word;

	if (!READ_ONCE(slot->live))
		return;
	word = OPPTEL_VALUE_WORD(number, READ_ONCE(slot->value));
	scratch->word[scratch->values & (OPPTEL_MAX_VALUES - 1)] = word;
	scratch->sum += (__u32)word + (word >> 32);
	scratch->values++;
}

static long opptel_put_due(__u32 index, struct opptel_carrier *carrier)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 number = opptel_due_take(carrier->due, scratch->at + index);
	struct opptel_slot *slot = opptel_slot_at(number);

	if (!slot)
		return 0;
	/* An exchange is a full barrier: a change after the reads below finds the flag down and queues the slot again. */
	__sync_lock_test_and_set(&slot->queued, 0);
	scratch->slot[scratch->due & (OPPTEL_MAX_VALUES - 1)] = number;
	scratch->due++;
	opptel_put(scratch, slot, number);
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

/* Looks at one slot at the refresh cursor; 1 when the carrier is full. */
static long opptel_put_refresh(__u32 index, struct opptel_carrier *carrier)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 number = (scratch->cursor + index) % carrier->slots_used;
	struct opptel_slot *slot = opptel_slot_at(number);

	carrier->seen++;
	if (slot)
		opptel_put(scratch, slot, number);
	return scratch->values >= carrier->want;
}

/* Adds slots that are not due, up to carrier->want. The cursor moves by what was looked at; in a race one move wins. */
static __always_inline void opptel_refresh(struct opptel_carrier *carrier, bool heartbeat)
{
	__u32 cursor = READ_ONCE(carrier->due->refresh);
	__u32 look = heartbeat ? OPPTEL_REFRESH_LOOK_HEARTBEAT : OPPTEL_REFRESH_LOOK;

	carrier->scratch->cursor = cursor;
	carrier->seen = 0;
	bpf_loop(look < carrier->slots_used ? look : carrier->slots_used, opptel_put_refresh, carrier, 0);
	__sync_val_compare_and_swap(&carrier->due->refresh, cursor, cursor + carrier->seen);
}

/* The values of one trailer; false when there is nothing to send. */
static __always_inline bool opptel_fill(
	struct opptel_carrier *carrier, const struct opptel_state *state, __u32 room, bool heartbeat)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 claimed = opptel_due_claim(carrier->due, room, &scratch->at);

	scratch->due = 0;
	scratch->values = 0;
	scratch->sum = 0;
	if (claimed)
		bpf_loop(claimed, opptel_put_due, carrier, 0);
	if (!scratch->values && !heartbeat)
		return false;
	carrier->want = heartbeat ? room : scratch->values + state->refresh_values;
	if (carrier->want > room)
		carrier->want = room;
	carrier->slots_used = state->slots_used;
	if (carrier->slots_used && scratch->values < carrier->want)
		opptel_refresh(carrier, heartbeat);
	return true;
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

#endif /* OPPTEL_TRAILER_BPF_H */
