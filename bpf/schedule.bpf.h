/* SPDX-License-Identifier: MIT */
/*
 * What goes into this carrier. Slots belong to classes, ordered by priority; the slots of a class have the same maximum age, so
 * the first in its ring is the one whose deadline comes first, and nobody has to search.
 *
 * A carrier takes one value from the class whose first deadline is the earliest of all, then what is due by priority. So it
 * looks at most at OPPTEL_CLASSES rings and takes as many entries as it has places, however many slots there are; and no slot
 * starves: once its deadline is the earliest, the next carrier takes it, and slots that are queued later have later deadlines,
 * once theirs begin behind it. A carrier with one place serves deadline and priority in turn.
 *
 * A value of a class with a minimum interval rests after it has left. All slots of a class rest equally long, so those that
 * rest are a ring too, whose first one is ready first. A carrier wakes at most two more than it has places.
 */
#ifndef OPPTEL_SCHEDULE_BPF_H
#define OPPTEL_SCHEDULE_BPF_H

#include "due.bpf.h"
#include "histogram.bpf.h"

/* What one carrier takes, handed through the loops. Loops are bpf_loop callbacks, so each body is verified once. */
struct opptel_carrier {
	struct opptel_scratch *scratch;
	const struct opptel_state *state;
	struct opptel_ring *ring; /* that the inner loop takes from */
	struct opptel_ages *ages; /* of the class of the ring, or NULL */
	__u64 now;
	__u64 max_age;  /* of the class of the ring */
	__u64 deadline; /* the earliest so far */
	__u32 class;    /* of it */
	__u32 room;     /* values that fit behind the samples */
	__u32 want;     /* values, due and refreshed */
	__u32 bytes;    /* that fit */
	__u32 tail;     /* bytes behind the records: footer, and tag */
	__u32 frame;    /* length of the frame as the stripper sees it */
	__u32 flags;    /* of the trailer, but for what the records decide */
};

/* Adds one slot's value to the trailer and to the checksum's sum. */
static __always_inline void opptel_put(struct opptel_scratch *scratch, const struct opptel_slot *slot, __u32 number)
{
	__u64 word = OPPTEL_VALUE_WORD(number, READ_ONCE(slot->value));

	scratch->word[(scratch->first + scratch->values) & (OPPTEL_RECORD_WORDS - 1)] = word;
	scratch->sum += (__u32)word + (word >> 32);
	scratch->values++;
}

static __always_inline const struct opptel_class *opptel_class_of(
	const struct opptel_carrier *carrier, const struct opptel_slot *slot)
{
	return &carrier->state->class[slot->class & (OPPTEL_CLASSES - 1)];
}

/* Counts how long a value waited. */
static __always_inline void opptel_count_age(struct opptel_carrier *carrier, __u64 age)
{
	struct opptel_ages *ages = carrier->ages;
	__u32 bucket;

	if (!ages)
		return;
	if (age >> (carrier->scratch->bit & 63) != 1)
		WRITE_ONCE(carrier->scratch->bit, opptel_highest_bit(age | 1));
	bucket = READ_ONCE(carrier->scratch->bit) - OPPTEL_HISTOGRAM_LEAST_BITS + 1;
	/* What is below the least is negative. */
	if (bucket >= OPPTEL_AGE_BUCKETS)
		bucket = bucket >> 31 ? 0 : OPPTEL_AGE_BUCKETS - 1;
	ages->count[bucket]++;
	if (age <= carrier->max_age)
		ages->met++;
	else
		ages->missed++;
}

/* Takes one slot that is due. */
static long opptel_put_due(__u32 index, struct opptel_carrier *carrier)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 number = opptel_ring_take(carrier->ring, scratch->at + index);
	struct opptel_slot *slot = opptel_slot_at(number);
	__u64 since;
	bool rests;

	if (!slot)
		return 0;
	/* An exchange is a full barrier: a change after the reads below finds that the slot is due no more. */
	rests = opptel_class_of(carrier, slot)->min_interval;
	__sync_lock_test_and_set(&slot->state, rests ? OPPTEL_SLOT_RESTING : OPPTEL_SLOT_IDLE);
	if (!(READ_ONCE(slot->live) & OPPTEL_SLOT_LIVE)) {
		__sync_lock_test_and_set(&slot->state, OPPTEL_SLOT_IDLE);
		return 0;
	}
	scratch->slot[scratch->due & (OPPTEL_MAX_VALUES - 1)] = number;
	scratch->due++;
	slot->left = carrier->now >> OPPTEL_REST_SHIFT;
	since = READ_ONCE(slot->since);
	/* What changed since the carrier looked at the clock has not waited. */
	if (slot->copies == slot->redundancy)
		opptel_count_age(carrier, since < carrier->now ? carrier->now - since : 0);
	if (rests || slot->copies > 1)
		carrier->scratch->settle = true;
	opptel_put(scratch, slot, number);
	return 0;
}

