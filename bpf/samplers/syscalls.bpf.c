/* SPDX-License-Identifier: MIT */
/*
 * The system call sampler: how many system calls of each class there are, and how long they take. Calls that wait for something
 * (poll, locks, sleeps) are classes of their own, so that the others' times are work.
 *
 * Hooks: sys_enter, sys_exit. Cost: two program runs per system call, 210 ns together; and the kernel takes its slow path for
 * every call while they are there. Hence it is off unless configured.
 */
#include "histogram.bpf.h"
#include <asm/unistd.h>

/* The order of the blocks. */
enum opptel_syscall_class {
	OPPTEL_SYSCALL_OTHER = 0,
	OPPTEL_SYSCALL_READ = 1,
	OPPTEL_SYSCALL_WRITE = 2,
	OPPTEL_SYSCALL_POLL = 3,
	OPPTEL_SYSCALL_SOCKET = 4,
	OPPTEL_SYSCALL_FILE = 5,
	OPPTEL_SYSCALL_MEMORY = 6,
	OPPTEL_SYSCALL_PROCESS = 7,
	OPPTEL_SYSCALL_TIME = 8,
	OPPTEL_SYSCALL_LOCK = 9,
	OPPTEL_SYSCALL_CLASSES = 10,
};

/* The daemon's plan: a counter for each class, and a histogram for each. */
const volatile __u32 opptel_syscall_slot;
const volatile __u32 opptel_syscall_latency_slot;

#define OPPTEL_SYSCALL_NUMBERS 512

