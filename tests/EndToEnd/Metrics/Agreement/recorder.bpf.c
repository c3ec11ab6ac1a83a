/* SPDX-License-Identifier: MIT */
/*
 * What the samplers say is compared with this: it keeps every single value, by other hooks and other means than theirs, and sums
 * nothing. Waits for a CPU run from a wake-up or a preemption to the switch; a disk's request from where the kernel begins to
 * account it to where it ends; system calls are told by their numbers.
 */
#include "kernel.h"

#define RECORDER_VALUES (1 << 24)
#define RECORDER_CALLS 512

/* A value: kind in 4 bits, what of that kind in 12, nanoseconds in 48. */
enum recorder_kind {
	RECORDER_WAIT = 1,
	RECORDER_CALL = 2, /* the system call's number */
	RECORDER_TRIP = 3,
	RECORDER_DISK = 4, /* the operation */
};

/* The C# view is RecorderState. */
struct recorder_state {
	__u64 disk;   /* major << 20 | minor: the others are not recorded */
	__u64 values; /* how many there were; those beyond the last that fits are not kept */
	__u64 switches;
	__u64 forks;
	__u64 buried; /* migrations in the lives of threads that have ended */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct recorder_state);
} recorder_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RECORDER_VALUES);
	__type(key, __u32);
	__type(value, __u64);
} recorder_values SEC(".maps");

/*
 * Something that has begun and not ended, by kind and the low bits of what tells it from others: looking it up is cheap, so that the
 * samplers' times have little of it in them. Of two that share an entry the later one counts.
 */
#define RECORDER_ENTRY_BITS 16
struct recorder_begun {
	__u64 id;
	__u64 since; /* 0 when it has ended */
	__u64 what;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8 << RECORDER_ENTRY_BITS);
	__type(key, __u32);
	__type(value, struct recorder_begun);
} recorder_begun SEC(".maps");

/* System calls by number, for each CPU; the test adds up. */
#define RECORDER_CPUS 256
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RECORDER_CPUS *RECORDER_CALLS);
	__type(key, __u32);
	__type(value, __u64);
} recorder_calls SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sched_entity___recorder {
	__u64 nr_migrations;
};

struct request___recorder {
	int tag;
};

struct task_struct___recorder {
	struct sched_entity___recorder se;
};
#pragma clang attribute pop

static __always_inline struct recorder_state *recorder(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&recorder_state, &zero);
}

static __always_inline void recorder_keep(enum recorder_kind kind, __u64 what, __u64 nanoseconds)
{
	struct recorder_state *state = recorder();
	__u64 *value;
	__u32 index;

	if (!state)
		return;
	index = __sync_fetch_and_add(&state->values, 1);
	value = bpf_map_lookup_elem(&recorder_values, &index);
	if (value)
		*value = (__u64)kind << 60 | (what & 0xFFF) << 48 | (nanoseconds & 0xFFFFFFFFFFFFULL);
}

static __always_inline struct recorder_begun *recorder_begun_at(enum recorder_kind kind, __u64 id)
{
	__u32 entry = kind << RECORDER_ENTRY_BITS | (id & ((1 << RECORDER_ENTRY_BITS) - 1));

	return bpf_map_lookup_elem(&recorder_begun, &entry);
}

static __always_inline void recorder_begin(enum recorder_kind kind, __u64 id, __u64 what)
{
	struct recorder_begun *begun = recorder_begun_at(kind, id);

	if (!begun)
		return;
	begun->id = id;
	begun->what = what;
	begun->since = bpf_ktime_get_ns();
}

static __always_inline void recorder_end(enum recorder_kind kind, __u64 id)
{
	__u64 now = bpf_ktime_get_ns();
	struct recorder_begun *begun = recorder_begun_at(kind, id);

	if (!begun || begun->id != id || !begun->since)
		return;
	recorder_keep(kind, begun->what, now - begun->since);
	begun->since = 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(recorder_wakeup, struct task_struct *task)
{
	recorder_begin(RECORDER_WAIT, task->pid, 0);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(recorder_birth, struct task_struct *task)
{
	recorder_begin(RECORDER_WAIT, task->pid, 0);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(recorder_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	struct recorder_state *state = recorder();

	if (state)
		__sync_fetch_and_add(&state->switches, 1);
	if (prev->pid && (preempt || !prev_state))
		recorder_begin(RECORDER_WAIT, prev->pid, 0);
	if (next->pid)
		recorder_end(RECORDER_WAIT, next->pid);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(recorder_fork)
{
	struct recorder_state *state = recorder();

	if (state)
		__sync_fetch_and_add(&state->forks, 1);
	return 0;
}

/* A thread's last system call does not return. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(recorder_death, struct task_struct *task)
{
	struct recorder_begun *begun = recorder_begun_at(RECORDER_CALL, task->pid);
	struct recorder_state *state = recorder();

	if (begun)
		begun->since = 0;
	if (state)
		__sync_fetch_and_add(
			&state->buried, BPF_CORE_READ((struct task_struct___recorder *)task, se.nr_migrations));
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(recorder_call, void *registers, long number)
{
	__u32 entry = bpf_get_smp_processor_id() * RECORDER_CALLS + (number & (RECORDER_CALLS - 1));
	__u64 *calls = bpf_map_lookup_elem(&recorder_calls, &entry);

	if (calls)
		__sync_fetch_and_add(calls, 1);
	recorder_begin(RECORDER_CALL, (__u32)bpf_get_current_pid_tgid(), number);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(recorder_return)
{
	recorder_end(RECORDER_CALL, (__u32)bpf_get_current_pid_tgid());
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(recorder_trip, struct sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	/* In eighths of a microsecond. */
	if (tcp && tcp->srtt_us)
		recorder_keep(RECORDER_TRIP, 0, (__u64)tcp->srtt_us * 125);
	return 0;
}

static __always_inline bool recorder_wants(const struct request *request)
{
	struct recorder_state *state = recorder();
	const struct gendisk *disk = request->q->disk;

	return state && disk && ((__u64)disk->major << 20 | disk->first_minor) == state->disk;
}

/* Of a request among those that are on their way. */
static __always_inline __u32 recorder_tag(const struct request *request)
{
	return BPF_CORE_READ((const struct request___recorder *)request, tag);
}

SEC("tp_btf/block_io_start")
int BPF_PROG(recorder_disk, struct request *request)
{
	if (recorder_wants(request))
		recorder_begin(RECORDER_DISK, recorder_tag(request), request->cmd_flags & 0xFF);
	return 0;
}

SEC("tp_btf/block_io_done")
int BPF_PROG(recorder_disk_done, struct request *request)
{
	if (recorder_wants(request))
		recorder_end(RECORDER_DISK, recorder_tag(request));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
