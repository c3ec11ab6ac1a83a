/* SPDX-License-Identifier: MIT */
/*
 * The kernel's types as far as the programs touch them. Offsets are relocated to the running kernel when the object
 * is loaded (preserve_access_index), so only names and types matter here and no machine's vmlinux.h is needed.
 */
#ifndef OPPTEL_KERNEL_H
#define OPPTEL_KERNEL_H

#define OPPTEL_BPF

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

#define BPF_ANY 0
#define BPF_NOEXIST 1
#define BPF_F_NO_PREALLOC (1U << 0)
#define BPF_F_MMAPABLE (1U << 10)
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1

#define TASK_DEAD 0x80

/* UAPI. */
#define OPPTEL_PROTOCOL_TCP 6

enum opptel_tcp_state {
	OPPTEL_TCP_STATE_ESTABLISHED = 1,
	OPPTEL_TCP_STATE_SYN_SENT = 2,
	OPPTEL_TCP_STATE_SYN_RECV = 3,
	OPPTEL_TCP_STATE_CLOSE = 7,
	OPPTEL_TCP_STATE_CLOSE_WAIT = 8,
	OPPTEL_TCP_STATE_LISTEN = 10,
};

/* A TC program's verdict with which the packet goes on: NEXT for TCX, UNSPEC for clsact. */
#define OPPTEL_NEXT (-1)

/* Stable UAPI, not relocated. */
struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	__u64 flow_keys __attribute__((aligned(8)));
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	__u64 sk __attribute__((aligned(8)));
	__u32 gso_size;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	long counter;
} atomic_long_t;

struct kernfs_node {
	__u64 id;
};

/* Their numbers depend on the kernel's configuration. */
enum cgroup_subsys_id {
	memory_cgrp_id,
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
	__u64 serial_nr;
};

/* The unified hierarchy has the number 0. */
struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
	struct cgroup_subsys_state *subsys[1];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

/* Of pages. */
struct page_counter {
	atomic_long_t usage;
	unsigned long max;
};

enum memcg_memory_event {
	MEMCG_OOM_KILL,
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	atomic_long_t memory_events_local[1];
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__cgroup {
	struct bpf_iter_meta *meta;
	struct cgroup *cgroup;
};

struct rq {
	unsigned int nr_running;
};

struct cfs_rq {
	struct rq *rq;
};

struct sched_entity {
	__u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq;
};

struct sched_info {
	unsigned long long run_delay;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
};

struct task_struct {
	int pid;
	int tgid;
	struct sched_entity se;
	struct sched_info sched_info;
	unsigned long nvcsw;
	unsigned long nivcsw;
	__u64 start_boottime;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct task_struct *group_leader;
	char comm[16];
};

struct gendisk {
	int major;
	int first_minor;
};

struct request_queue {
	struct gendisk *disk;
};

struct block_device;

/* Numbers of bits; older kernels have masks, and no such type. */
enum rqf_flags {
	__RQF_FLUSH_SEQ = 1,
};

/* Of a block device. */
struct request {
	struct request_queue *q;
	__u32 cmd_flags;
	__u32 rq_flags;
	unsigned int __data_len;
	struct block_device *part;
	__u64 start_time_ns;
};

struct sock {
	__u16 sk_protocol;
};

struct tcp_sock {
	__u32 srtt_us; /* eighths of a us */
};

struct sk_buff {
	char cb[48];
	__u8 encapsulation : 1;
};

/* TCP's own in the cb of its packets. */
struct tcp_skb_cb {
	__u16 tcp_gso_segs;
};

#pragma clang attribute pop

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* A load that the compiler neither repeats nor splits. */
#define READ_ONCE(x) (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))

/*
 * An addition that is a full barrier: BPF orders an atomic operation only when it fetches, and the compiler lets it
 * fetch only when the result is used.
 */
static __always_inline void opptel_add_ordered(__u64 *word, __u64 delta)
{
	__u64 before = __sync_fetch_and_add(word, delta);

	asm volatile("" : : "r"(before));
}

#endif /* OPPTEL_KERNEL_H */
