/* SPDX-License-Identifier: MIT */
/*
 * The due ring: any CPU pushes, any CPU takes, nobody waits.
 *
 * A slot's queued flag admits it once. A taker claims a run of entries with one compare-and-swap on the tail and then
 * owns them. If the pusher of a claimed entry has advanced the head but not stored yet, the taker leaves a tombstone,
 * and the pusher, who finds it, pushes again: nothing is lost and neither of them spins.
 */
#ifndef OPPTEL_DUE_BPF_H
#define OPPTEL_DUE_BPF_H

#include "maps.bpf.h"

#define OPPTEL_DUE_VALID 0x10000U
#define OPPTEL_DUE_TOMBSTONE 0x20000U

static __always_inline void opptel_due_push(struct opptel_due *due, struct opptel_slot *slot, __u32 number)
{
	for (int attempt = 0; attempt < 3; attempt++) {
		__u64 at = __sync_fetch_and_add(&due->head, 1);
		__u32 *entry = &due->entry[at & (OPPTEL_DUE_ENTRIES - 1)];

		if (__sync_lock_test_and_set(entry, number | OPPTEL_DUE_VALID) != OPPTEL_DUE_TOMBSTONE)
			return;
		WRITE_ONCE(*entry, 0);
	}
	/* Overtaken three times: the slot's next change queues it, or the refresh cursor finds it. */
	WRITE_ONCE(slot->queued, 0);
}

/* Queues a live slot that changed. The change itself was an atomic operation, which orders it before the flag. */
static __always_inline void opptel_due_mark(struct opptel_due *due, struct opptel_slot *slot, __u32 number)
{
	if (READ_ONCE(slot->live) && !READ_ONCE(slot->queued) && !__sync_lock_test_and_set(&slot->queued, 1))
		opptel_due_push(due, slot, number);
}

/* Adds to a slot and queues it. */
static __always_inline void opptel_slot_add(struct opptel_due *due, __u32 number, __u64 delta)
{
	struct opptel_slot *slot = opptel_slot_at(number);

	if (!slot || !delta)
		return;
	__sync_fetch_and_add(&slot->value, delta);
	opptel_due_mark(due, slot, number);
}

/* Claims up to want entries; *at is the first one's position. A lost race is tried once more, then there is nothing. */
static __always_inline __u32 opptel_due_claim(struct opptel_due *due, __u32 want, __u64 *at)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		__u64 tail = READ_ONCE(due->tail);
		__u64 waiting = READ_ONCE(due->head) - tail;
		__u32 count = waiting < want ? waiting : want;

		if (!count)
			return 0;
		if (__sync_val_compare_and_swap(&due->tail, tail, tail + count) == tail) {
			*at = tail;
			return count;
		}
	}
	return 0;
}

/* Takes the slot number out of a claimed entry; OPPTEL_NO_SLOT when its pusher will push again. */
static __always_inline __u32 opptel_due_take(struct opptel_due *due, __u64 at)
{
	__u32 *entry = &due->entry[at & (OPPTEL_DUE_ENTRIES - 1)];
	__u32 value = READ_ONCE(*entry);

	if (!(value & OPPTEL_DUE_VALID)) {
		value = __sync_val_compare_and_swap(entry, 0, OPPTEL_DUE_TOMBSTONE);
		if (!(value & OPPTEL_DUE_VALID))
			return OPPTEL_NO_SLOT;
	}
	WRITE_ONCE(*entry, 0);
	return value & (OPPTEL_SLOTS - 1);
}

#endif /* OPPTEL_DUE_BPF_H */
