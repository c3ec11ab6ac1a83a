/* SPDX-License-Identifier: MIT */
/*
 * The scheduler sampler: CPU time, context switches and run queue delay per process and per cgroup.
 *
 * Hooks: sched_switch, sched_process_exec. Cost: one program run per context switch; two hash lookups when a task is
 * switched in, one when it is switched out. The kernel accounts everything itself; the sampler only takes differences.
 */
#ifndef OPPTEL_SCHED_BPF_H
#define OPPTEL_SCHED_BPF_H

#include "charge.bpf.h"

static __always_inline void opptel_event(
	__u32 type, const struct opptel_entity_key *key, __u64 cgroup, __u32 first_slot, struct task_struct *task)
{
	struct opptel_event *event = bpf_ringbuf_reserve(&opptel_events, sizeof(*event), 0);
	struct opptel_sampler *sampler;

	if (!event) {
		sampler = OPPTEL_SINGLE(opptel_sampler);
		if (sampler)
			__sync_fetch_and_add(&sampler->events_lost, 1);
		return;
	}
	event->type = type;
	event->kind = key->kind;
	event->id = key->id;
	event->cgroup = cgroup;
	event->first_slot = first_slot;
	event->reserved = 0;
	bpf_core_read(event->comm, sizeof(event->comm), &task->group_leader->comm);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline __u64 opptel_cgroup_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/* The entity's first slot; a block is claimed for a new one. What finds no block is "other". */
static __always_inline __u32 opptel_entity_slot(__u32 kind, __u64 id, struct task_struct *task, __u64 cgroup)
{
	struct opptel_entity_key key = {.id = id, .kind = kind};
	struct opptel_entity entity = {}, *known = bpf_map_lookup_elem(&opptel_entities, &key);
	struct opptel_sampler *sampler;

	if (known)
		return known->first_slot;
	/* A dying process whose entity is gone already must not be born again. */
	if (kind == OPPTEL_ENTITY_PROCESS && !BPF_CORE_READ(task, signal, live.counter))
		return OPPTEL_OTHER_SLOT(kind);
	if (!bpf_map_pop_elem(&opptel_free, &entity.first_slot)) {
		if (!bpf_map_update_elem(&opptel_entities, &key, &entity, BPF_NOEXIST)) {
			opptel_event(OPPTEL_EVENT_BORN, &key, cgroup, entity.first_slot, task);
			return entity.first_slot;
		}
		/* Another CPU was first, or the hash is full. */
		bpf_map_push_elem(&opptel_free, &entity.first_slot, BPF_ANY);
		known = bpf_map_lookup_elem(&opptel_entities, &key);
		if (known)
			return known->first_slot;
	}
	sampler = OPPTEL_SINGLE(opptel_sampler);
	if (sampler)
		__sync_fetch_and_add(&sampler->entities_other, 1);
	return OPPTEL_OTHER_SLOT(kind);
}

/*
 * What the thread has waited for a CPU since this was asked before. The kernel adds the time up when a thread gets a CPU,
 * and when it moves a waiting one to another CPU: the second happens while nobody looks, hence a memory for each thread.
 */
static __always_inline __u64 opptel_waited(struct opptel_running *running, struct task_struct *prev)
{
	__u32 pid = prev->pid;
	__u64 now = prev->sched_info.run_delay, before;
	__u64 *known = bpf_map_lookup_elem(&opptel_threads, &pid);
	struct opptel_sampler *sampler;

	if (known) {
		before = *known;
		*known = now;
		if (before <= now)
			return now - before;
	} else if (bpf_map_update_elem(&opptel_threads, &pid, &now, BPF_NOEXIST)) {
		sampler = OPPTEL_SINGLE(opptel_sampler);
		if (sampler)
			__sync_fetch_and_add(&sampler->threads_other, 1);
	} else if (prev->nvcsw + prev->nivcsw == 1) {
		return now;
	}
	return now - running->run_delay;
}

/* Charges the task that leaves the CPU. The kernel has counted the switch already, as one of its two kinds. */
static __always_inline void opptel_switch_out(
	struct opptel_due *due, struct opptel_running *running, __u64 charged, struct task_struct *prev)
{
	__u32 process = running->process, cgroup = running->cgroup;
	bool voluntary = prev->nvcsw != running->voluntary;
	__u64 delta;

	if (process == OPPTEL_NO_SLOT || charged == OPPTEL_CHARGE_BUSY || running->task != (__u64)prev)
		return;
	delta = opptel_charge_delta(charged, opptel_charge_word(prev->se.sum_exec_runtime, 0));
	if (!(delta >> 55))
		opptel_charge(due, process, cgroup, OPPTEL_BLOCK_CPU_TIME, delta);
	opptel_charge(due, process, cgroup, OPPTEL_BLOCK_RUN_DELAY, opptel_waited(running, prev));
	opptel_charge(due, process, cgroup, voluntary ? OPPTEL_BLOCK_VOLUNTARY : OPPTEL_BLOCK_INVOLUNTARY, 1);
}

/* Notes the task that gets the CPU. Its wait is accounted by the kernel just after this hook: hence at switch-out. */
static __always_inline void opptel_switch_in(struct opptel_running *running, struct task_struct *next)
{
	running->task = (__u64)next;
	if (!next->pid) {
		running->process = OPPTEL_NO_SLOT;
		running->cgroup = OPPTEL_NO_SLOT;
		return;
	}
	__u64 cgroup = opptel_cgroup_of(next);

	running->process = opptel_entity_slot(OPPTEL_ENTITY_PROCESS, (__u32)next->tgid, next, cgroup);
	running->cgroup = opptel_entity_slot(OPPTEL_ENTITY_CGROUP, cgroup, next, cgroup);
	running->run_delay = next->sched_info.run_delay;
	running->voluntary = next->nvcsw;
}

/* A thread has left its last CPU; with the last one its process is gone. */
static __always_inline void opptel_thread_died(struct task_struct *task)
{
	struct opptel_entity_key key = {.id = (__u32)task->tgid, .kind = OPPTEL_ENTITY_PROCESS};
	struct opptel_entity *entity;
	__u32 pid = task->pid, first_slot;

	bpf_map_delete_elem(&opptel_threads, &pid);
	if (task->signal->live.counter)
		return;
	entity = bpf_map_lookup_elem(&opptel_entities, &key);
	if (!entity)
		return;
	first_slot = entity->first_slot;
	if (!bpf_map_delete_elem(&opptel_entities, &key))
		opptel_event(OPPTEL_EVENT_DIED, &key, 0, first_slot, task);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(opptel_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	unsigned int prev_state)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct opptel_running *running = bpf_map_lookup_elem(&opptel_running, &cpu);
	struct opptel_due *due = OPPTEL_SINGLE(opptel_due);
	struct opptel_stream *stream = bpf_map_lookup_elem(&opptel_streams, &cpu);
	__u64 charged;

	if (!running || !due || !stream)
		return 0;
	stream->switches++;
	charged = __sync_lock_test_and_set(&running->charged, OPPTEL_CHARGE_BUSY);
	opptel_switch_out(due, running, charged, prev);
	if (prev_state == TASK_DEAD)
		opptel_thread_died(prev);
	opptel_switch_in(running, next);
	/* The exchange is a full barrier: who sees the new word sees the task and the slots that belong to it. */
	__sync_lock_test_and_set(&running->charged, opptel_charge_word(next->se.sum_exec_runtime, charged + 1));
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(opptel_process_exec, struct task_struct *task)
{
	struct opptel_entity_key key = {.id = (__u32)task->tgid, .kind = OPPTEL_ENTITY_PROCESS};
	struct opptel_entity *entity = bpf_map_lookup_elem(&opptel_entities, &key);

	if (entity)
		opptel_event(OPPTEL_EVENT_RENAMED, &key, opptel_cgroup_of(task), entity->first_slot, task);
	return 0;
}

#endif /* OPPTEL_SCHED_BPF_H */