/* Takes up to so many from the ring of a class. */
static __always_inline void opptel_take(struct opptel_carrier *carrier, __u32 class, __u32 want)
{
	__u32 claimed, cell = bpf_get_smp_processor_id() * OPPTEL_CLASSES + class;

	carrier->ring = opptel_ring_at(class);
	if (!carrier->ring)
		return;
	carrier->max_age = carrier->state->class[class & (OPPTEL_CLASSES - 1)].max_age;
	carrier->ages = bpf_map_lookup_elem(&opptel_ages, &cell);
	claimed = opptel_ring_claim(carrier->ring, want, &carrier->scratch->at);
	if (claimed)
		bpf_loop(claimed, opptel_put_due, carrier, 0);
}

/* By priority: 1 when the carrier is full. */
static long opptel_take_class(__u32 class, struct opptel_carrier *carrier)
{
	opptel_take(carrier, class, carrier->room - carrier->scratch->values);
	return carrier->scratch->values >= carrier->room;
}

/* By deadline: notes the class if its first one is the earliest so far. */
static long opptel_look_class(__u32 class, struct opptel_carrier *carrier)
{
	struct opptel_ring *ring = opptel_ring_at(class);
	struct opptel_slot *slot;
	__u64 deadline, at;

	if (!ring)
		return 1;
	slot = opptel_slot_at(opptel_ring_peek(ring, &at));
	if (!slot)
		return 0;
	deadline = slot->since + carrier->state->class[class & (OPPTEL_CLASSES - 1)].max_age;
	if (deadline < carrier->deadline) {
		carrier->deadline = deadline;
		carrier->class = class;
	}
	return 0;
}

/* Wakes the first of those that rest, if it is ready; 1 when it is not. */
static long opptel_wake(__u32 index, struct opptel_carrier *carrier)
{
	__u32 number, interval = carrier->state->class[carrier->class & (OPPTEL_CLASSES - 1)].min_interval;
	struct opptel_slot *slot;
	__u64 at;

	number = opptel_ring_peek(carrier->ring, &at);
	slot = opptel_slot_at(number);
	if (!slot || (__u32)(carrier->now >> OPPTEL_REST_SHIFT) - slot->left <= interval)
		return 1;
	if (__sync_val_compare_and_swap(&carrier->ring->tail, at, at + 1) != at ||
		opptel_ring_take(carrier->ring, at) != number)
		return 0;
	if (__sync_val_compare_and_swap(&slot->state, OPPTEL_SLOT_RESTING, OPPTEL_SLOT_IDLE) == OPPTEL_SLOT_CHANGED) {
		__sync_lock_test_and_set(&slot->state, OPPTEL_SLOT_DUE);
		opptel_due_enter(slot, number);
	}
	return 0;
}

static long opptel_wake_class(__u32 class, struct opptel_carrier *carrier)
{
	const struct opptel_class *rules = &carrier->state->class[class & (OPPTEL_CLASSES - 1)];

	if (!rules->min_interval)
		return 0;
	carrier->class = class;
	carrier->ring = opptel_ring_at(rules->resting);
	if (carrier->ring)
		bpf_loop(carrier->room + 2, opptel_wake, carrier, 0);
	return 0;
}

/* Takes what is due, most urgent first. */
static __always_inline void opptel_take_due(struct opptel_carrier *carrier, __u32 sequence)
{
	__u32 classes = carrier->state->classes;

	if (classes > OPPTEL_CLASSES)
		return;
	if (carrier->state->resting)
		bpf_loop(classes, opptel_wake_class, carrier, 0);
	if (classes > 1 && (carrier->room > 1 || sequence & 1)) {
		carrier->deadline = ~0ULL;
		bpf_loop(classes, opptel_look_class, carrier, 0);
		if (~carrier->deadline)
			opptel_take(carrier, carrier->class, 1);
	}
	if (carrier->scratch->values < carrier->room)
		bpf_loop(classes, opptel_take_class, carrier, 0);
}

