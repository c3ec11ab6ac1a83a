/* SPDX-License-Identifier: MIT */
/*
 * The perf event sampler: what the CPU and the kernel count (cycles, instructions, cache and branch misses, page faults) by CPU and
 * by cgroup. The daemon opens the events that there are on each CPU; the program reads them when the CPU goes from one cgroup to
 * another, and charges what was counted since to the one that leaves. It keeps its own account, so it may run before the scheduler
 * sampler or after it.
 *
 * Hooks: sched_switch; and once a second the daemon has each CPU read, for what never leaves it. Cost with two software events, which
 * is all that a virtual machine without a PMU has: 345 ns for a switch between cgroups or to idle and back, 65 ns for
 * one within a cgroup. Hence it is off unless configured.
 */
#include "entity.bpf.h"
#include "perf.bpf.h"

#define OPPTEL_PERF_EVENTS 8

/* The daemon's plan: how many events there are, a slot for each and each CPU, and where these begin in a cgroup's block. */
const volatile __u32 opptel_perf_count;
const volatile __u32 opptel_perf_slot;
const volatile __u32 opptel_cgroup_perf_part;

/* OPPTEL_PERF_EVENTS for each CPU; sized and filled by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, OPPTEL_PERF_EVENTS);
	__type(key, __u32);
	__type(value, __u32);
} opptel_perf_events SEC(".maps");

/* What was read last. */
struct opptel_perf_cpu {
	struct bpf_perf_event_value last[OPPTEL_PERF_EVENTS];
	__u64 delta[OPPTEL_PERF_EVENTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_perf_cpu);
} opptel_perf_cpus SEC(".maps");

/* Reads this CPU's events. Returns a bit for each that is counted, and *any whether one has moved. */
static __always_inline __u32 opptel_perf_read_all(struct opptel_perf_cpu *own, __u32 cpu, __u64 *any)
{
	struct bpf_perf_event_value now;
	__u32 alive = 0;

	for (__u32 event = 0; event < OPPTEL_PERF_EVENTS; event++) {
		__u32 index = cpu * OPPTEL_PERF_EVENTS + event;

		own->delta[event] = 0;
		if (event >= opptel_perf_count ||
			bpf_perf_event_read_value(&opptel_perf_events, index, &now, sizeof(now)))
			continue;
		/* The time of an event stands still once its CPU has been offline. */
		if (now.enabled != own->last[event].enabled)
			alive |= 1U << event;
		own->delta[event] = opptel_perf_take(&own->last[event], &now);
		*any |= own->delta[event];
	}
	return alive;
}

static __always_inline void opptel_perf_charge(const struct opptel_perf_cpu *own, __u32 first)
{
	for (__u32 event = 0; event < OPPTEL_PERF_EVENTS && event < opptel_perf_count; event++)
		opptel_slot_add(first + event, own->delta[event]);
}

static __always_inline __u32 opptel_perf_account(struct task_struct *task)
{
	struct opptel_perf_cpu *own = OPPTEL_SINGLE(opptel_perf_cpus);
	__u32 cpu = bpf_get_smp_processor_id(), alive;
	__u64 any = 0, id;

	if (!own)
		return 0;
	alive = opptel_perf_read_all(own, cpu, &any);
	if (!any)
		return alive;
	opptel_perf_charge(own, opptel_perf_slot + cpu * opptel_perf_count);
	if (task->pid) {
		id = opptel_cgroup_of(task);
		opptel_perf_charge(
			own, opptel_cgroup_perf_part + opptel_entity_slot(OPPTEL_ENTITY_CGROUP, id, task, id));
	}
	return alive;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(opptel_perf_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	/* The idle task is in the root, but what it does is nobody's. */
	if (prev->cgroups != next->cgroups || !prev->pid != !next->pid)
		opptel_perf_account(prev);
	return 0;
}

/* Run by the daemon on one CPU after the other, in an interrupt: never within a switch. Returns the events that are counted. */
SEC("raw_tp")
int opptel_perf_read(void *context)
{
	return opptel_perf_account(bpf_get_current_task_btf());
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
