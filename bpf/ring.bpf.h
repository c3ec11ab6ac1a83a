/* SPDX-License-Identifier: MIT */
/*
 * Rings of slot numbers: any CPU pushes, any CPU takes, nobody waits.
 *
 * A taker claims a run of positions with one compare-and-swap on the tail and then owns them. An entry says which lap it
 * serves, so whoever comes late finds out: a taker closes an entry whose pusher has advanced the head but not stored yet,
 * and that pusher pushes again. Nothing is lost and nobody spins, even when one of them is held up (a preempted system
 * call, a stopped virtual CPU) while the others go round the whole ring.
 */
#ifndef OPPTEL_RING_BPF_H
#define OPPTEL_RING_BPF_H

#include "maps.bpf.h"

#define OPPTEL_RING_FULL 0x10000U
#define OPPTEL_RING_ATTEMPTS 4

/* The entry's state, empty, when it waits for this position's pusher. 15 bits of laps: two billion pushes until they repeat. */
static __always_inline __u32 opptel_ring_empty(__u64 at)
{
	return (__u32)(at / OPPTEL_RING_ENTRIES) << 17;
}

/* False when takers were faster each time. */
static __always_inline bool opptel_ring_push(struct opptel_ring *ring, __u32 number)
{
	for (int attempt = 0; attempt < OPPTEL_RING_ATTEMPTS; attempt++) {
		__u64 at = __sync_fetch_and_add(&ring->head, 1);
		__u32 *entry = &ring->entry[at & (OPPTEL_RING_ENTRIES - 1)], empty = opptel_ring_empty(at);

		if (__sync_val_compare_and_swap(entry, empty, empty | OPPTEL_RING_FULL | number) == empty)
			return true;
	}
	return false;
}

/* Claims up to want positions; *at is the first. Who loses all its races leaves what is there to those who won them. */
static __always_inline __u32 opptel_ring_claim(struct opptel_ring *ring, __u32 want, __u64 *at)
{
	for (int attempt = 0; attempt < OPPTEL_RING_ATTEMPTS; attempt++) {
		__u64 tail = READ_ONCE(ring->tail);
		/* Signed: where loads may be reordered, the head can be the older of the two. */
		__s64 waiting = READ_ONCE(ring->head) - tail;
		__u32 count = waiting < want ? waiting : want;

		if (waiting <= 0)
			return 0;
		if (__sync_val_compare_and_swap(&ring->tail, tail, tail + count) == tail) {
			*at = tail;
			return count;
		}
	}
	return 0;
}

/* Takes the slot number out of a claimed position; OPPTEL_NO_SLOT when its pusher has not come: it will push again. */
static __always_inline __u32 opptel_ring_take(struct opptel_ring *ring, __u64 at)
{
	__u32 *entry = &ring->entry[at & (OPPTEL_RING_ENTRIES - 1)];
	__u32 next = opptel_ring_empty(at + OPPTEL_RING_ENTRIES), seen = READ_ONCE(*entry);

	/* It fails only when the pusher comes meanwhile, or a taker of a later lap. */
	for (int attempt = 0; attempt < 3; attempt++) {
		__u32 found;

		/* A later lap has this entry: that lap's taker took what belonged here. */
		if ((__s32)(seen - next) >= 0)
			return OPPTEL_NO_SLOT;
		found = __sync_val_compare_and_swap(entry, seen, next);
		if (found == seen)
			return seen & OPPTEL_RING_FULL ? seen & (OPPTEL_SLOTS - 1) : OPPTEL_NO_SLOT;
		seen = found;
	}
	return OPPTEL_NO_SLOT;
}

/* The first slot number in a ring and its position, which stays there; OPPTEL_NO_SLOT for none. */
static __always_inline __u32 opptel_ring_peek(struct opptel_ring *ring, __u64 *at)
{
	__u64 tail = READ_ONCE(ring->tail);
	__u32 entry = READ_ONCE(ring->entry[tail & (OPPTEL_RING_ENTRIES - 1)]);

	*at = tail;
	return entry >> 16 == (opptel_ring_empty(tail) | OPPTEL_RING_FULL) >> 16 ? entry & (OPPTEL_SLOTS - 1)
										 : OPPTEL_NO_SLOT;
}

#endif /* OPPTEL_RING_BPF_H */
