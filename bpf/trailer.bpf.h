/* SPDX-License-Identifier: MIT */
/* Puts a trailer together: readings of the clock, what is due, then some that did not change, so that losses heal. */
#ifndef OPPTEL_TRAILER_BPF_H
#define OPPTEL_TRAILER_BPF_H

#include "fast.bpf.h"

/* Bytes from the end of a trailer with so many values up to the next full line; nothing ends at lines unless configured. */
static __always_inline __u32 opptel_to_line(const struct opptel_carrier *carrier, __u32 values)
{
	__u32 end = carrier->frame + OPPTEL_FOOTER_SIZE + (carrier->scratch->first + values) * OPPTEL_VALUE_SIZE;

	return carrier->state->line ? -end & (carrier->state->line - 1) : 0;
}

/* The values of one trailer; false when there is nothing to send. */
static __always_inline bool opptel_fill(struct opptel_carrier *carrier, struct opptel_stream *stream, bool heartbeat)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 want;

	scratch->due = 0;
	scratch->settle = false;
	scratch->first = 0;
	scratch->values = 0;
	scratch->sum = 0;
	if (carrier->state->max_samples)
		opptel_take_samples(carrier, stream);
	opptel_take_due(carrier, stream->sequence);
	if (!scratch->values && !scratch->first && !heartbeat)
		return false;
	want = heartbeat ? carrier->room : scratch->values + carrier->state->refresh_values;
	want += opptel_to_line(carrier, want) / OPPTEL_VALUE_SIZE;
	opptel_take_refresh(carrier, want < carrier->room ? want : carrier->room);
	return true;
}

/*
 * Writes the footer behind the records; the checksum makes the sum over the trailer 0xFFFF, wherever it begins: padding adds
 * nothing. Returns the bytes that are written, behind *pad zero bytes: they are even, so an odd frame ends a byte before a line.
 */
static __always_inline __u32 opptel_finish(
	struct opptel_carrier *carrier, const struct opptel_stream *stream, __u32 *pad)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 words = (scratch->first + scratch->values) & (2 * OPPTEL_RECORD_WORDS - 1);
	__u32 length = OPPTEL_FOOTER_SIZE + words * OPPTEL_VALUE_SIZE,
	      to_line = opptel_to_line(carrier, scratch->values);
	__u64 word0 = OPPTEL_FOOTER_WORD0(carrier->now, bpf_get_smp_processor_id());
	/* Read behind the records: the daemon stamps an epoch some time before the slots that it explains become live. */
	__u64 word1 = OPPTEL_FOOTER_WORD1(
		stream->sequence, READ_ONCE(carrier->state->epoch), scratch->values, scratch->first / 2);
	__u64 sum = scratch->sum, word2;

	if (words > OPPTEL_RECORD_WORDS)
		return 0;
	*pad = to_line < OPPTEL_VALUE_SIZE && length + to_line <= carrier->bytes ? to_line & ~1U : 0;
	word2 = OPPTEL_FOOTER_WORD2(carrier->flags, *pad, length + *pad);
	sum += (__u32)word0 + (word0 >> 32) + (__u32)word1 + (word1 >> 32) + (__u32)word2 + (word2 >> 32);
	scratch->word[words] = word0;
	scratch->word[words + 1] = word1;
	scratch->word[words + 2] = word2 | (__u64)(__u16)~opptel_fold(sum) << 16;
	return length;
}

#endif /* OPPTEL_TRAILER_BPF_H */
