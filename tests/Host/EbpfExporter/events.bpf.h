/* SPDX-License-Identifier: MIT */
/*
 * Events that tests cause as they like: lseek(OPPTEL_TEST_FD, value, kind) fails, and its arguments reach these programs. The maps
 * are those of a stranger: nothing of ours is shared with them.
 */
#ifndef OPPTEL_TEST_EVENTS_H
#define OPPTEL_TEST_EVENTS_H

#include "kernel.h"
#include <asm/unistd.h>

#define OPPTEL_TEST_FD (-7777)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
#ifdef __TARGET_ARCH_arm64
	__u64 regs[31];
#else
	unsigned long di;
	unsigned long si;
	unsigned long dx;
#endif
};

#pragma clang attribute pop

/* Of raw tracepoints. */
struct bpf_raw_tracepoint_args {
	__u64 args[2];
};

struct test_event {
	__u64 value;
	__u32 kind;
};

/* Whether a system call is an event of a test. */
static __always_inline bool test_event(const struct pt_regs *regs, long id, struct test_event *event)
{
#ifdef __TARGET_ARCH_arm64
	__u64 fd = regs->regs[0], value = regs->regs[1], kind = regs->regs[2];
#else
	__u64 fd = regs->di, value = regs->si, kind = regs->dx;
#endif

	if (id != __NR_lseek || (int)fd != OPPTEL_TEST_FD)
		return false;
	event->value = value;
	event->kind = kind;
	return true;
}

static __always_inline void test_add(void *map, const void *key, __u64 count)
{
	__u64 *value = bpf_map_lookup_elem(map, key), zero = 0;

	if (!value) {
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(map, key);
	}
	if (value)
		__sync_fetch_and_add(value, count);
}

#define TEST_MAP(name, map_type, entries, key_type)                                                                    \
	struct {                                                                                                       \
		__uint(type, map_type);                                                                                \
		__uint(max_entries, entries);                                                                          \
		__type(key, key_type);                                                                                 \
		__type(value, __u64);                                                                                  \
	} name SEC(".maps")

#define TEST_LRU_HASH 9
#define TEST_LRU_PERCPU_HASH 10

#endif /* OPPTEL_TEST_EVENTS_H */