/* By number, which differ between architectures, as do the older calls that only some of them have. */
static const __u8 opptel_syscall_classes[OPPTEL_SYSCALL_NUMBERS] = {
	[__NR_read] = OPPTEL_SYSCALL_READ,
	[__NR_readv] = OPPTEL_SYSCALL_READ,
	[__NR_pread64] = OPPTEL_SYSCALL_READ,
	[__NR_preadv] = OPPTEL_SYSCALL_READ,
	[__NR_preadv2] = OPPTEL_SYSCALL_READ,
	[__NR_getdents64] = OPPTEL_SYSCALL_READ,
	[__NR_write] = OPPTEL_SYSCALL_WRITE,
	[__NR_writev] = OPPTEL_SYSCALL_WRITE,
	[__NR_pwrite64] = OPPTEL_SYSCALL_WRITE,
	[__NR_pwritev] = OPPTEL_SYSCALL_WRITE,
	[__NR_pwritev2] = OPPTEL_SYSCALL_WRITE,
	[__NR_fsync] = OPPTEL_SYSCALL_WRITE,
	[__NR_fdatasync] = OPPTEL_SYSCALL_WRITE,
	[__NR_sendfile] = OPPTEL_SYSCALL_WRITE,
	[__NR_splice] = OPPTEL_SYSCALL_WRITE,
	[__NR_copy_file_range] = OPPTEL_SYSCALL_WRITE,
	[__NR_ppoll] = OPPTEL_SYSCALL_POLL,
	[__NR_pselect6] = OPPTEL_SYSCALL_POLL,
	[__NR_epoll_pwait] = OPPTEL_SYSCALL_POLL,
	[__NR_epoll_pwait2] = OPPTEL_SYSCALL_POLL,
	[__NR_io_uring_enter] = OPPTEL_SYSCALL_POLL,
	[__NR_io_getevents] = OPPTEL_SYSCALL_POLL,
	[__NR_socket] = OPPTEL_SYSCALL_SOCKET,
	[__NR_socketpair] = OPPTEL_SYSCALL_SOCKET,
	[__NR_bind] = OPPTEL_SYSCALL_SOCKET,
	[__NR_listen] = OPPTEL_SYSCALL_SOCKET,
	[__NR_accept] = OPPTEL_SYSCALL_SOCKET,
	[__NR_accept4] = OPPTEL_SYSCALL_SOCKET,
	[__NR_connect] = OPPTEL_SYSCALL_SOCKET,
	[__NR_sendto] = OPPTEL_SYSCALL_SOCKET,
	[__NR_recvfrom] = OPPTEL_SYSCALL_SOCKET,
	[__NR_sendmsg] = OPPTEL_SYSCALL_SOCKET,
	[__NR_recvmsg] = OPPTEL_SYSCALL_SOCKET,
	[__NR_sendmmsg] = OPPTEL_SYSCALL_SOCKET,
	[__NR_recvmmsg] = OPPTEL_SYSCALL_SOCKET,
	[__NR_shutdown] = OPPTEL_SYSCALL_SOCKET,
	[__NR_setsockopt] = OPPTEL_SYSCALL_SOCKET,
	[__NR_getsockopt] = OPPTEL_SYSCALL_SOCKET,
	[__NR_openat] = OPPTEL_SYSCALL_FILE,
	[__NR_openat2] = OPPTEL_SYSCALL_FILE,
	[__NR_close] = OPPTEL_SYSCALL_FILE,
	[__NR_fstat] = OPPTEL_SYSCALL_FILE,
	[__NR_statx] = OPPTEL_SYSCALL_FILE,
	[__NR_lseek] = OPPTEL_SYSCALL_FILE,
	[__NR_fcntl] = OPPTEL_SYSCALL_FILE,
	[__NR_ioctl] = OPPTEL_SYSCALL_FILE,
	[__NR_dup] = OPPTEL_SYSCALL_FILE,
	[__NR_dup3] = OPPTEL_SYSCALL_FILE,
	[__NR_pipe2] = OPPTEL_SYSCALL_FILE,
	[__NR_faccessat] = OPPTEL_SYSCALL_FILE,
	[__NR_faccessat2] = OPPTEL_SYSCALL_FILE,
	[__NR_readlinkat] = OPPTEL_SYSCALL_FILE,
	[__NR_unlinkat] = OPPTEL_SYSCALL_FILE,
	[__NR_renameat2] = OPPTEL_SYSCALL_FILE,
	[__NR_mkdirat] = OPPTEL_SYSCALL_FILE,
	[__NR_ftruncate] = OPPTEL_SYSCALL_FILE,
	[__NR_mmap] = OPPTEL_SYSCALL_MEMORY,
	[__NR_munmap] = OPPTEL_SYSCALL_MEMORY,
	[__NR_mprotect] = OPPTEL_SYSCALL_MEMORY,
	[__NR_mremap] = OPPTEL_SYSCALL_MEMORY,
	[__NR_madvise] = OPPTEL_SYSCALL_MEMORY,
	[__NR_brk] = OPPTEL_SYSCALL_MEMORY,
	[__NR_msync] = OPPTEL_SYSCALL_MEMORY,
	[__NR_clone] = OPPTEL_SYSCALL_PROCESS,
	[__NR_clone3] = OPPTEL_SYSCALL_PROCESS,
	[__NR_execve] = OPPTEL_SYSCALL_PROCESS,
	[__NR_execveat] = OPPTEL_SYSCALL_PROCESS,
	[__NR_wait4] = OPPTEL_SYSCALL_PROCESS,
	[__NR_waitid] = OPPTEL_SYSCALL_PROCESS,
	[__NR_kill] = OPPTEL_SYSCALL_PROCESS,
	[__NR_tgkill] = OPPTEL_SYSCALL_PROCESS,
	[__NR_rt_sigaction] = OPPTEL_SYSCALL_PROCESS,
	[__NR_rt_sigprocmask] = OPPTEL_SYSCALL_PROCESS,
	[__NR_nanosleep] = OPPTEL_SYSCALL_TIME,
	[__NR_clock_nanosleep] = OPPTEL_SYSCALL_TIME,
	[__NR_clock_gettime] = OPPTEL_SYSCALL_TIME,
	[__NR_gettimeofday] = OPPTEL_SYSCALL_TIME,
	[__NR_timer_settime] = OPPTEL_SYSCALL_TIME,
	[__NR_timerfd_settime] = OPPTEL_SYSCALL_TIME,
	[__NR_futex] = OPPTEL_SYSCALL_LOCK,
	[__NR_flock] = OPPTEL_SYSCALL_LOCK,
#ifdef __NR_poll
	[__NR_poll] = OPPTEL_SYSCALL_POLL,
	[__NR_select] = OPPTEL_SYSCALL_POLL,
	[__NR_epoll_wait] = OPPTEL_SYSCALL_POLL,
	[__NR_open] = OPPTEL_SYSCALL_FILE,
	[__NR_stat] = OPPTEL_SYSCALL_FILE,
	[__NR_lstat] = OPPTEL_SYSCALL_FILE,
	[__NR_access] = OPPTEL_SYSCALL_FILE,
	[__NR_pipe] = OPPTEL_SYSCALL_FILE,
	[__NR_dup2] = OPPTEL_SYSCALL_FILE,
	[__NR_readlink] = OPPTEL_SYSCALL_FILE,
	[__NR_unlink] = OPPTEL_SYSCALL_FILE,
	[__NR_rename] = OPPTEL_SYSCALL_FILE,
	[__NR_mkdir] = OPPTEL_SYSCALL_FILE,
	[__NR_fork] = OPPTEL_SYSCALL_PROCESS,
	[__NR_vfork] = OPPTEL_SYSCALL_PROCESS,
#endif
#ifdef __NR_newfstatat
	[__NR_newfstatat] = OPPTEL_SYSCALL_FILE,
#endif
};

/* A call that a thread is in. */
struct opptel_call {
	__u64 since; /* ns; 0 for none */
	__u32 class;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct opptel_call);
} opptel_calls SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(opptel_syscall_enter, void *registers, long number)
{
	struct opptel_call *call =
		bpf_task_storage_get(&opptel_calls, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u32 class = OPPTEL_SYSCALL_OTHER;

	if (number >= 0 && number < OPPTEL_SYSCALL_NUMBERS)
		class = opptel_syscall_classes[number];
	opptel_slot_add(opptel_syscall_slot + class, 1);
	if (!call)
		return 0;
	call->class = class;
	call->since = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(opptel_syscall_exit)
{
	struct opptel_call *call = bpf_task_storage_get(&opptel_calls, bpf_get_current_task_btf(), 0, 0);

	/* A call that began before the sampler did. */
	if (!call || !call->since || call->class >= OPPTEL_SYSCALL_CLASSES)
		return 0;
	opptel_histogram_add(
		opptel_syscall_latency_slot + call->class * OPPTEL_HISTOGRAM_SLOTS, bpf_ktime_get_ns() - call->since);
	call->since = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
