/* SPDX-License-Identifier: MIT */
/*
 * The disk sampler: reads and writes of all block devices together, their bytes, and how long they took from the request's
 * making to its completion, as /proc/diskstats accounts them.
 *
 * Hook: block_rq_complete. Cost: one program run per completion, without a lookup: the kernel keeps the start time.
 */
#include "histogram.bpf.h"

/* The daemon's plan: two histograms, then bytes read and written, and operations read and written. */
const volatile __u32 opptel_disk_read_latency_slot;
const volatile __u32 opptel_disk_write_latency_slot;
const volatile __u32 opptel_disk_slot;

enum opptel_disk_slot {
	OPPTEL_DISK_READ_BYTES = 0,
	OPPTEL_DISK_WRITE_BYTES = 1,
	OPPTEL_DISK_READS = 2,
	OPPTEL_DISK_WRITES = 3,
};

#define OPPTEL_REQUEST_OPERATION 0xFF
#define OPPTEL_REQUEST_READ 0
#define OPPTEL_REQUEST_WRITE 1

SEC("tp_btf/block_rq_complete")
int BPF_PROG(opptel_disk_complete, struct request *request, int error, unsigned int bytes)
{
	__u32 operation = request->cmd_flags & OPPTEL_REQUEST_OPERATION;
	bool write = operation == OPPTEL_REQUEST_WRITE;

	if (operation > OPPTEL_REQUEST_WRITE)
		return 0;
	opptel_slot_add(opptel_disk_slot + (write ? OPPTEL_DISK_WRITE_BYTES : OPPTEL_DISK_READ_BYTES), bytes);
	/* What is left of the request completes later; a request that nobody accounts has no start. */
	if (bytes < request->__data_len || !request->start_time_ns)
		return 0;
	opptel_slot_add(opptel_disk_slot + (write ? OPPTEL_DISK_WRITES : OPPTEL_DISK_READS), 1);
	opptel_histogram_add(write ? opptel_disk_write_latency_slot : opptel_disk_read_latency_slot,
		bpf_ktime_get_ns() - request->start_time_ns);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
