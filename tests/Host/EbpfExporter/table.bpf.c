/* SPDX-License-Identifier: MIT */
/* Maps that a test fills itself. */
#include "events.bpf.h"

TEST_MAP(entries_total, BPF_MAP_TYPE_HASH, 16384, __u64);
TEST_MAP(entries_by_cpu_total, BPF_MAP_TYPE_PERCPU_HASH, 1024, __u64);
TEST_MAP(spans, BPF_MAP_TYPE_HASH, 64, __u64);
TEST_MAP(huge_total, BPF_MAP_TYPE_HASH, 100000, __u64);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u64);
	__type(value, __u32);
} narrow_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring_total SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";
