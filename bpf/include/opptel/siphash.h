/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4 with 64 bits (Aumasson, Bernstein: "SipHash: a fast short-input PRF"), word by word, and the tag of trailers that is
 * made of it (section 2 of WIRE.md). The steps compile for BPF too, whose programs have trailers as whole words.
 */
#ifndef OPPTEL_SIPHASH_H
#define OPPTEL_SIPHASH_H

#include "wire.h"

struct opptel_sip {
	__u64 v0, v1, v2, v3;
};

#define OPPTEL_ROTATE(word, bits) ((word) << (bits) | (word) >> (64 - (bits)))

static inline __attribute__((always_inline)) void opptel_sip_start(struct opptel_sip *sip, __u64 key0, __u64 key1)
{
	sip->v0 = key0 ^ 0x736F6D6570736575ULL;
	sip->v1 = key1 ^ 0x646F72616E646F6DULL;
	sip->v2 = key0 ^ 0x6C7967656E657261ULL;
	sip->v3 = key1 ^ 0x7465646279746573ULL;
}

static inline __attribute__((always_inline)) void opptel_sip_round(struct opptel_sip *sip)
{
	sip->v0 += sip->v1;
	sip->v1 = OPPTEL_ROTATE(sip->v1, 13) ^ sip->v0;
	sip->v0 = OPPTEL_ROTATE(sip->v0, 32);
	sip->v2 += sip->v3;
	sip->v3 = OPPTEL_ROTATE(sip->v3, 16) ^ sip->v2;
	sip->v0 += sip->v3;
	sip->v3 = OPPTEL_ROTATE(sip->v3, 21) ^ sip->v0;
	sip->v2 += sip->v1;
	sip->v1 = OPPTEL_ROTATE(sip->v1, 17) ^ sip->v2;
	sip->v2 = OPPTEL_ROTATE(sip->v2, 32);
}

/* The next eight bytes of the message. */
static inline __attribute__((always_inline)) void opptel_sip_add(struct opptel_sip *sip, __u64 word)
{
	sip->v3 ^= word;
	opptel_sip_round(sip);
	opptel_sip_round(sip);
	sip->v0 ^= word;
}

/* The bytes behind the last whole word, at most seven, and the length of the whole message. */
static inline __attribute__((always_inline)) __u64 opptel_sip_end(struct opptel_sip *sip, __u64 rest, __u32 length)
{
	opptel_sip_add(sip, rest | (__u64)length << 56);
	sip->v2 ^= 0xFF;
	opptel_sip_round(sip);
	opptel_sip_round(sip);
	opptel_sip_round(sip);
	opptel_sip_round(sip);
	return sip->v0 ^ sip->v1 ^ sip->v2 ^ sip->v3;
}

#ifndef OPPTEL_BPF
/* One byte of a trailer as the tag sees it: the tag itself, which precedes the footer, and the checksum are zero. */
static inline __u64 opptel_tagged_byte(const __u8 *trailer, __u32 size, __u32 at)
{
	__u32 left = size - at;

	if (left > OPPTEL_FOOTER_SIZE && left <= OPPTEL_FOOTER_SIZE + OPPTEL_TAG_SIZE)
		return 0;
	return left == 6 || left == 5 ? 0 : trailer[at];
}

/* SipHash-2-4 of any bytes. */
static inline __u64 opptel_siphash(const __u8 *bytes, __u32 size, __u64 key0, __u64 key1)
{
	struct opptel_sip sip;
	__u64 word = 0;

	opptel_sip_start(&sip, key0, key1);
	for (__u32 at = 0; at < size; at++) {
		word |= (__u64)bytes[at] << at % 8 * 8;
		if (at % 8 == 7) {
			opptel_sip_add(&sip, word);
			word = 0;
		}
	}
	return opptel_sip_end(&sip, word, size);
}

/* The tag that belongs into a whole trailer with flag tag. */
static inline __u64 opptel_trailer_tag(const __u8 *trailer, __u32 size, __u64 key0, __u64 key1)
{
	struct opptel_sip sip;
	__u64 word = 0;

	opptel_sip_start(&sip, key0, key1);
	for (__u32 at = 0; at < size; at++) {
		word |= opptel_tagged_byte(trailer, size, at) << at % 8 * 8;
		if (at % 8 == 7) {
			opptel_sip_add(&sip, word);
			word = 0;
		}
	}
	return opptel_sip_end(&sip, word, size);
}
#endif

#endif /* OPPTEL_SIPHASH_H */
