/* SPDX-License-Identifier: MIT */
/*
 * Maps that the BPF programs and the daemon share. The daemon maps the arrays into its memory, so reading a counter
 * or granting the lease is a load or a store; its C# view is checked against this object's BTF when it starts.
 */
#ifndef OPPTEL_MAPS_H
#define OPPTEL_MAPS_H

#include "histogram.h"
#include "reasons.h"

#define OPPTEL_SLOTS 65536
#define OPPTEL_MAX_VALUES 32
#define OPPTEL_MAX_SAMPLES 16
#define OPPTEL_UPLINKS 16 /* whose carriers can be marked */

/*
 * What slots belong to. An entity of a kind that comes and goes owns a block: consecutive slots, in which each sampler that
 * fills blocks of that kind has its part. How long blocks are and where they lie is the daemon's plan.
 */
enum opptel_entity_kind {
	OPPTEL_ENTITY_PROCESS = 0,   /* id: thread group id */
	OPPTEL_ENTITY_CGROUP = 1,    /* id: cgroup id in the unified hierarchy */
	OPPTEL_ENTITY_INTERFACE = 2, /* id: the daemon's, which alone fills such blocks */
	OPPTEL_ENTITY_DISK = 3,      /* id: the kernel's number of the whole disk, major << 20 | minor */
	OPPTEL_ENTITY_HOST = 4,      /* the host itself: its slots always exist */
};

/* Kinds that come and go. */
#define OPPTEL_ENTITY_KINDS 4

/* The scheduler's part of a process's or cgroup's block. */
enum opptel_run_slot {
	OPPTEL_RUN_CPU_TIME = 0,    /* ns, from the scheduler's own accounting */
	OPPTEL_RUN_VOLUNTARY = 1,   /* context switches */
	OPPTEL_RUN_INVOLUNTARY = 2, /* context switches */
	OPPTEL_RUN_DELAY = 3,       /* ns spent runnable without a CPU */
};

/* The memory sampler's part of a cgroup's block. */
enum opptel_memory_slot {
	OPPTEL_MEMORY_USAGE = 0,     /* pages, children included */
	OPPTEL_MEMORY_LIMIT = 1,     /* pages; 0 for none */
	OPPTEL_MEMORY_OOM_KILLS = 2, /* processes, without those of children */
};

/* Slots that are equally urgent. Classes are numbered by priority, the most urgent is 0. */
#define OPPTEL_CLASSES 8
struct opptel_class {
	__u64 max_age;      /* ns that a change may wait */
	__u32 min_interval; /* between two values of a slot, in 2^OPPTEL_REST_SHIFT ns; 0 for none */
	__u32 resting;      /* number of the ring of the slots that rest, where there is such an interval */
};
#define OPPTEL_REST_SHIFT 10

/* Written by the daemon alone. */
struct opptel_state {
	__u64 lease_until;    /* CLOCK_BOOTTIME ns; appending ends here by itself */
	__u64 min_gap;        /* ns between two trailers of a stream; 0 for none */
	__u32 cpus;           /* possible CPUs */
	__u32 line;           /* frames are filled up to a multiple of this many bytes; 0: they are not */
	__u16 epoch;          /* stamped into trailers */
	__u16 max_trailer;    /* bytes, footer included */
	__u16 max_values;     /* per trailer, at most OPPTEL_MAX_VALUES */
	__u16 refresh_values; /* values that a carrier repeats although they did not change */
	__u32 classes;        /* in use; the ring of a class's due slots has the class's number */
	__u32 refresh;        /* number of the ring of all live slots */
	__u32 resting;        /* classes with a minimum interval */
	__u32 max_samples;    /* per trailer, at most OPPTEL_MAX_SAMPLES; 0 when nothing is sampled */
	__u32 memory_part;    /* where a cgroup's memory begins in its block, plus 1; 0 when carriers do not read it */
	__u32 silence; /* a carrier of a stream that has left none for so long repeats a value; 2^OPPTEL_REST_SHIFT ns, 0: none does */
	__u32 tag; /* which of opptel_tag_keys tags trailers, from 1; 0: none does */
	__u32 reserved;
	struct opptel_class class[OPPTEL_CLASSES];
};

