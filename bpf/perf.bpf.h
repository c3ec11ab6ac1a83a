/* SPDX-License-Identifier: MIT */
/* Reading perf events. Where there are more than the CPU has counters for, each is on one for a part of the time only. */
#ifndef OPPTEL_PERF_BPF_H
#define OPPTEL_PERF_BPF_H

#include "kernel.h"

/* UAPI: struct bpf_perf_event_value. */
struct bpf_perf_event_value {
	__u64 counter;
	__u64 enabled; /* ns that the event was to be counted */
	__u64 running; /* ns that it was */
};

#define OPPTEL_PERF_FRACTION_BITS 16

/* What an event would have counted on a counter of its own. */
static __always_inline __u64 opptel_perf_scaled(__u64 counted, __u64 enabled, __u64 running)
{
	if (enabled == running)
		return counted;
	if (!running)
		return 0;
	return counted * ((enabled << OPPTEL_PERF_FRACTION_BITS) / running) >> OPPTEL_PERF_FRACTION_BITS;
}

/*
 * What was counted since the last reading, which becomes this one. An event that has less than before is another one, opened anew.
 * One that was on no counter meanwhile keeps its last reading: the time is scaled when it was on one again.
 */
static __always_inline __u64 opptel_perf_take(struct bpf_perf_event_value *last, const struct bpf_perf_event_value *now)
{
	struct bpf_perf_event_value before = *last;

	if (now->enabled < before.enabled || now->counter < before.counter)
		__builtin_memset(&before, 0, sizeof(before));
	else if (now->running == before.running)
		return 0;
	*last = *now;
	return opptel_perf_scaled(
		now->counter - before.counter, now->enabled - before.enabled, now->running - before.running);
}

#endif /* OPPTEL_PERF_BPF_H */
