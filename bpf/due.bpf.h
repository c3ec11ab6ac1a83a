/* SPDX-License-Identifier: MIT */
/*
 * Changing slots. Who changes an idle slot queues it in the ring of its class; one that is due already, or rests, stands in
 * a ring. So however often a slot changes, it is queued once, and what leaves is its newest value.
 */
#ifndef OPPTEL_DUE_BPF_H
#define OPPTEL_DUE_BPF_H

#include "ring.bpf.h"

/* Pushes a slot whose state says that it stands in that ring. */
static __always_inline void opptel_slot_push(struct opptel_slot *slot, __u32 number, __u32 which)
{
	struct opptel_ring *ring = opptel_ring_at(which);
	struct opptel_sampler *sampler;

	if (ring && opptel_ring_push(ring, number))
		return;
	WRITE_ONCE(slot->state, OPPTEL_SLOT_IDLE);
	sampler = OPPTEL_SINGLE(opptel_sampler);
	if (sampler)
		__sync_fetch_and_add(&sampler->due_overtaken, 1);
}

/* Queues a slot that is in state due already, with all its copies. */
static __always_inline void opptel_due_enter(struct opptel_slot *slot, __u32 number)
{
	WRITE_ONCE(slot->copies, slot->redundancy);
	opptel_slot_push(slot, number, slot->class);
}

/* Queues a live slot that changed, if it does not wait already. What changed it was a full barrier. */
static __always_inline void opptel_due_mark(struct opptel_slot *slot, __u32 number)
{
	__u32 state = READ_ONCE(slot->state);

	if (!(READ_ONCE(slot->live) & OPPTEL_SLOT_LIVE))
		return;
	if (state == OPPTEL_SLOT_RESTING) {
		state = __sync_val_compare_and_swap(&slot->state, OPPTEL_SLOT_RESTING, OPPTEL_SLOT_CHANGED);
		if (state == OPPTEL_SLOT_RESTING)
			slot->since = bpf_ktime_get_boot_ns();
	}
	if (state == OPPTEL_SLOT_IDLE &&
		__sync_val_compare_and_swap(&slot->state, OPPTEL_SLOT_IDLE, OPPTEL_SLOT_DUE) == OPPTEL_SLOT_IDLE) {
		slot->since = bpf_ktime_get_boot_ns();
		opptel_due_enter(slot, number);
	} else if (state == OPPTEL_SLOT_DUE && READ_ONCE(slot->copies) != slot->redundancy) {
		/* Some copies of the value before have left: the new one gets all of its own. */
		WRITE_ONCE(slot->copies, slot->redundancy);
	}
}

/* Adds to a slot and queues it. */
static __always_inline void opptel_slot_add(__u32 number, __u64 delta)
{
	struct opptel_slot *slot;

	if (!delta)
		return;
	slot = opptel_slot_at(number);
	if (!slot)
		return;
	opptel_add_ordered(&slot->value, delta);
	opptel_due_mark(slot, number);
}

/* Gives a slot a new value and queues it if it is another one. */
static __always_inline void opptel_slot_set(__u32 number, __u64 value)
{
	struct opptel_slot *slot = opptel_slot_at(number);

	if (slot && READ_ONCE(slot->value) != value && __sync_lock_test_and_set(&slot->value, value) != value)
		opptel_due_mark(slot, number);
}

#endif /* OPPTEL_DUE_BPF_H */
