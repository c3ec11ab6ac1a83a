/* SPDX-License-Identifier: MIT */
/*
 * What a survey counts at TC egress. "Packets" are counted as they pass the hook, "frames" as the wire sees them: a GSO
 * packet is cut into its segments, and a VLAN tag that the device inserts counts. Frames are Ethernet frames without
 * FCS, and without the padding of those that are shorter than 60 bytes.
 */
#ifndef OPPTEL_SURVEY_H
#define OPPTEL_SURVEY_H

#include "reasons.h"

/* Buckets of equal width; the last one takes everything longer. */
#define OPPTEL_SURVEY_SIZE_STEP 16 /* bytes */
#define OPPTEL_SURVEY_SIZES 4097
#define OPPTEL_SURVEY_ROOM_STEP 8 /* bytes */
#define OPPTEL_SURVEY_ROOMS 129

/* Written by the surveyor alone. */
struct opptel_survey_state {
	__u64 since; /* CLOCK_BOOTTIME ns at which counting and the trace's times begin; 0: nothing is counted */
	__u32 trace_entries; /* of one CPU, a power of two */
	__u32 reserved;
};

struct opptel_survey_tally {
	__u64 packets;
	__u64 frames;
	__u64 carriers;
};

/* Index of a protocol's tally: IPv4 and IPv6 each have 256. */
enum opptel_survey_protocol {
	OPPTEL_SURVEY_IPV4 = 0,   /* and the protocol's number */
	OPPTEL_SURVEY_IPV6 = 256, /* and the number of the first next header */
	OPPTEL_SURVEY_ARP = 512,
	OPPTEL_SURVEY_CONTROL = 513, /* OppTel's own frames */
	OPPTEL_SURVEY_OTHER = 514,   /* other EtherTypes, and headers that are malformed */
	OPPTEL_SURVEY_PROTOCOLS = 515,
};

/* Of one CPU; written there alone. */
struct opptel_survey_cpu {
	__u64 traced; /* carriers that were written to the CPU's part of the trace, which holds the last ones */
	__u64 packet_bytes;
	__u64 frames;
	__u64 frame_bytes;
	__u64 unsplit;   /* GSO packets whose headers could not be told from their payload: in no figure of frames */
	__u64 below_mtu; /* frames whose L3 packet is shorter than the MTU */
	__u64 reason[OPPTEL_EGRESS_REASONS]; /* packets as the egress program would count them; STAMPED: carriers */
	__u64 packet_size[OPPTEL_SURVEY_SIZES];
	__u64 frame_size[OPPTEL_SURVEY_SIZES];
	__u64 room[OPPTEL_SURVEY_ROOMS]; /* frames by what is left up to the MTU */
	struct opptel_survey_tally protocol[OPPTEL_SURVEY_PROTOCOLS];
	struct opptel_survey_tally other_cgroups; /* found no entry of their own */
} __attribute__((aligned(128)));

/* An entry of the trace is a carrier: when it left, in ns, and the bytes of room behind it in the low bits. */
#define OPPTEL_SURVEY_ROOM_BITS 16

#endif /* OPPTEL_SURVEY_H */
