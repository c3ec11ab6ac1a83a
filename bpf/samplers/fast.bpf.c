/* SPDX-License-Identifier: MIT */
/*
 * The fast sampler: reads a few slots on each tick of a clock and keeps what changed, with its time, for the carriers. The slots
 * themselves go their usual way too: when the ring overflows, history is lost and the newest value is not. The length of the
 * CPU's run queue, which else is what it was when a carrier looked, is looked at first.
 *
 * Hook: a perf event on each CPU's clock, which the daemon stops while there is nothing to read. Cost: one interrupt and one
 * program run per tick; about 100 ns with 4 slots.
 */
#include "charge.bpf.h"

/* The daemon's plan, for what it reads of the rings itself. */
const volatile __u32 opptel_fast_slot;

struct opptel_tick {
	struct opptel_fast *fast;
	__u64 now;
	__u32 cpu;
	__u32 queue_slot;
};

static long opptel_read_slot(__u32 index, struct opptel_tick *tick)
{
	struct opptel_fast *fast = tick->fast;
	__u32 number = fast->slot[index & (OPPTEL_FAST_SLOTS - 1)];
	__u64 *last = &fast->last[index & (OPPTEL_FAST_SLOTS - 1)], head = fast->head, value;
	struct opptel_slot *slot = opptel_slot_at(number);
	struct opptel_reading *reading;

	if (!slot)
		return 0;
	if (number == tick->queue_slot)
		opptel_read_queue(tick->cpu);
	value = READ_ONCE(slot->value);
	if (value == *last)
		return 0;
	*last = value;
	if ((__s64)(head - READ_ONCE(fast->tail)) >= OPPTEL_FAST_READINGS) {
		__sync_fetch_and_add(&fast->overflows, 1);
		return 0;
	}
	reading = &fast->reading[head & (OPPTEL_FAST_READINGS - 1)];
	/* Exchanges are full barriers: who sees the turn sees what belongs to it. */
	__sync_lock_test_and_set(&reading->turn, 0);
	reading->time = tick->now;
	reading->value = value;
	reading->slot = number;
	__sync_lock_test_and_set(&reading->turn, (__u32)head + 1);
	__sync_lock_test_and_set(&fast->head, head + 1);
	fast->readings++;
	return 0;
}

SEC("perf_event")
int opptel_fast_tick(void *context)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct opptel_tick tick = {
		.fast = bpf_map_lookup_elem(&opptel_fast, &cpu), .cpu = cpu, .queue_slot = OPPTEL_NO_SLOT};
	struct opptel_running *running = bpf_map_lookup_elem(&opptel_running, &cpu);

	if (!tick.fast || tick.fast->slots > OPPTEL_FAST_SLOTS)
		return 0;
	if (running && running->queue)
		tick.queue_slot = running->queue_slot;
	tick.now = bpf_ktime_get_boot_ns();
	bpf_loop(tick.fast->slots, opptel_read_slot, &tick, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