/* Whose frames are marked. Written by the daemon alone; a device that is not here sends no carriers while marks are asked for. */
struct opptel_uplink {
	__u64 address; /* its own, in the low six bytes as they lie */
	__u32 ifindex; /* 0: nobody's entry */
	__u32 reserved;
};
struct opptel_marks {
	__u32 asked; /* whether a DPU asks for marks */
	__u32 reserved;
	struct opptel_uplink uplink[OPPTEL_UPLINKS];
};

/* Keys of trailers' tags, two words each, written by the daemon: a new one goes where the one in use is not. */
struct opptel_tag_keys {
	__u64 word[4];
};

enum opptel_slot_state {
	OPPTEL_SLOT_IDLE = 0,    /* what it holds has left */
	OPPTEL_SLOT_DUE = 1,     /* stands in the ring of its class, or is on its way there */
	OPPTEL_SLOT_RESTING = 2, /* left a short time ago, and stands in the ring of those that rest */
	OPPTEL_SLOT_CHANGED = 3, /* changed while it rests */
};

/* Bits of live. */
#define OPPTEL_SLOT_LIVE 1    /* the catalog of the stamped epoch explains the slot */
#define OPPTEL_SLOT_TURNING 2 /* it stands in the ring of refresh */

/* One absolute value. */
struct opptel_slot {
	__u64 value;
	__u64 since;     /* CLOCK_BOOTTIME ns when it became due */
	__u32 state;     /* enum opptel_slot_state */
	__u32 live;      /* bits above */
	__u32 left;      /* when a change of it left last, in 2^OPPTEL_REST_SHIFT ns, modulo 2^32 */
	__u8 class;      /* set by the daemon, like the next one */
	__u8 redundancy; /* carriers that each value leaves with; 0 counts as 1 */
	__u8 copies;     /* of them, those that are to come */
	__u8 reserved;
};

/*
 * A ring of slot numbers. A slot stands in it at most once, so it cannot overflow, taking from it costs the same however
 * many slots there are, and first come is first served. Positions only grow; an entry holds the lap that it serves next,
 * whether it is full, and the slot number.
 */
#define OPPTEL_RING_ENTRIES (2 * OPPTEL_SLOTS)
struct opptel_ring {
	__u64 head __attribute__((aligned(128))); /* next position to push at */
	__u64 tail __attribute__((aligned(128))); /* next position to take from */
	__u32 entry[OPPTEL_RING_ENTRIES] __attribute__((aligned(128)));
};

/* How long values of a class waited on one CPU until they left: a log-linear histogram with one bucket for each power of two. */
#define OPPTEL_AGE_BUCKETS (OPPTEL_HISTOGRAM_MOST_BITS - OPPTEL_HISTOGRAM_LEAST_BITS + 2)
struct opptel_ages {
	__u64 count[OPPTEL_AGE_BUCKETS];
	__u64 met; /* values that left within their maximum age */
	__u64 missed;
	__u64 reserved[4];
};

/* Slots that are read by a clock, and their readings that no carrier has taken yet. One for each CPU. */
#define OPPTEL_FAST_SLOTS 16
#define OPPTEL_FAST_READINGS 1024
struct opptel_reading {
	__u64 time; /* CLOCK_BOOTTIME ns */
	__u64 value;
	__u32 slot;
	__u32 turn; /* low bits of its position plus 1; 0 while it is written */
};
struct opptel_fast {
	__u64 last[OPPTEL_FAST_SLOTS]; /* what was read last: only what changed is kept */
	__u32 slot[OPPTEL_FAST_SLOTS]; /* set by the daemon */
	__u32 slots;
	__u32 reserved;
	__u64 readings;                           /* kept */
	__u64 overflows;                          /* that found no place, or were too old to leave */
	__u64 head __attribute__((aligned(128))); /* next position to write at; this CPU's clock alone does */
	__u64 tail __attribute__((aligned(128))); /* next position to take from; carriers of any CPU do */
	struct opptel_reading reading[OPPTEL_FAST_READINGS] __attribute__((aligned(128)));
};

