/* SPDX-License-Identifier: MIT */
/* Run by the daemon, not by a hook: changes slots under the rules of the due ring, which exist once. */
#ifndef OPPTEL_PUBLISH_BPF_H
#define OPPTEL_PUBLISH_BPF_H

#include "due.bpf.h"

#define OPPTEL_PUBLISH_MOST 64

/* Makes slots live, queueing their current values, or dead. Returns how many slots it touched. */
SEC("syscall")
int opptel_publish(struct opptel_publish *publish)
{
	struct opptel_due *due = OPPTEL_SINGLE(opptel_due);
	__u32 first = publish->first_slot, count = publish->count, live = !!publish->live;
	int touched = 0;

	if (!due)
		return 0;
	for (int i = 0; i < OPPTEL_PUBLISH_MOST; i++) {
		if (i >= count)
			break;
		struct opptel_slot *slot = opptel_slot_at(first + i);

		if (!slot)
			break;
		__sync_lock_test_and_set(&slot->live, live);
		opptel_due_mark(due, slot, first + i);
		touched++;
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

#endif /* OPPTEL_PUBLISH_BPF_H */
