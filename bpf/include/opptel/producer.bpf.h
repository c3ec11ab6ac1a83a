/* SPDX-License-Identifier: MIT */
/*
 * Metrics of a BPF program, behind vmlinux.h (or linux/bpf.h) and bpf_helpers.h:
 *
 *	OPPTEL_CELLS(cells, 256);
 *	...
 *	opptel_cell_add(&cells, 0, 1);
 *
 * The program's loader declares what the cells mean with client.h, and gives the map the client's array before it loads:
 * bpf_map__reuse_fd(map, client.map).
 */
#ifndef OPPTEL_PRODUCER_BPF_H
#define OPPTEL_PRODUCER_BPF_H

#include "producer.h"

#ifndef BPF_F_MMAPABLE
#define BPF_F_MMAPABLE (1U << 10)
#endif

/* The map: as many cells as the loader's client has. */
#define OPPTEL_CELLS(name, count)                                                                                      \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, count);                                                                            \
		__type(key, __u32);                                                                                    \
		__type(value, __u64);                                                                                  \
	} name SEC(".maps")

/* Adds to a counter, or to a gauge that is not a double. */
static __always_inline void opptel_cell_add(void *cells, __u32 cell, __u64 delta)
{
	__u64 *value = bpf_map_lookup_elem(cells, &cell);

	if (value)
		__sync_fetch_and_add(value, delta);
}

/* Sets a gauge. */
static __always_inline void opptel_cell_set(void *cells, __u32 cell, __u64 value)
{
	__u64 *place = bpf_map_lookup_elem(cells, &cell);

	if (place)
		*(volatile __u64 *)place = value;
}

/* Counts a value in a histogram: in nanoseconds, where its scale is 1e-9. It is told exactly enough from 1024 to 2^34. */
static __always_inline void opptel_cell_observe(void *cells, __u32 first, __u64 value)
{
	opptel_cell_add(cells, first + opptel_histogram_slot(value), 1);
}

#endif /* OPPTEL_PRODUCER_BPF_H */
