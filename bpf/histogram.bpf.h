/* SPDX-License-Identifier: MIT */
/* Log-linear histograms of nanoseconds in slots; enum opptel_histogram_layout describes them. */
#ifndef OPPTEL_HISTOGRAM_BPF_H
#define OPPTEL_HISTOGRAM_BPF_H

#include "due.bpf.h"

/* Number of the highest bit that is set; value is not 0. BPF has no instruction for it. */
static __always_inline __u32 opptel_highest_bit(__u64 value)
{
	__u32 bit = 0;

	for (__u32 step = 32; step; step >>= 1) {
		if (value >> step) {
			value >>= step;
			bit += step;
		}
	}
	return bit;
}

/* The slot of a value, counted from the histogram's first. */
static __always_inline __u32 opptel_histogram_slot(__u64 value)
{
	__u32 bit, step;

	if (value < 1ULL << OPPTEL_HISTOGRAM_LEAST_BITS)
		return 0;
	if (value >= 1ULL << OPPTEL_HISTOGRAM_MOST_BITS)
		return OPPTEL_HISTOGRAM_SLOTS - 1;
	bit = opptel_highest_bit(value);
	step = value >> (bit - OPPTEL_HISTOGRAM_STEP_BITS) & ((1 << OPPTEL_HISTOGRAM_STEP_BITS) - 1);
	return 1 + ((bit - OPPTEL_HISTOGRAM_LEAST_BITS) << OPPTEL_HISTOGRAM_STEP_BITS) + step;
}

static __always_inline void opptel_histogram_add(__u32 first_slot, __u64 value)
{
	opptel_slot_add(first_slot + opptel_histogram_slot(value), 1);
}

#endif /* OPPTEL_HISTOGRAM_BPF_H */
