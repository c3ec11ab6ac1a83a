/* SPDX-License-Identifier: MIT */
/*
 * Charging CPU time to entities from the scheduler's own accounting (sum_exec_runtime), so that OppTel and /proc agree.
 *
 * A CPU's time is charged when it switches, and in between by carriers, which look at a few CPUs each: a task that
 * never switches is up to date too. Whoever moves the word "charged" by compare-and-swap charges the difference; it
 * holds the number of the switch in its low bits, so that it never belongs to another task than the one read with it.
 */
#ifndef OPPTEL_CHARGE_BPF_H
#define OPPTEL_CHARGE_BPF_H

#include "due.bpf.h"

#define OPPTEL_CHARGE_CPUS 8

static __always_inline __u64 opptel_charge_word(__u64 runtime, __u64 number)
{
	return runtime << 8 | (number & 0xFF);
}

/* From one word to another of the same switch, in ns. */
static __always_inline __u64 opptel_charge_delta(__u64 from, __u64 to)
{
	return ((to & ~0xFFULL) - (from & ~0xFFULL)) >> 8;
}

static __always_inline void opptel_charge(__u32 process, __u32 cgroup, enum opptel_run_slot which, __u64 delta)
{
	opptel_slot_add(process + which, delta);
	opptel_slot_add(cgroup + which, delta);
}

struct opptel_round {
	__u32 first;
	__u32 cpus;
};

/* Charges what runs right now on one CPU up to the scheduler's last account of it. */
static long opptel_charge_cpu(__u32 index, struct opptel_round *round)
{
	__u32 cpu = (round->first + index) % round->cpus;
	struct opptel_running *running = bpf_map_lookup_elem(&opptel_running, &cpu);
	__u64 charged, runtime, word, delta;
	__u32 process, cgroup;
	struct task_struct *task;

	if (!running)
		return 0;
	charged = READ_ONCE(running->charged);
	process = READ_ONCE(running->process);
	cgroup = READ_ONCE(running->cgroup);
	task = (struct task_struct *)READ_ONCE(running->task);
	if (charged == OPPTEL_CHARGE_BUSY || process == OPPTEL_NO_SLOT || !task)
		return 0;
	/* The task may be gone by now: then the compare-and-swap below fails, because its CPU has switched. */
	if (bpf_core_read(&runtime, sizeof(runtime), &task->se.sum_exec_runtime))
		return 0;
	word = opptel_charge_word(runtime, charged);
	delta = opptel_charge_delta(charged, word);
	if (!delta || delta >> 55)
		return 0;
	if (__sync_val_compare_and_swap(&running->charged, charged, word) == charged)
		opptel_charge(process, cgroup, OPPTEL_RUN_CPU_TIME, delta);
	return 0;
}

/* How many threads a CPU's run queue holds right now, the running one included. */
static __always_inline void opptel_read_queue(__u32 cpu)
{
	struct opptel_running *running = bpf_map_lookup_elem(&opptel_running, &cpu);
	struct rq *queue;
	__u32 length;

	if (!running || !running->queue)
		return;
	queue = (struct rq *)running->queue;
	if (!bpf_core_read(&length, sizeof(length), &queue->nr_running))
		opptel_slot_set(running->queue_slot, length);
}

/* Charges the next few CPUs of the round, and reads the next run queue. */
static __always_inline void opptel_charge_some(struct opptel_stream *stream, __u32 cpus)
{
	struct opptel_round round = {.first = stream->charge_cursor, .cpus = cpus};

	if (!cpus)
		return;
	opptel_read_queue(stream->queue_cursor++ % cpus);
	bpf_loop(cpus < OPPTEL_CHARGE_CPUS ? cpus : OPPTEL_CHARGE_CPUS, opptel_charge_cpu, &round, 0);
	stream->charge_cursor = round.first + OPPTEL_CHARGE_CPUS;
}

#endif /* OPPTEL_CHARGE_BPF_H */
