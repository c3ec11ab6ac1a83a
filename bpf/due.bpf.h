/* SPDX-License-Identifier: MIT */
/*
 * The due ring: any CPU pushes, any CPU takes, nobody waits.
 *
 * A slot's queued flag admits it once. A taker claims a run of positions with one compare-and-swap on the tail and then
 * owns them. An entry says which lap it serves, so whoever comes late finds out: a taker closes an entry whose pusher
 * has advanced the head but not stored yet, and that pusher pushes again. Nothing is lost and nobody spins, even when
 * one of them is held up (a preempted system call, a stopped virtual CPU) while the others go round the whole ring.
 */
#ifndef OPPTEL_DUE_BPF_H
#define OPPTEL_DUE_BPF_H

#include "maps.bpf.h"

#define OPPTEL_DUE_FULL 0x10000U
#define OPPTEL_DUE_ATTEMPTS 4

/* The entry's state, empty, when it waits for this position's pusher. 15 bits of laps: two billion pushes until they repeat. */
static __always_inline __u32 opptel_due_empty(__u64 at)
{
	return (__u32)(at / OPPTEL_DUE_ENTRIES) << 17;
}

static __always_inline void opptel_due_push(struct opptel_due *due, struct opptel_slot *slot, __u32 number)
{
	struct opptel_sampler *sampler;

	for (int attempt = 0; attempt < OPPTEL_DUE_ATTEMPTS; attempt++) {
		__u64 at = __sync_fetch_and_add(&due->head, 1);
		__u32 *entry = &due->entry[at & (OPPTEL_DUE_ENTRIES - 1)], empty = opptel_due_empty(at);

		if (__sync_val_compare_and_swap(entry, empty, empty | OPPTEL_DUE_FULL | number) == empty)
			return;
	}
	WRITE_ONCE(slot->queued, 0);
	sampler = OPPTEL_SINGLE(opptel_sampler);
	if (sampler)
		__sync_fetch_and_add(&sampler->due_overtaken, 1);
}

/* Queues a live slot that changed, if it is not queued yet. What changed it was a full barrier. */
static __always_inline void opptel_due_mark(struct opptel_due *due, struct opptel_slot *slot, __u32 number)
{
	if (READ_ONCE(slot->live) && !READ_ONCE(slot->queued) && !__sync_lock_test_and_set(&slot->queued, 1))
		opptel_due_push(due, slot, number);
}

/* Adds to a slot and queues it. */
static __always_inline void opptel_slot_add(__u32 number, __u64 delta)
{
	struct opptel_due *due = OPPTEL_SINGLE(opptel_due);
	struct opptel_slot *slot;

	if (!due || !delta)
		return;
	slot = opptel_slot_at(number);
	if (!slot)
		return;
	opptel_add_ordered(&slot->value, delta);
	opptel_due_mark(due, slot, number);
}

/* Gives a slot a new value and queues it if it is another one. */
static __always_inline void opptel_slot_set(__u32 number, __u64 value)
{
	struct opptel_due *due = OPPTEL_SINGLE(opptel_due);
	struct opptel_slot *slot = opptel_slot_at(number);

	if (due && slot && READ_ONCE(slot->value) != value && __sync_lock_test_and_set(&slot->value, value) != value)
		opptel_due_mark(due, slot, number);
}

/* Claims up to want positions; *at is the first. Who loses all its races leaves what is due to those who won them. */
static __always_inline __u32 opptel_due_claim(struct opptel_due *due, __u32 want, __u64 *at)
{
	for (int attempt = 0; attempt < OPPTEL_DUE_ATTEMPTS; attempt++) {
		__u64 tail = READ_ONCE(due->tail);
		/* Signed: where loads may be reordered, the head can be the older of the two. */
		__s64 waiting = READ_ONCE(due->head) - tail;
		__u32 count = waiting < want ? waiting : want;

		if (waiting <= 0)
			return 0;
		if (__sync_val_compare_and_swap(&due->tail, tail, tail + count) == tail) {
			*at = tail;
			return count;
		}
	}
	return 0;
}

/* Takes the slot number out of a claimed position; OPPTEL_NO_SLOT when its pusher has not come: it will push again. */
static __always_inline __u32 opptel_due_take(struct opptel_due *due, __u64 at)
{
	__u32 *entry = &due->entry[at & (OPPTEL_DUE_ENTRIES - 1)];
	__u32 next = opptel_due_empty(at + OPPTEL_DUE_ENTRIES), seen = READ_ONCE(*entry);

	/* It fails only when the pusher comes meanwhile, or a taker of a later lap. */
	for (int attempt = 0; attempt < 3; attempt++) {
		__u32 found;

		/* A later lap has this entry: that lap's taker took what belonged here. */
		if ((__s32)(seen - next) >= 0)
			return OPPTEL_NO_SLOT;
		found = __sync_val_compare_and_swap(entry, seen, next);
		if (found == seen)
			return seen & OPPTEL_DUE_FULL ? seen & (OPPTEL_SLOTS - 1) : OPPTEL_NO_SLOT;
		seen = found;
	}
	return OPPTEL_NO_SLOT;
}

#endif /* OPPTEL_DUE_BPF_H */
