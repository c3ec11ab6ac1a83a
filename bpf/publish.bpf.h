/* SPDX-License-Identifier: MIT */
/* Run by the daemon, not by a hook: changes slots under the rules of due.bpf.h, which exist once. */
#ifndef OPPTEL_PUBLISH_BPF_H
#define OPPTEL_PUBLISH_BPF_H

#include "schedule.bpf.h"

#define OPPTEL_PUBLISH_MOST 64

/* Makes slots live, queueing their current values, or dead. Returns how many slots it touched. */
SEC("syscall")
int opptel_publish(struct opptel_publish *publish)
{
	struct opptel_state *state = OPPTEL_SINGLE(opptel_state);
	struct opptel_ring *refresh = state ? opptel_ring_at(state->refresh) : NULL;
	int touched = 0;

	if (!refresh)
		return 0;
	for (int i = 0; i < OPPTEL_PUBLISH_MOST; i++) {
		struct opptel_slot *slot = opptel_slot_at(publish->first_slot + i);

		if (i >= publish->count || !slot)
			break;
		touched++;
		if (!publish->live) {
			__sync_fetch_and_and(&slot->live, ~OPPTEL_SLOT_LIVE);
			continue;
		}
		if (!(__sync_fetch_and_or(&slot->live, OPPTEL_SLOT_LIVE | OPPTEL_SLOT_TURNING) & OPPTEL_SLOT_TURNING) &&
			!opptel_ring_push(refresh, publish->first_slot + i))
			__sync_fetch_and_and(&slot->live, ~OPPTEL_SLOT_TURNING);
		opptel_due_mark(slot, publish->first_slot + i);
	}
	return touched;
}

/* Stores the values that the daemon left in opptel_stored. Returns how many slots it touched. */
SEC("syscall")
int opptel_store(void *context)
{
	struct opptel_store *store = OPPTEL_SINGLE(opptel_stored);
	int touched = 0;

	if (!store)
		return 0;
	for (int i = 0; i < OPPTEL_STORE_VALUES; i++) {
		if (i >= store->count || store->first_slot + i >= OPPTEL_SLOTS)
			break;
		opptel_slot_set(store->first_slot + i, store->value[i]);
		touched++;
	}
	return touched;
}

/* Most slots of a class that one call wakes. */
#define OPPTEL_ROUSE_MOST 4096

/* Wakes the slots that have rested where no carrier does it, so that those which changed meanwhile are seen to wait. */
SEC("syscall")
int opptel_rouse(void *context)
{
	struct opptel_state *state = OPPTEL_SINGLE(opptel_state);
	struct opptel_carrier carrier = {.now = bpf_ktime_get_boot_ns(), .room = OPPTEL_ROUSE_MOST};

	if (!state || state->classes > OPPTEL_CLASSES)
		return 0;
	carrier.state = state;
	bpf_loop(state->classes, opptel_wake_class, &carrier, 0);
	return 0;
}

#endif /* OPPTEL_PUBLISH_BPF_H */