/* Takes one live slot that has not changed, for the sake of those who missed it, and lets it stand in line again. */
static long opptel_put_refresh(__u32 index, struct opptel_carrier *carrier)
{
	struct opptel_slot *slot;
	__u32 number;
	__u64 at;

	if (carrier->scratch->values >= carrier->want || !opptel_ring_claim(carrier->ring, 1, &at))
		return 1;
	number = opptel_ring_take(carrier->ring, at);
	slot = opptel_slot_at(number);
	if (!slot)
		return 0;
	if (READ_ONCE(slot->live) & OPPTEL_SLOT_LIVE) {
		/* Not what this carrier has already. */
		if (slot->left != (__u32)(carrier->now >> OPPTEL_REST_SHIFT))
			opptel_put(carrier->scratch, slot, number);
	} else {
		/* A dead slot leaves the line; who publishes it next finds that. Or somebody has just published it. */
		if (!(__sync_fetch_and_and(&slot->live, ~OPPTEL_SLOT_TURNING) & OPPTEL_SLOT_LIVE) ||
			__sync_fetch_and_or(&slot->live, OPPTEL_SLOT_TURNING) & OPPTEL_SLOT_TURNING)
			return 0;
	}
	if (!opptel_ring_push(carrier->ring, number))
		__sync_fetch_and_and(&slot->live, ~OPPTEL_SLOT_TURNING);
	return 0;
}

/* Adds slots that are not due, until there are so many values; it goes through the ring once at most. */
static __always_inline void opptel_take_refresh(struct opptel_carrier *carrier, __u32 want)
{
	__u32 look = want + carrier->scratch->due;
	__s64 waiting;

	carrier->ring = opptel_ring_at(carrier->state->refresh);
	if (!carrier->ring || carrier->scratch->values >= want)
		return;
	waiting = READ_ONCE(carrier->ring->head) - READ_ONCE(carrier->ring->tail);
	carrier->want = want;
	if (waiting > 0)
		bpf_loop(waiting < look ? waiting : look, opptel_put_refresh, carrier, 0);
}

/* After a value has left: its next copy, or its rest. */
static long opptel_settle(__u32 index, struct opptel_carrier *carrier)
{
	__u32 number = carrier->scratch->slot[index & (OPPTEL_MAX_VALUES - 1)];
	struct opptel_slot *slot = opptel_slot_at(number);
	const struct opptel_class *class;
	__u32 copies;

	if (!slot)
		return 0;
	class = opptel_class_of(carrier, slot);
	copies = READ_ONCE(slot->copies);
	if (copies > 1) {
		__u32 before = class->min_interval ? OPPTEL_SLOT_RESTING : OPPTEL_SLOT_IDLE, found;

		found = __sync_val_compare_and_swap(&slot->state, before, OPPTEL_SLOT_DUE);
		if (found == before) {
			WRITE_ONCE(slot->copies, copies - 1);
			slot->since = carrier->now;
			opptel_slot_push(slot, number, slot->class);
			return 0;
		}
		if (found != OPPTEL_SLOT_CHANGED)
			return 0;
	}
	if (class->min_interval) {
		opptel_slot_push(slot, number, class->resting);
	} else if (READ_ONCE(slot->state) > OPPTEL_SLOT_DUE &&
		   __sync_val_compare_and_swap(&slot->state, OPPTEL_SLOT_RESTING, OPPTEL_SLOT_IDLE) ==
			   OPPTEL_SLOT_CHANGED) {
		/* The daemon has just given it a class without rest: nobody would wake it. */
		__sync_lock_test_and_set(&slot->state, OPPTEL_SLOT_DUE);
		opptel_due_enter(slot, number);
	}
	return 0;
}

/* Queues again what could not leave. */
static long opptel_requeue(__u32 index, struct opptel_carrier *carrier)
{
	__u32 number = carrier->scratch->slot[index & (OPPTEL_MAX_VALUES - 1)];
	struct opptel_slot *slot = opptel_slot_at(number);

	if (slot && __sync_lock_test_and_set(&slot->state, OPPTEL_SLOT_DUE) != OPPTEL_SLOT_DUE)
		opptel_slot_push(slot, number, slot->class);
	return 0;
}

#endif /* OPPTEL_SCHEDULE_BPF_H */
