/* SPDX-License-Identifier: MIT */
/*
 * The disk sampler, by disk: bytes, operations and their time, by operation, as /proc/diskstats accounts them; and how long each
 * read and write took, from the request's making to its completion. A disk is who has a queue of requests: partitions are parts of
 * theirs, and what a volume made of disks does is counted at the disks.
 *
 * The depth of the queue is what the time of operations grows by in a second: iostat's average queue, waits in the I/O scheduler
 * included. A gauge that went up at issue and down at completion would not stay right: where an interrupt completes a request while
 * the program runs for another, the kernel passes the hook by.
 *
 * Hook: block_rq_complete. Cost: one program run per request, with one hash lookup: 250 ns by the kernel's account, 60 of which an
 * empty program takes too; the kernel keeps the start time.
 */
#include "entity.bpf.h"
#include "histogram.bpf.h"

/* The daemon's plan: where in a disk's block these slots begin. */
const volatile __u32 opptel_disk_part;

enum opptel_disk_slot {
	OPPTEL_DISK_BYTES = 0,      /* of the first three groups */
	OPPTEL_DISK_OPERATIONS = 3, /* of each group */
	OPPTEL_DISK_TIME = 7,       /* ns, of each group */
	OPPTEL_DISK_LATENCY = 11,   /* histograms of the first two groups */
};

/* Operations as the kernel groups them in its account. */
enum opptel_disk_group {
	OPPTEL_DISK_READ = 0,
	OPPTEL_DISK_WRITE = 1,
	OPPTEL_DISK_DISCARD = 2,
	OPPTEL_DISK_FLUSH = 3,
};

#define OPPTEL_REQUEST_OPERATION 0xFF
#define OPPTEL_REQUEST_WRITE 1
#define OPPTEL_REQUEST_FLUSH 2
#define OPPTEL_REQUEST_DISCARD 3

static __always_inline enum opptel_disk_group opptel_disk_group(__u32 operation)
{
	if (operation == OPPTEL_REQUEST_FLUSH)
		return OPPTEL_DISK_FLUSH;
	if (operation == OPPTEL_REQUEST_DISCARD)
		return OPPTEL_DISK_DISCARD;
	return operation & OPPTEL_REQUEST_WRITE ? OPPTEL_DISK_WRITE : OPPTEL_DISK_READ;
}

/* The disk's part of its block. */
static __always_inline __u32 opptel_disk_find(struct request *request)
{
	struct gendisk *disk = request->q->disk;

	return opptel_disk_part +
	       opptel_entity_slot(OPPTEL_ENTITY_DISK, (__u64)disk->major << 20 | disk->first_minor, NULL, 0);
}

/* Whether a flush follows, behind which the request completes again, with no bytes. */
static __always_inline bool opptel_disk_has_flush(const struct request *request)
{
	__u32 mask = 1 << 4;

	if (bpf_core_enum_value_exists(enum rqf_flags, __RQF_FLUSH_SEQ))
		mask = 1 << bpf_core_enum_value(enum rqf_flags, __RQF_FLUSH_SEQ);
	return request->rq_flags & mask;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(opptel_disk_complete, struct request *request, int error, unsigned int bytes)
{
	__u32 operation = request->cmd_flags & OPPTEL_REQUEST_OPERATION;
	enum opptel_disk_group group = opptel_disk_group(operation);
	__u32 block;
	__u64 time;

	/* A flush that the kernel makes of others has no part, and is accounted. */
	if (!request->q->disk || (!request->part && group != OPPTEL_DISK_FLUSH))
		return 0;
	block = opptel_disk_find(request);
	if (group != OPPTEL_DISK_FLUSH)
		opptel_slot_add(block + OPPTEL_DISK_BYTES + group, bytes);
	/* What is left of the request completes later. */
	if (bytes < request->__data_len)
		return 0;
	if (group != OPPTEL_DISK_FLUSH && opptel_disk_has_flush(request))
		return 0;
	time = bpf_ktime_get_ns() - request->start_time_ns;
	opptel_slot_add(block + OPPTEL_DISK_OPERATIONS + group, 1);
	opptel_slot_add(block + OPPTEL_DISK_TIME + group, time);
	if (group <= OPPTEL_DISK_WRITE)
		opptel_histogram_add(block + OPPTEL_DISK_LATENCY + group * OPPTEL_HISTOGRAM_SLOTS, time);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
