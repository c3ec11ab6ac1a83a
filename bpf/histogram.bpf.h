/* SPDX-License-Identifier: MIT */
/* Log-linear histograms of nanoseconds in slots; include/opptel/histogram.h describes them. */
#ifndef OPPTEL_HISTOGRAM_BPF_H
#define OPPTEL_HISTOGRAM_BPF_H

#include "due.bpf.h"

static __always_inline void opptel_histogram_add(__u32 first_slot, __u64 value)
{
	opptel_slot_add(first_slot + opptel_histogram_slot(value), 1);
}

#endif /* OPPTEL_HISTOGRAM_BPF_H */
