/* SPDX-License-Identifier: MIT */
/*
 * The cgroup memory sampler: what each cgroup uses, its limit, and processes of it that were killed for lack of memory.
 *
 * Hooks: an iterator over all cgroups that have such an account, which the daemon runs once a second (Linux 6.1 or later), so that
 * those which send nothing are read too; and cgroup_rmdir, so that a kill is not lost with the cgroup that ends for it. Between two
 * runs carriers refresh what the sending cgroup uses: memory.bpf.h. Cost: 0.9 us for each cgroup and run.
 *
 * Where the controller is mounted in a hierarchy of version 1, cgroups have other numbers there. A cgroup's twin is the one with the
 * same path in the unified hierarchy; the daemon looks for those of which the iterator tells.
 */
#include "entity.bpf.h"

/* The daemon's plan: where in a cgroup's block these slots begin. */
const volatile __u32 opptel_cgroup_memory_part;

/* A limit above is none: the kernel's greatest number of pages. */
#define OPPTEL_MEMORY_LIMIT_BITS 46

/* The unified hierarchy's id of a cgroup's twin by its id; 0 for one that has none. Filled by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} opptel_memory_twins SEC(".maps");

/* A cgroup's account; NULL for one that has none, and for the root, whose account is the machine's. */
static __always_inline struct mem_cgroup *opptel_memory_of(struct cgroup *cgroup)
{
	struct cgroup_subsys_state *css = NULL;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return NULL;
	bpf_core_read(&css, sizeof(css), &cgroup->subsys[bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)]);
	if (!css || !BPF_CORE_READ(css, parent))
		return NULL;
	return (struct mem_cgroup *)((void *)css - bpf_core_field_offset(struct mem_cgroup, css));
}

static __always_inline __u64 opptel_memory_kills(struct mem_cgroup *memory)
{
	__u64 kills = 0;

	bpf_core_read(&kills, sizeof(kills),
		&memory->memory_events_local[bpf_core_enum_value(enum memcg_memory_event, MEMCG_OOM_KILL)]);
	return kills;
}

static __always_inline void opptel_memory_read(__u64 id, struct mem_cgroup *memory)
{
	struct opptel_entity_key key = {.id = id, .kind = OPPTEL_ENTITY_CGROUP};
	struct opptel_entity *entity = bpf_map_lookup_elem(&opptel_entities, &key);
	__u64 limit = BPF_CORE_READ(memory, memory.max);
	__u32 first;

	if (!entity) {
		opptel_entity_slot(OPPTEL_ENTITY_CGROUP, id, NULL, id);
		entity = bpf_map_lookup_elem(&opptel_entities, &key);
		/* Those without a block share one: it has no such values. */
		if (!entity)
			return;
	}
	first = entity->first_slot + opptel_cgroup_memory_part;
	WRITE_ONCE(entity->memory_serial, BPF_CORE_READ(memory, css.serial_nr));
	WRITE_ONCE(entity->memory, (__u64)memory);
	opptel_slot_set(first + OPPTEL_MEMORY_USAGE, BPF_CORE_READ(memory, memory.usage.counter));
	opptel_slot_set(first + OPPTEL_MEMORY_LIMIT, limit >> OPPTEL_MEMORY_LIMIT_BITS ? 0 : limit);
	opptel_slot_set(first + OPPTEL_MEMORY_OOM_KILLS, opptel_memory_kills(memory));
}

SEC("iter/cgroup")
int opptel_memory_walk(struct bpf_iter__cgroup *context)
{
	struct cgroup *cgroup = context->cgroup;
	struct mem_cgroup *memory;
	__u64 id, *twin;

	if (!cgroup)
		return 0;
	memory = opptel_memory_of(cgroup);
	if (!memory)
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	if (BPF_CORE_READ(cgroup, root, hierarchy_id)) {
		twin = bpf_map_lookup_elem(&opptel_memory_twins, &id);
		if (!twin) {
			bpf_seq_write(context->meta->seq, &id, sizeof(id));
			return 0;
		}
		id = *twin;
	}
	if (id)
		opptel_memory_read(id, memory);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(opptel_memory_end, struct cgroup *cgroup)
{
	struct opptel_entity_key key = {.kind = OPPTEL_ENTITY_CGROUP};
	struct mem_cgroup *memory = opptel_memory_of(cgroup);
	__u64 id = BPF_CORE_READ(cgroup, kn, id), *twin;
	struct opptel_entity *entity;

	key.id = id;
	if (BPF_CORE_READ(cgroup, root, hierarchy_id)) {
		twin = bpf_map_lookup_elem(&opptel_memory_twins, &id);
		if (!twin)
			return 0;
		key.id = *twin;
		bpf_map_delete_elem(&opptel_memory_twins, &id);
	}
	if (!memory || !key.id)
		return 0;
	/* Nobody has met it, and nothing is to be told of it. */
	entity = bpf_map_lookup_elem(&opptel_entities, &key);
	if (!entity && !opptel_memory_kills(memory))
		return 0;
	opptel_memory_read(key.id, memory);
	entity = bpf_map_lookup_elem(&opptel_entities, &key);
	if (entity)
		WRITE_ONCE(entity->memory, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
