/* SPDX-License-Identifier: MIT */
/* Counters of each kind of map, and of keys that each decoder reads. */
#include "events.bpf.h"

/* As a struct of several members has them: 3 bytes of padding before value, 4 behind kind. */
struct padded_key {
	__u32 process;
	__u8 parity;
	__u64 value;
	__u32 kind;
};

TEST_MAP(events_total, BPF_MAP_TYPE_ARRAY, 1, __u32);
TEST_MAP(kinds_total, BPF_MAP_TYPE_PERCPU_ARRAY, 8, __u32);
TEST_MAP(values_by_cpu_total, BPF_MAP_TYPE_PERCPU_HASH, 64, __u64);
TEST_MAP(all_by_cpu_total, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32);
TEST_MAP(padded_total, BPF_MAP_TYPE_HASH, 64, struct padded_key);
TEST_MAP(recent_total, TEST_LRU_HASH, 64, __u64);
TEST_MAP(recent_by_cpu_total, TEST_LRU_PERCPU_HASH, 64, __u64);
TEST_MAP(numbers_total, BPF_MAP_TYPE_HASH, 64, __u64);
TEST_MAP(syscalls_total, BPF_MAP_TYPE_HASH, 64, __u64);
TEST_MAP(errors_total, BPF_MAP_TYPE_HASH, 64, __u64);
TEST_MAP(symbols_total, BPF_MAP_TYPE_HASH, 64, __u64);
TEST_MAP(schedules_total, BPF_MAP_TYPE_ARRAY, 1, __u32);
TEST_MAP(devices_total, BPF_MAP_TYPE_HASH, 64, __u32);
TEST_MAP(interfaces_total, BPF_MAP_TYPE_HASH, 64, __u32);
TEST_MAP(addresses_total, BPF_MAP_TYPE_HASH, 64, __u32);
TEST_MAP(cgroups_total, BPF_MAP_TYPE_HASH, 64, __u64);

/* Filled in by whoever loads this, as the configuration asks. */
const volatile __u64 kaddr_schedule;

SEC("tp_btf/sys_enter")
int BPF_PROG(count, struct pt_regs *regs, long id)
{
	struct padded_key key = {};
	struct test_event event;
	__u32 zero = 0, small;
	__u64 cgroup = bpf_get_current_cgroup_id();

	if (!test_event(regs, id, &event))
		return 0;
	small = event.value;
	key.process = bpf_get_current_pid_tgid() >> 32;
	key.parity = event.value & 1;
	key.value = event.value;
	key.kind = event.kind;
	switch (event.kind) {
	case 0:
		test_add(&events_total, &zero, 1);
		test_add(&all_by_cpu_total, &zero, 1);
		test_add(&padded_total, &key, 1);
		test_add(&values_by_cpu_total, &event.value, 1);
		test_add(&recent_total, &event.value, 1);
		test_add(&recent_by_cpu_total, &event.value, 1);
		test_add(&numbers_total, &event.value, 1);
		test_add(&cgroups_total, &cgroup, 1);
		break;
	case 1:
		test_add(&syscalls_total, &event.value, 1);
		break;
	case 2:
		test_add(&errors_total, &event.value, 1);
		break;
	case 3:
		test_add(&symbols_total, &event.value, 1);
		if (event.value == kaddr_schedule)
			test_add(&schedules_total, &zero, 1);
		break;
	case 4:
		test_add(&devices_total, &small, 1);
		break;
	case 5:
		test_add(&interfaces_total, &small, 1);
		break;
	case 6:
		test_add(&addresses_total, &small, 1);
		break;
	case 7:
		/* A counter that goes back, and one that begins anew. */
		bpf_map_delete_elem(&numbers_total, &event.value);
		break;
	}
	test_add(&kinds_total, &event.kind, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
