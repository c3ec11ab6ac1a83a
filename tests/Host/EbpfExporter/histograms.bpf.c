/* SPDX-License-Identifier: MIT */
/* Histograms of each type: the bucket, or the sum, at the end of a key. Kinds 10 to 13. */
#include "events.bpf.h"

#define MOST_EXP2 20
#define MOST_LINEAR 10
#define LINEAR_STEP 50

struct labelled_key {
	__u8 parity;
	__u64 bucket;
};

TEST_MAP(sizes_bytes, BPF_MAP_TYPE_HASH, 256, struct labelled_key);
TEST_MAP(depths, BPF_MAP_TYPE_PERCPU_HASH, 64, __u32);
TEST_MAP(backlog, BPF_MAP_TYPE_ARRAY, MOST_LINEAR + 2, __u32);
TEST_MAP(classes, BPF_MAP_TYPE_HASH, 64, __u8);

/* The least n with value <= 2^n. */
static __always_inline __u32 power(__u64 value, __u32 most)
{
	for (__u32 n = 0; n < MOST_EXP2; n++) {
		if (n == most || value <= 1ull << n)
			return n;
	}
	return most;
}

static __always_inline void linear(__u64 value)
{
	__u32 bucket = (value + LINEAR_STEP - 1) / LINEAR_STEP, sum = MOST_LINEAR + 1;

	if (bucket > MOST_LINEAR)
		bucket = MOST_LINEAR;
	test_add(&backlog, &bucket, 1);
	test_add(&backlog, &sum, value / LINEAR_STEP);
}

static __always_inline void labelled(__u64 value)
{
	struct labelled_key key = {}, sum = {};

	key.parity = sum.parity = value & 1;
	key.bucket = power(value, MOST_EXP2);
	sum.bucket = MOST_EXP2 + 1;
	test_add(&sizes_bytes, &key, 1);
	test_add(&sizes_bytes, &sum, value);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(measure, struct pt_regs *regs, long id)
{
	struct test_event event;
	__u32 depth;
	__u8 class, sum = 101;

	if (!test_event(regs, id, &event))
		return 0;
	switch (event.kind) {
	case 10:
		labelled(event.value);
		break;
	case 11:
		depth = event.value == 0 ? 0 : power(event.value, MOST_EXP2 - 1) + 1;
		test_add(&depths, &depth, 1);
		break;
	case 12:
		linear(event.value);
		break;
	case 13:
		class = event.value <= 5 ? 5 : event.value <= 20 ? 20 : 100;
		test_add(&classes, &class, 1);
		test_add(&classes, &sum, event.value);
		break;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
