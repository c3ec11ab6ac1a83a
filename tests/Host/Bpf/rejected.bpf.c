/* SPDX-License-Identifier: MIT */
/* What no verifier accepts: a packet access without a check; with the constants of the scheduler sampler, in whose place it is loaded. */
#include "entity.bpf.h"

const volatile __u32 opptel_wait_slot, opptel_migration_slot, opptel_queue_slot, opptel_process_run_part,
	opptel_cgroup_run_part;

SEC("tc")
int probe_rejected(struct __sk_buff *skb)
{
	return *(char *)(long)skb->data;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
