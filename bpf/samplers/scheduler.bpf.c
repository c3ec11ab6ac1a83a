/* SPDX-License-Identifier: MIT */
/*
 * The scheduler sampler: CPU time, context switches and run queue delay per process and per cgroup, a histogram of all
 * waits for a CPU, migrations, and where each CPU's run queue is, whose length carriers read.
 *
 * Hooks: sched_switch, sched_wakeup, sched_wakeup_new, sched_migrate_task, sched_process_exec. Cost: one program run per context
 * switch; two hash lookups when a task is switched in, one when it is switched out; and one per wake-up, which stores a word. The
 * kernel accounts everything itself but for single waits, and the sampler only takes differences. The kernel's account of a wait
 * begins and ends with its clock of the run queue, which a wake-up on an idle CPU stops until that CPU has switched: of such waits,
 * which are most, it says 0.
 */
#include "charge.bpf.h"
#include "entity.bpf.h"
#include "histogram.bpf.h"

/* The daemon's plan: a histogram, a counter, a slot for each CPU, and where the scheduler's part begins in blocks. */
const volatile __u32 opptel_wait_slot;
const volatile __u32 opptel_migration_slot;
const volatile __u32 opptel_queue_slot;
const volatile __u32 opptel_process_run_part;
const volatile __u32 opptel_cgroup_run_part;

/*
 * Since when a thread waits, at the low bits of its number: CLOCK_MONOTONIC ns in the low 48 bits, the number's high bits above; 0 when
 * nobody waits. Of two that share an entry the later one counts.
 */
#define OPPTEL_WAITING_BITS 16
#define OPPTEL_WAITING_TIME ((1ULL << 48) - 1)
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << OPPTEL_WAITING_BITS);
	__type(key, __u32);
	__type(value, __u64);
} opptel_waiting SEC(".maps");

static __always_inline __u64 *opptel_waiting_of(__u32 pid)
{
	__u32 entry = pid & ((1 << OPPTEL_WAITING_BITS) - 1);

	return bpf_map_lookup_elem(&opptel_waiting, &entry);
}

static __always_inline __u64 opptel_waiting_word(__u32 pid, __u64 time)
{
	return (__u64)(pid >> OPPTEL_WAITING_BITS) << 48 | (time & OPPTEL_WAITING_TIME);
}

/* The thread has what it needs to run but for a CPU. */
static __always_inline void opptel_wait_begins(__u32 pid, __u64 time)
{
	__u64 *waiting = opptel_waiting_of(pid);

	if (waiting)
		*waiting = opptel_waiting_word(pid, time);
}

static __always_inline void opptel_wait_ends(__u32 pid, __u64 time)
{
	__u64 *waiting = opptel_waiting_of(pid), word;

	if (!waiting)
		return;
	word = *waiting;
	/* Its beginning was not seen, or another one's is there. */
	if (!word || word >> 48 != pid >> OPPTEL_WAITING_BITS)
		return;
	*waiting = 0;
	opptel_histogram_add(opptel_wait_slot, (time - word) & OPPTEL_WAITING_TIME);
}

/* The scheduler's parts of the blocks of a task's process and cgroup. */
static __always_inline void opptel_find(struct task_struct *task, __u32 *process, __u32 *cgroup)
{
	__u64 id = opptel_cgroup_of(task);

	*process = opptel_process_run_part + opptel_entity_slot(OPPTEL_ENTITY_PROCESS, (__u32)task->tgid, task, id);
	*cgroup = opptel_cgroup_run_part + opptel_entity_slot(OPPTEL_ENTITY_CGROUP, id, task, id);
}

/*
 * What the kernel's account of a thread was when it was last looked at. The kernel adds to it while nobody looks: a wait
 * that ends in a move to another CPU; a whole run whose beginning was not reported. Hence a memory for each thread.
 * Returns false when nothing is known about the thread before now.
 */
