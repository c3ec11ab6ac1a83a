/* SPDX-License-Identifier: MIT */
/*
 * Entities that come and go, and their blocks of slots. Who meets an entity first takes a block from the free ones of its kind
 * and tells the daemon; who finds none free uses the kind's block "other", so that totals stay right.
 */
#ifndef OPPTEL_ENTITY_BPF_H
#define OPPTEL_ENTITY_BPF_H

#include "due.bpf.h"

/* The daemon's plan: first slot of each kind's block "other". */
const volatile __u32 opptel_other_slots[OPPTEL_ENTITY_KINDS];

/* Of an entity; its name is that of a task, if it has one. */
static __always_inline void opptel_event(
	__u32 type, const struct opptel_entity_key *key, __u64 cgroup, __u32 first_slot, struct task_struct *task)
{
	struct opptel_event *event = bpf_ringbuf_reserve(&opptel_events, sizeof(*event), 0);
	struct opptel_sampler *sampler;

	if (!event) {
		sampler = OPPTEL_SINGLE(opptel_sampler);
		if (sampler)
			__sync_fetch_and_add(&sampler->events_lost, 1);
		return;
	}
	event->type = type;
	event->kind = key->kind;
	event->id = key->id;
	event->cgroup = cgroup;
	event->first_slot = first_slot;
	event->reserved = 0;
	if (task)
		bpf_core_read(event->comm, sizeof(event->comm), &task->group_leader->comm);
	else
		__builtin_memset(event->comm, 0, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
}

static __always_inline __u64 opptel_cgroup_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/* Known at compile time, as kinds are: no program looks a map up by its kind. */
static __always_inline void *opptel_free_blocks(enum opptel_entity_kind kind)
{
	switch (kind) {
	case OPPTEL_ENTITY_PROCESS:
		return &opptel_free_process;
	case OPPTEL_ENTITY_CGROUP:
		return &opptel_free_cgroup;
	default:
		return &opptel_free_disk;
	}
}

/*
 * The entity's first slot; a block is claimed for a new one, which is told with the name of a task, if it has one. What finds no
 * block is "other".
 */
static __always_inline __u32 opptel_entity_slot(
	enum opptel_entity_kind kind, __u64 id, struct task_struct *task, __u64 cgroup)
{
	struct opptel_entity_key key = {.id = id, .kind = kind};
	struct opptel_entity entity = {}, *known = bpf_map_lookup_elem(&opptel_entities, &key);
	struct opptel_sampler *sampler;

	if (known)
		return known->first_slot;
	/* A dying process whose entity is gone already must not be born again. */
	if (kind == OPPTEL_ENTITY_PROCESS && !BPF_CORE_READ(task, signal, live.counter))
		return opptel_other_slots[kind];
	if (!bpf_map_pop_elem(opptel_free_blocks(kind), &entity.first_slot)) {
		if (!bpf_map_update_elem(&opptel_entities, &key, &entity, BPF_NOEXIST)) {
			opptel_event(OPPTEL_EVENT_BORN, &key, cgroup, entity.first_slot, task);
			return entity.first_slot;
		}
		/* Another CPU was first, or the hash is full. */
		bpf_map_push_elem(opptel_free_blocks(kind), &entity.first_slot, BPF_ANY);
		known = bpf_map_lookup_elem(&opptel_entities, &key);
		if (known)
			return known->first_slot;
	}
	sampler = OPPTEL_SINGLE(opptel_sampler);
	if (sampler)
		__sync_fetch_and_add(&sampler->entities_other, 1);
	return opptel_other_slots[kind];
}

#endif /* OPPTEL_ENTITY_BPF_H */