/* Counters of one CPU, which is one stream. */
struct opptel_stream {
	__u64 trailers;
	__u64 values;
	__u64 bytes;
	__u64 last_stamp;    /* CLOCK_BOOTTIME ns */
	__u32 sequence;      /* of the next trailer */
	__u32 charge_cursor; /* next CPU whose running task a carrier charges */
	__u64 switches;      /* context switches seen on this CPU */
	__u32 flush_cursor;  /* next CPU whose readings a carrier takes besides its own */
	__u32 queue_cursor;  /* next CPU whose run queue a carrier reads */
	__u64 samples;
	__u64 memory_cgroup; /* whose memory a carrier of this CPU read last */
	__u64 memory_read;   /* CLOCK_BOOTTIME ns of that */
	__u64 reason[OPPTEL_EGRESS_REASONS] __attribute__((aligned(128)));
} __attribute__((aligned(128)));

/* What runs on one CPU, and how much of its time is charged already. */
struct opptel_running {
	__u64 task;      /* address, compared and probed, never trusted */
	__u64 charged;   /* sum_exec_runtime << 8 | number of the switch; OPPTEL_CHARGE_BUSY during a switch */
	__u64 run_delay; /* of the task when it was switched in */
	__u64 voluntary; /* switches of the task when it was switched in */
	__u64 queue;     /* address of the CPU's run queue, once something has run there */
	__u32 process;   /* first slots of the scheduler's parts, or OPPTEL_NO_SLOT for the idle task */
	__u32 cgroup;
	__u32 queue_slot; /* takes the length of the run queue */
	__u32 reserved;
} __attribute__((aligned(128)));
#define OPPTEL_NO_SLOT 0xFFFFFFFFU
#define OPPTEL_CHARGE_BUSY (~0ULL)

/* The kernel's account of a thread when it last left a CPU. */
struct opptel_thread {
	__u64 runtime;   /* ns */
	__u64 run_delay; /* ns */
	__u64 voluntary; /* switches */
	__u64 involuntary;
};

struct opptel_entity_key {
	__u64 id;
	__u64 kind;
};

struct opptel_entity {
	__u32 first_slot;
	__u32 reserved;
	__u64 memory; /* of a cgroup: address of the kernel's account of its memory, probed and compared, never trusted; 0 for none */
	__u64 memory_serial; /* that no other account ever has */
};

enum opptel_event_type {
	OPPTEL_EVENT_BORN = 1,
	OPPTEL_EVENT_RENAMED = 2,
	OPPTEL_EVENT_DIED = 3,
};

struct opptel_event {
	__u32 type;
	__u32 kind;
	__u64 id;
	__u64 cgroup; /* of a process */
	__u32 first_slot;
	__u32 reserved;
	char comm[16];
};

/* Of the samplers, one for all CPUs; moved atomically. */
struct opptel_sampler {
	__u64 events_lost;    /* the ring buffer was full: the daemon walks the entities instead */
	__u64 entities_other; /* times that an entity found no block */
	__u64 threads_other;  /* times that a thread found no entry: what happened to it unseen is not charged */
	__u64 due_overtaken;  /* times that a slot found no place in a ring: its next change or a refresh brings it */
	__u64 since;          /* CLOCK_BOOTTIME ns of the first context switch that was seen */
};

/* What leaves through a tunnel's device, as the daemon knows it. Frames are counted as they enter the tunnel. */
#define OPPTEL_TUNNELS 64
struct opptel_tunnel {
	__u32 fits;  /* bytes of the longest frame whose outer packet is not fragmented */
	__u32 chunk; /* bytes of the outer IP packet's payload in each fragment; 0: what is fragmented carries nothing */
	__u32 front; /* bytes in front of the frame, as the stripper sees it */
	__u32 reserved;
};

/* Argument of the program that makes slots live or dead. */
struct opptel_publish {
	__u32 first_slot;
	__u32 count;
	__u32 live;
};

/* What the daemon read, for the program that stores it. */
#define OPPTEL_STORE_VALUES 64
struct opptel_store {
	__u32 first_slot;
	__u32 count;
	__u64 value[OPPTEL_STORE_VALUES];
};

OPPTEL_ASSERT(sizeof(struct opptel_state) == 192);
OPPTEL_ASSERT(sizeof(struct opptel_slot) == 32);
OPPTEL_ASSERT(sizeof(struct opptel_marks) == 264);
OPPTEL_ASSERT(sizeof(struct opptel_ages) == 256);
OPPTEL_ASSERT(sizeof(struct opptel_stream) == 256);
OPPTEL_ASSERT(sizeof(struct opptel_running) == 128);
OPPTEL_ASSERT(sizeof(struct opptel_event) == 48);

#endif /* OPPTEL_MAPS_H */
