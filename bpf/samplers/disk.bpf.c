/* SPDX-License-Identifier: MIT */
/*
 * The disk sampler, by disk: bytes, operations and their time, by operation, as /proc/diskstats accounts them; how long each read
 * and write took, from the request's making to its completion; and how many requests the driver has. A disk is who has a queue of
 * requests: partitions are parts of theirs, and what a volume made of disks does is counted at the disks.
 *
 * Hooks: block_rq_issue, block_rq_requeue and block_rq_complete. A request is the driver's from issue to completion, as
 * /sys/block/DISK/inflight has it; the time of operations, like iostat's average queue, has the wait in the I/O scheduler in it.
 * Cost: two program runs per request, each with one hash lookup: 165 ns at issue and 250 ns at completion by the kernel's account,
 * 60 of each of which an empty program takes too; the kernel keeps the start time.
 */
#include "entity.bpf.h"
#include "histogram.bpf.h"

/* The daemon's plan: where in a disk's block these slots begin. */
const volatile __u32 opptel_disk_part;

enum opptel_disk_slot {
	OPPTEL_DISK_BYTES = 0,      /* of the first three groups */
	OPPTEL_DISK_OPERATIONS = 3, /* of each group */
	OPPTEL_DISK_TIME = 7,       /* ns, of each group */
	OPPTEL_DISK_PENDING = 11,
	OPPTEL_DISK_LATENCY = 12, /* histograms of the first two groups */
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

/* A request that starts this much later than a disk got its block meets the block wherever it is looked up. */
#define OPPTEL_DISK_SETTLE 1000000

/* CLOCK_MONOTONIC ns when the first issue was seen: of requests from before, the issue may have been missed. */
static volatile __u64 opptel_disk_since;

static __always_inline enum opptel_disk_group opptel_disk_group(__u32 operation)
{
	if (operation == OPPTEL_REQUEST_FLUSH)
		return OPPTEL_DISK_FLUSH;
	if (operation == OPPTEL_REQUEST_DISCARD)
		return OPPTEL_DISK_DISCARD;
	return operation & OPPTEL_REQUEST_WRITE ? OPPTEL_DISK_WRITE : OPPTEL_DISK_READ;
}

/* The disk's part of its block; before is where it counts what it began before it had one. */
static __always_inline __u32 opptel_disk_find(struct request *request, __u32 *before)
{
	struct gendisk *disk = request->q->disk;
	struct opptel_entity_key key = {.id = (__u64)disk->major << 20 | disk->first_minor, .kind = OPPTEL_ENTITY_DISK};
	struct opptel_entity *known = bpf_map_lookup_elem(&opptel_entities, &key);

	*before = opptel_disk_part + opptel_other_slots[OPPTEL_ENTITY_DISK];
	if (!known)
		return opptel_disk_part + opptel_entity_slot(OPPTEL_ENTITY_DISK, key.id, NULL, 0);
	if (request->start_time_ns >= known->since + OPPTEL_DISK_SETTLE)
		*before = opptel_disk_part + known->first_slot;
	return opptel_disk_part + known->first_slot;
}

/*
 * A request leaves the block that it entered, because its start says which: that of the disk, or "other" while the disk had none.
 * What has no part of a disk is nobody's in the kernel's account too.
 */
static __always_inline void opptel_disk_pending(struct request *request, __u32 block, __s64 delta)
{
	if (opptel_disk_since && request->start_time_ns >= opptel_disk_since)
		opptel_slot_add(block + OPPTEL_DISK_PENDING, delta);
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(opptel_disk_issue, struct request *request)
{
	__u32 block;

	if (!request->part)
		return 0;
	if (!opptel_disk_since)
		__sync_val_compare_and_swap(&opptel_disk_since, 0, bpf_ktime_get_ns());
	opptel_disk_find(request, &block);
	opptel_disk_pending(request, block, 1);
	return 0;
}

/* The driver gives a request back that it may have begun: what is left of it, or all. */
SEC("tp_btf/block_rq_requeue")
int BPF_PROG(opptel_disk_requeue, struct request *request)
{
	__u32 block;

	if (!request->part || request->state == MQ_RQ_IDLE)
		return 0;
	opptel_disk_find(request, &block);
	opptel_disk_pending(request, block, -1);
	return 0;
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
	__u32 block, began;
	__u64 time;

	/* A flush that the kernel makes of others has no part, and is accounted. */
	if (!request->q->disk || (!request->part && group != OPPTEL_DISK_FLUSH))
		return 0;
	block = opptel_disk_find(request, &began);
	if (group != OPPTEL_DISK_FLUSH)
		opptel_slot_add(block + OPPTEL_DISK_BYTES + group, bytes);
	/* What is left of the request completes later. */
	if (bytes < request->__data_len)
		return 0;
	/* One that was never issued pends nowhere, and one that comes back from its flush does not any more. */
	if (request->part && request->state != MQ_RQ_IDLE && (bytes || operation > OPPTEL_REQUEST_WRITE))
		opptel_disk_pending(request, began, -1);
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