static __always_inline bool opptel_thread_before(struct opptel_running *running, bool seen, struct task_struct *task,
	const struct opptel_thread *now, struct opptel_thread *before)
{
	__u32 pid = task->pid;
	struct opptel_thread *known = bpf_map_lookup_elem(&opptel_threads, &pid);
	struct opptel_sampler *sampler = OPPTEL_SINGLE(opptel_sampler);

	if (known) {
		*before = *known;
		*known = *now;
		/* Left behind by another thread of this number. */
		if (before->runtime <= now->runtime && before->run_delay <= now->run_delay)
			return true;
	} else if (sampler && bpf_map_update_elem(&opptel_threads, &pid, now, BPF_NOEXIST)) {
		__sync_fetch_and_add(&sampler->threads_other, 1);
	} else if (sampler && task->start_boottime >= sampler->since) {
		__builtin_memset(before, 0, sizeof(*before));
		return true;
	}
	before->runtime = now->runtime;
	before->run_delay = running->run_delay;
	before->voluntary = running->voluntary;
	before->involuntary = now->voluntary + now->involuntary - running->voluntary - 1;
	return seen;
}

/* Charges the task that leaves the CPU. The kernel has counted the switch already, as one of its two kinds. */
static __always_inline void opptel_switch_out(struct opptel_running *running, __u64 charged, struct task_struct *prev)
{
	bool seen = running->task == (__u64)prev && charged != OPPTEL_CHARGE_BUSY;
	struct opptel_thread before, now = {
					     .runtime = prev->se.sum_exec_runtime,
					     .run_delay = prev->sched_info.run_delay,
					     .voluntary = prev->nvcsw,
					     .involuntary = prev->nivcsw,
				     };
	__u32 process = running->process, cgroup = running->cgroup;
	__u64 runtime;

	if (!prev->pid || !opptel_thread_before(running, seen, prev, &now, &before))
		return;
	runtime = now.runtime - before.runtime;
	if (seen)
		runtime = opptel_charge_delta(charged, opptel_charge_word(now.runtime, 0));
	else
		opptel_find(prev, &process, &cgroup);
	if (!(runtime >> 55))
		opptel_charge(process, cgroup, OPPTEL_RUN_CPU_TIME, runtime);
	opptel_charge(process, cgroup, OPPTEL_RUN_DELAY, now.run_delay - before.run_delay);
	opptel_charge(process, cgroup, OPPTEL_RUN_VOLUNTARY, now.voluntary - before.voluntary);
	opptel_charge(process, cgroup, OPPTEL_RUN_INVOLUNTARY, now.involuntary - before.involuntary);
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
	/* A CPU's run queue is where it is for good. Kernels without scheduling by groups have no way to it from here. */
	if (!running->queue && bpf_core_field_exists(next->se.cfs_rq)) {
		running->queue_slot = opptel_queue_slot + bpf_get_smp_processor_id();
		running->queue = (__u64)next->se.cfs_rq->rq;
	}
	opptel_find(next, &running->process, &running->cgroup);
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
int BPF_PROG(
	opptel_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct opptel_running *running = bpf_map_lookup_elem(&opptel_running, &cpu);
	struct opptel_stream *stream = bpf_map_lookup_elem(&opptel_streams, &cpu);
	struct opptel_sampler *sampler = OPPTEL_SINGLE(opptel_sampler);
	__u64 charged, now = bpf_ktime_get_ns();

	if (!running || !stream || !sampler)
		return 0;
	if (!sampler->since)
		sampler->since = bpf_ktime_get_boot_ns();
	stream->switches++;
	charged = __sync_lock_test_and_set(&running->charged, OPPTEL_CHARGE_BUSY);
	opptel_switch_out(running, charged, prev);
	if (prev_state == TASK_DEAD)
		opptel_thread_died(prev);
	else if (prev->pid && (preempt || !prev_state))
		opptel_wait_begins(prev->pid, now);
	opptel_switch_in(running, next);
	if (next->pid)
		opptel_wait_ends(next->pid, now);
	/* The exchange is a full barrier: who sees the new word sees the task and the slots that belong to it. */
	__sync_lock_test_and_set(&running->charged, opptel_charge_word(next->se.sum_exec_runtime, charged + 1));
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(opptel_wakeup, struct task_struct *task)
{
	opptel_wait_begins(task->pid, bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(opptel_wakeup_new, struct task_struct *task)
{
	opptel_wait_begins(task->pid, bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(opptel_migrate_task, struct task_struct *task, int cpu)
{
	opptel_slot_add(opptel_migration_slot, 1);
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

char LICENSE[] SEC("license") = "Dual MIT/GPL";
