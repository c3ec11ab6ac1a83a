/* SPDX-License-Identifier: MIT */
/* Whether a frame ends in a trailer: section 4 of WIRE.md, for readers in C. The order of the tests decides
 * the reason. */
#ifndef OPPTEL_TRAILER_H
#define OPPTEL_TRAILER_H

#include <string.h>

#include "l3.h"
#include "siphash.h"

/* Bytes that counts, pad and tag flag add up to. */
static inline __u32 opptel_trailer_size(const struct opptel_footer *footer)
{
	return OPPTEL_FOOTER_SIZE + footer->values * OPPTEL_VALUE_SIZE + footer->samples * OPPTEL_SAMPLE_SIZE +
	       footer->pad + (footer->version_flags & OPPTEL_TRAILER_TAG ? OPPTEL_TAG_SIZE : 0);
}

/* What the last bytes of a frame tell by themselves; *length is the trailer's when the answer is STRIPPED. */
static inline enum opptel_strip_reason opptel_trailer_check_footer(const __u8 *frame, __u32 size, __u32 *length)
{
	const struct opptel_footer *footer;

	*length = 0;
	if (size < 2 || (frame[size - 1] << 8 | frame[size - 2]) != OPPTEL_TRAILER_MAGIC)
		return OPPTEL_STRIP_NO_TRAILER;
	if (size < OPPTEL_FOOTER_SIZE)
		return OPPTEL_STRIP_BAD_LENGTH;
	footer = (const void *)(frame + size - OPPTEL_FOOTER_SIZE);
	if (footer->version_flags >> 4 != OPPTEL_WIRE_VERSION)
		return OPPTEL_STRIP_UNKNOWN_VERSION;
	if (footer->length != opptel_trailer_size(footer) || footer->pad & 1 || footer->length > size)
		return OPPTEL_STRIP_BAD_LENGTH;
	*length = footer->length;
	return OPPTEL_STRIP_STRIPPED;
}

/* Ones'-complement sum of little-endian 16-bit words; a last odd byte counts as a word with a zero above it.
 */
static inline __u16 opptel_sum(const __u8 *bytes, __u32 size)
{
	__u64 sum = 0;

	for (__u32 at = 0; at + 1 < size; at += 2)
		sum += bytes[at] | (__u32)bytes[at + 1] << 8;
	if (size & 1)
		sum += bytes[size - 1];
	return opptel_fold(sum);
}

/* Decides whether a frame without FCS ends in a trailer that starts where its L3 packet ends; *length bytes
 * to cut. */
static inline enum opptel_strip_reason opptel_trailer_inspect(const __u8 *frame, __u32 size, __u32 *length)
{
	struct opptel_l3 l3;
	__u32 claimed, end;
	enum opptel_strip_reason reason = opptel_trailer_check_footer(frame, size, &claimed);

	*length = 0;
	if (reason != OPPTEL_STRIP_STRIPPED)
		return reason;
	if (opptel_l3_parse(frame, frame + size, &l3) != OPPTEL_L3_OK)
		return OPPTEL_STRIP_UNKNOWN_L3;
	end = l3.offset + l3.length;
	if (end != size - claimed)
		return OPPTEL_STRIP_NOT_AT_L3_END;
	if (opptel_sum(frame + end, claimed) != 0xFFFF)
		return OPPTEL_STRIP_BAD_CHECKSUM;
	*length = claimed;
	return OPPTEL_STRIP_STRIPPED;
}

/* The same for a reader that holds the key of the host's tags. */
static inline enum opptel_strip_reason opptel_trailer_verify(
	const __u8 *frame, __u32 size, __u64 key0, __u64 key1, __u32 *length)
{
	enum opptel_strip_reason reason = opptel_trailer_inspect(frame, size, length);
	const __u8 *trailer = frame + size - *length;
	const struct opptel_footer *footer = (const void *)(frame + size - OPPTEL_FOOTER_SIZE);
	__u64 tag;

	if (reason != OPPTEL_STRIP_STRIPPED)
		return reason;
	memcpy(&tag, (const __u8 *)footer - OPPTEL_TAG_SIZE, sizeof(tag));
	if (footer->version_flags & OPPTEL_TRAILER_TAG && tag == opptel_trailer_tag(trailer, *length, key0, key1))
		return OPPTEL_STRIP_STRIPPED;
	*length = 0;
	return OPPTEL_STRIP_BAD_TAG;
}

#endif /* OPPTEL_TRAILER_H */
