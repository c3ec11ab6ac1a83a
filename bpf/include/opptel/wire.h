/* SPDX-License-Identifier: MIT */
/*
 * OppTel wire format, version 1: the one source for BPF, C and (checked against it) C#.
 * The rules that go with the layout are in ../../WIRE.md.
 *
 * A trailer follows the end of the L3 packet and ends the frame:
 *
 *	pad | samples | values | [tag] | footer
 *
 * Everything is little-endian. Records and the footer are built from whole 64-bit words, because that is how
 * both writers and readers touch them.
 */
#ifndef OPPTEL_WIRE_H
#define OPPTEL_WIRE_H

#ifndef OPPTEL_BPF
#include <linux/types.h>
#endif

#define OPPTEL_TRAILER_MAGIC 0x4F54
#define OPPTEL_WIRE_VERSION 1

/* Low nibble of version_flags; the version is the high nibble. */
enum opptel_trailer_flag {
	OPPTEL_TRAILER_TAG = 1,       /* an 8-byte tag precedes the footer */
	OPPTEL_TRAILER_HEARTBEAT = 2, /* stamped on a heartbeat frame */
	OPPTEL_TRAILER_REDUNDANT = 4, /* copy of records that already left */
	OPPTEL_TRAILER_TUNNEL = 8,    /* appended to an inner frame */
};

/* One past reading, for metrics that are sampled faster than carriers leave. */
struct opptel_sample {
	__u16 slot;
	__u16 flags;
	__u32 age_ns; /* before the footer's time */
	__u64 value;
} __attribute__((packed));

/* One absolute value: slot in the low 16 bits, 48 bits of value above. */
struct opptel_value {
	__u16 slot;
	__u8 value[6];
} __attribute__((packed));

struct opptel_footer {
	__u8 time[6]; /* CLOCK_BOOTTIME ns modulo 2^48 */
	__u16 stream; /* CPU number */
	__u32 sequence;
	__u16 epoch;
	__u8 values;
	__u8 samples;
	__u8 version_flags;
	__u8 pad;       /* zero bytes before the records, even */
	__u16 checksum; /* makes the ones'-complement sum over the trailer 0xFFFF */
	__u16 length;   /* of the whole trailer, this footer included */
	__u16 magic;
} __attribute__((packed));

#define OPPTEL_FOOTER_SIZE 24
#define OPPTEL_VALUE_SIZE 8
#define OPPTEL_SAMPLE_SIZE 16
#define OPPTEL_TAG_SIZE 8
#define OPPTEL_TRAILER_MIN (OPPTEL_FOOTER_SIZE + OPPTEL_VALUE_SIZE)
#define OPPTEL_MASK48 0xFFFFFFFFFFFFULL

#ifndef OPPTEL_ASSERT
#define OPPTEL_ASSERT(condition) _Static_assert(condition, #condition)
#endif

OPPTEL_ASSERT(sizeof(struct opptel_sample) == OPPTEL_SAMPLE_SIZE);
OPPTEL_ASSERT(sizeof(struct opptel_value) == OPPTEL_VALUE_SIZE);
OPPTEL_ASSERT(sizeof(struct opptel_footer) == OPPTEL_FOOTER_SIZE);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_footer, stream) == 6);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_footer, sequence) == 8);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_footer, epoch) == 12);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_footer, version_flags) == 16);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_footer, checksum) == 18);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_footer, length) == 20);
OPPTEL_ASSERT(__builtin_offsetof(struct opptel_footer, magic) == 22);
OPPTEL_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

/* The footer as three words. */
#define OPPTEL_FOOTER_WORD0(time, stream) (((__u64)(time)&OPPTEL_MASK48) | ((__u64)(stream) << 48))
#define OPPTEL_FOOTER_WORD1(sequence, epoch, values, samples)                                                          \
	((__u64)(__u32)(sequence) | ((__u64)(__u16)(epoch) << 32) | ((__u64)(__u8)(values) << 48) |                    \
		((__u64)(__u8)(samples) << 56))
#define OPPTEL_FOOTER_WORD2(flags, pad, length)                                                                        \
	((__u64)((OPPTEL_WIRE_VERSION << 4) | (flags)) | ((__u64)(__u8)(pad) << 8) | ((__u64)(__u16)(length) << 32) |  \
		((__u64)OPPTEL_TRAILER_MAGIC << 48))
#define OPPTEL_VALUE_WORD(slot, value) ((__u64)(__u16)(slot) | ((__u64)(value) << 16))

#endif /* OPPTEL_WIRE_H */
