/* SPDX-License-Identifier: MIT */
/*
 * What a cgroup's memory is, straight from the kernel's account of it, so that OppTel and memory.current agree.
 *
 * A carrier reads that of the cgroup whose socket sends, and not that of the running task: TCP sends much of its data when an
 * acknowledgement arrives, whatever runs then. From the socket there is a way to its cgroup in the unified hierarchy alone, and
 * the memory controller may have another one: so the sampler notes where the account is (samplers/cgroup_memory.bpf.c).
 *
 * Cost: 120 ns; 10 ns for a carrier that leaves its CPU for the same cgroup within OPPTEL_MEMORY_INTERVAL, which does not read.
 */
#ifndef OPPTEL_MEMORY_BPF_H
#define OPPTEL_MEMORY_BPF_H

#include "due.bpf.h"

#define OPPTEL_MEMORY_INTERVAL 100000 /* ns */

/* Refreshes what the sending cgroup uses, in its block from this part on. */
static __always_inline void opptel_memory_refresh(
	struct __sk_buff *skb, struct opptel_stream *stream, __u32 part, __u64 now)
{
	struct opptel_entity_key key = {.kind = OPPTEL_ENTITY_CGROUP};
	struct opptel_entity *entity;
	struct mem_cgroup *memory;
	__u64 usage, serial;
	__u32 first;

	/* Kernels without the controller have no such types, and those without cgroups of sockets no such helper. */
	if (!bpf_core_field_exists(struct mem_cgroup, memory) ||
		!bpf_core_field_exists(struct sock_cgroup_data, cgroup))
		return;
	key.id = bpf_skb_cgroup_id(skb);
	if (!key.id || (key.id == stream->memory_cgroup && now - stream->memory_read < OPPTEL_MEMORY_INTERVAL))
		return;
	stream->memory_cgroup = key.id;
	stream->memory_read = now;
	entity = bpf_map_lookup_elem(&opptel_entities, &key);
	if (!entity)
		return;
	first = READ_ONCE(entity->first_slot);
	memory = (struct mem_cgroup *)READ_ONCE(entity->memory);
	if (!memory || bpf_core_read(&usage, sizeof(usage), &memory->memory.usage.counter))
		return;
	/*
	 * The account may be gone by now, and its memory another's, and so may the entity: a number that is the same behind the reads was
	 * it before.
	 */
	if (!bpf_core_read(&serial, sizeof(serial), &memory->css.serial_nr) &&
		serial == READ_ONCE(entity->memory_serial))
		opptel_slot_set(first + part + OPPTEL_MEMORY_USAGE, usage);
}

#endif /* OPPTEL_MEMORY_BPF_H */
