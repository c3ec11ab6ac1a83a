/* SPDX-License-Identifier: MIT */
/*
 * Readings of slots between carriers. A clock on each CPU writes them into that CPU's ring (samplers/fast.bpf.c), and carriers
 * take them in batches: from their own CPU's ring, and from one other's in turn, so that a CPU without carriers is heard too.
 *
 * A taker advances the tail first and copies then, so the clock may go round the ring under it while its CPU is held up: the
 * turn of each reading, looked at before and behind the copy, tells that it is another one by now, which is counted.
 */
#ifndef OPPTEL_FAST_BPF_H
#define OPPTEL_FAST_BPF_H

#include "schedule.bpf.h"

#define OPPTEL_SAMPLE_WORD(slot, age) ((__u64)(__u16)(slot) | ((__u64)(__u32)(age) << 32))

struct opptel_flush {
	struct opptel_carrier *carrier;
	struct opptel_fast *fast;
	__u64 at;
};

static __always_inline void opptel_lose_reading(struct opptel_fast *fast)
{
	__sync_fetch_and_add(&fast->overflows, 1);
}

/* Copies one claimed reading into the trailer. */
static long opptel_put_sample(__u32 index, struct opptel_flush *flush)
{
	struct opptel_scratch *scratch = flush->carrier->scratch;
	struct opptel_reading *reading = &flush->fast->reading[(flush->at + index) & (OPPTEL_FAST_READINGS - 1)];
	__u32 turn = flush->at + index + 1, first = scratch->first & (2 * OPPTEL_MAX_SAMPLES - 2);
	__u64 age, word, value;
	struct opptel_slot *slot;

	if (READ_ONCE(reading->turn) != turn) {
		opptel_lose_reading(flush->fast);
		return 0;
	}
	age = flush->carrier->now - reading->time;
	value = reading->value;
	word = OPPTEL_SAMPLE_WORD(reading->slot, age);
	slot = opptel_slot_at(reading->slot);
	/* An exchange that changes nothing: a full barrier behind the reads. A reading of the future is younger than the carrier. */
	if (__sync_fetch_and_add(&reading->turn, 0) != turn || age >> 32 || !slot ||
		!(READ_ONCE(slot->live) & OPPTEL_SLOT_LIVE)) {
		opptel_lose_reading(flush->fast);
		return 0;
	}
	scratch->word[first] = word;
	scratch->word[first + 1] = value;
	scratch->sum += (__u32)word + (word >> 32) + (__u32)value + (value >> 32);
	scratch->first = first + 2;
	return 0;
}

static __always_inline void opptel_flush_cpu(struct opptel_carrier *carrier, __u32 cpu)
{
	struct opptel_flush flush = {.carrier = carrier, .fast = bpf_map_lookup_elem(&opptel_fast, &cpu)};
	__u32 want = carrier->want - carrier->scratch->first / 2, count;
	__s64 waiting;

	if (!flush.fast || carrier->scratch->first / 2 >= carrier->want)
		return;
	flush.at = READ_ONCE(flush.fast->tail);
	waiting = READ_ONCE(flush.fast->head) - flush.at;
	count = waiting < want ? waiting : want;
	/* Who loses the race leaves them to the winner. */
	if (waiting > 0 && __sync_val_compare_and_swap(&flush.fast->tail, flush.at, flush.at + count) == flush.at)
		bpf_loop(count, opptel_put_sample, &flush, 0);
}

/* Takes readings for up to half of the trailer. */
static __always_inline void opptel_take_samples(struct opptel_carrier *carrier, struct opptel_stream *stream)
{
	__u32 most = carrier->state->max_samples, half = (carrier->bytes - carrier->tail) / 2 / OPPTEL_SAMPLE_SIZE;
	__u32 other = stream->flush_cursor, left;

	carrier->want = most < half ? most : half;
	if (!carrier->want || carrier->want > OPPTEL_MAX_SAMPLES)
		return;
	opptel_flush_cpu(carrier, bpf_get_smp_processor_id());
	stream->flush_cursor = other + 1 < carrier->state->cpus ? other + 1 : 0;
	opptel_flush_cpu(carrier, other);
	left = (carrier->bytes - carrier->tail - carrier->scratch->first * OPPTEL_VALUE_SIZE) / OPPTEL_VALUE_SIZE;
	if (carrier->room > left)
		carrier->room = left;
}

#endif /* OPPTEL_FAST_BPF_H */
