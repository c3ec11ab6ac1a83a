/* SPDX-License-Identifier: MIT */
/*
 * Control frames between host and DPU. They carry their own EtherType, go to the nearest-bridge group address
 * (which no 802.1D bridge forwards) and are never passed on by the dataplane.
 *
 *	Ethernet header | struct opptel_control | payload
 */
#ifndef OPPTEL_CONTROL_H
#define OPPTEL_CONTROL_H

#include "wire.h"

#define OPPTEL_CONTROL_ETHERTYPE 0x88B5 /* IEEE 802 local experimental 1 */
#define OPPTEL_CONTROL_VERSION 1
#define OPPTEL_CONTROL_GROUP                                                                                           \
	{                                                                                                              \
		0x01, 0x80, 0xC2, 0x00, 0x00, 0x0E                                                                     \
	}

enum opptel_control_kind {
	OPPTEL_CONTROL_BEACON = 1,    /* DPU -> host: struct opptel_beacon */
	OPPTEL_CONTROL_CATALOG = 2,   /* host -> DPU: protobuf CatalogUpdate */
	OPPTEL_CONTROL_HEARTBEAT = 3, /* host -> DPU: no payload; a carrier when nothing else leaves */
	OPPTEL_CONTROL_DEDICATED = 4, /* host -> DPU or collector: a trailer that travels alone */
};

/* Bit of the kind of what travels in UDP to and from a collector: what was signed for one way is nothing on the other. */
#define OPPTEL_CONTROL_DATAGRAM 0x80

/* What a stripper wants of the trailers that it takes. */
enum opptel_beacon_flag {
	OPPTEL_BEACON_TAGS = 1, /* trailers without a tag are not taken */
	OPPTEL_BEACON_MARK = 2, /* only frames whose source address is marked reach the stripper's cores */
};

struct opptel_control {
	__u8 version;
	__u8 kind;
	__u16 length;   /* of the payload; with this header it is the frame's L3 length */
	__u32 echo;     /* from a host: of the beacon that it accepted last, in a datagram who it is for; 0: none */
	__u64 instance; /* random, chosen when the sender starts */
	__u64 counter;  /* strictly increasing within an instance */
	__u8 tag[16];   /* HMAC-SHA-256, first 16 bytes, over header (tag zero) and payload */
} __attribute__((packed));

struct opptel_beacon_stream {
	__u16 stream;
	__u16 missing; /* of the newest 64 numbers, those that have not arrived */
	__u32 highest; /* sequence */
	__u64 lost;
} __attribute__((packed));

/* A wish to read a metric more often; it lasts as long as beacons repeat it. */
struct opptel_beacon_boost {
	__u32 metric;       /* id in the catalog of host_instance */
	__u32 interval_us;  /* from one reading to the next */
	__u32 remaining_ms; /* from now on; 0: no more */
	__u32 reserved;
} __attribute__((packed));

/* The stream of dedicated frames; CPUs have lower numbers. */
#define OPPTEL_DEDICATED_STREAM 0xFFFF

#define OPPTEL_BEACON_STREAMS 64
#define OPPTEL_BEACON_BOOSTS 16

struct opptel_beacon {
	__u64 time;          /* CLOCK_BOOTTIME ns of the DPU when composed */
	__u64 host_instance; /* whose catalog the aggregator has; 0: none */
	__u32 lease_ms;      /* the host may append for this long; 0: stop now */
	__u16 epoch;         /* newest complete catalog epoch of that instance */
	__u16 streams;       /* entries used below */
	__u16 max_trailer;   /* bytes, footer included */
	__u16 boosts;        /* struct opptel_beacon_boost behind the streams in use */
	__u16 flags;         /* enum opptel_beacon_flag */
	__u16 reserved;
	__u64 dedicated_seen;    /* bit i: the dedicated frame with number dedicated_highest - i has arrived */
	__u32 dedicated_highest; /* sequence of stream OPPTEL_DEDICATED_STREAM */
	__u32 reserved2;
	struct opptel_beacon_stream stream[OPPTEL_BEACON_STREAMS];
} __attribute__((packed));

OPPTEL_ASSERT(sizeof(struct opptel_control) == 40);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_control, tag) == 24);
OPPTEL_ASSERT(sizeof(struct opptel_beacon_stream) == 16);
OPPTEL_ASSERT(sizeof(struct opptel_beacon_boost) == 16);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_beacon, stream) == 48);

#endif /* OPPTEL_CONTROL_H */
