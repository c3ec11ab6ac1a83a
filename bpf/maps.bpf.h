/* SPDX-License-Identifier: MIT */
/* The maps; their values are in include/opptel/maps.h. The daemon sizes those that depend on the machine or its configuration. */
#ifndef OPPTEL_MAPS_BPF_H
#define OPPTEL_MAPS_BPF_H

#include "kernel.h"
#include "opptel/control.h"
#include "opptel/l3.h"
#include "opptel/maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_state);
} opptel_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_marks);
} opptel_marks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_tag_keys);
} opptel_tag_keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OPPTEL_SLOTS);
	__type(key, __u32);
	__type(value, struct opptel_slot);
} opptel_slots SEC(".maps");

/* The due slots of each class, the resting ones of classes that have any, all live ones; sized by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct opptel_ring);
} opptel_rings SEC(".maps");

/* OPPTEL_CLASSES entries for each possible CPU, sized by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, OPPTEL_CLASSES);
	__type(key, __u32);
	__type(value, struct opptel_ages);
} opptel_ages SEC(".maps");

/* One entry for each possible CPU, sized by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_stream);
} opptel_streams SEC(".maps");

/* One entry for each possible CPU, sized by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_running);
} opptel_running SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_sampler);
} opptel_sampler SEC(".maps");

/* One entry for each possible CPU when there is something to sample, sized by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_fast);
} opptel_fast SEC(".maps");

/* A letter box: the daemon fills it and runs the program that empties it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_store);
} opptel_stored SEC(".maps");

/* Preallocated: an insertion in the scheduler must not allocate. Sized by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct opptel_entity_key);
	__type(value, struct opptel_entity);
} opptel_entities SEC(".maps");

/* By thread id. Sized by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct opptel_thread);
} opptel_threads SEC(".maps");

/* First slots of the blocks that nobody uses, by kind; filled and refilled by the daemon. */
#define OPPTEL_FREE_BLOCKS                                                                                             \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_STACK);                                                                      \
		__uint(max_entries, OPPTEL_SLOTS);                                                                     \
		__uint(key_size, 0);                                                                                   \
		__uint(value_size, sizeof(__u32));                                                                     \
	}

OPPTEL_FREE_BLOCKS opptel_free_process SEC(".maps");
OPPTEL_FREE_BLOCKS opptel_free_cgroup SEC(".maps");
OPPTEL_FREE_BLOCKS opptel_free_interface SEC(".maps");
OPPTEL_FREE_BLOCKS opptel_free_disk SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} opptel_events SEC(".maps");

/*
 * Where a trailer is put together; TC egress runs with bottom halves off, so nothing interrupts it on its CPU. Counts
 * live here and not on the stack: to the verifier they are then unknown numbers, and one pass proves a loop's body.
 */
#define OPPTEL_RECORD_WORDS (OPPTEL_MAX_VALUES + 2 * OPPTEL_MAX_SAMPLES)
struct opptel_scratch {
	__u64 at;     /* of the first claimed entry in a ring */
	__u64 sum;    /* of the words of samples and values, for the checksum */
	__u32 first;  /* word of the first value, behind the samples */
	__u32 values; /* words used for values */
	__u32 settle; /* some values rest now, or have copies to come */
	__u32 bit;    /* the highest of the age of a value: that of the next one is mostly the same */
	__u32 due;    /* slots taken from the rings of classes, and their numbers */
	__u32 slot[OPPTEL_MAX_VALUES];
	/* Half of it is never used: to Linux 6.1 a mask of the index is a bound, and a comparison before a spill is none. */
	__u64 word[2 * OPPTEL_RECORD_WORDS + OPPTEL_FOOTER_SIZE / 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_scratch);
} opptel_scratch SEC(".maps");

static const __u32 opptel_first = 0;

#define OPPTEL_SINGLE(map) bpf_map_lookup_elem(&(map), &opptel_first)

static __always_inline struct opptel_slot *opptel_slot_at(__u32 slot)
{
	return bpf_map_lookup_elem(&opptel_slots, &slot);
}

static __always_inline struct opptel_ring *opptel_ring_at(__u32 ring)
{
	return bpf_map_lookup_elem(&opptel_rings, &ring);
}

#endif /* OPPTEL_MAPS_BPF_H */
