/* SPDX-License-Identifier: MIT */
/* Many keys, for a measurement. */
#include "events.bpf.h"

TEST_MAP(many_total, BPF_MAP_TYPE_HASH, 2048, __u64);

SEC("tp_btf/sys_enter")
int BPF_PROG(count, struct pt_regs *regs, long id)
{
	struct test_event event;

	if (test_event(regs, id, &event) && event.kind == 20)
		test_add(&many_total, &event.value, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
