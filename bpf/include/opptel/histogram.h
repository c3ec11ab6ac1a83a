/* SPDX-License-Identifier: MIT */
/* Log-linear histograms, for BPF programs, C and C++: which bucket a value falls into. */
#ifndef OPPTEL_HISTOGRAM_H
#define OPPTEL_HISTOGRAM_H

/* A BPF program brings the kernel's types itself, by vmlinux.h for example. */
#if !defined(OPPTEL_BPF) && !defined(__VMLINUX_H__)
#include <linux/types.h>
#endif

#ifndef OPPTEL_ASSERT
#ifdef __cplusplus
#define OPPTEL_ASSERT(condition) static_assert(condition, #condition)
#else
#define OPPTEL_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#endif

#define OPPTEL_INLINE static inline __attribute__((always_inline))

/*
 * A histogram of nanoseconds, log-linear: one slot for what is below the least, then 2^OPPTEL_HISTOGRAM_STEP_BITS slots of equal
 * width for each power of two, so that the middle of a bucket is within 1/16 of all that it holds; the last slot takes the rest.
 */
enum opptel_histogram_layout {
	OPPTEL_HISTOGRAM_LEAST_BITS = 10, /* 1024 ns */
	OPPTEL_HISTOGRAM_MOST_BITS = 34,  /* 17 s */
	OPPTEL_HISTOGRAM_STEP_BITS = 3,
	OPPTEL_HISTOGRAM_SLOTS = 194,
};

OPPTEL_ASSERT(OPPTEL_HISTOGRAM_SLOTS ==
	      ((OPPTEL_HISTOGRAM_MOST_BITS - OPPTEL_HISTOGRAM_LEAST_BITS) << OPPTEL_HISTOGRAM_STEP_BITS) + 2);

/* Number of the highest bit that is set; value is not 0. */
OPPTEL_INLINE __u32 opptel_highest_bit(__u64 value)
{
#ifdef __bpf__
	/* There is no instruction for it. */
	__u32 bit = 0;

	for (__u32 step = 32; step; step >>= 1) {
		if (value >> step) {
			value >>= step;
			bit += step;
		}
	}
	return bit;
#else
	return 63 - (__u32)__builtin_clzll(value);
#endif
}

/* The slot of a value, counted from the histogram's first. */
OPPTEL_INLINE __u32 opptel_histogram_slot(__u64 value)
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

#endif /* OPPTEL_HISTOGRAM_H */
