/* SPDX-License-Identifier: MIT */
/* What no verifier accepts: a packet access without a check. */
#include "kernel.h"

SEC("tc")
int probe_rejected(struct __sk_buff *skb)
{
	return *(char *)(long)skb->data;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
