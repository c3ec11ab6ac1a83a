/* SPDX-License-Identifier: MIT */
/* Puts a trailer together: readings of the clock, what is due, then some that did not change, so that losses heal. */
#ifndef OPPTEL_TRAILER_BPF_H
#define OPPTEL_TRAILER_BPF_H

#include "fast.bpf.h"
#include "tag.bpf.h"

/* Bytes from the end of a trailer with so many values up to the next full line; nothing ends at lines unless configured. */
static __always_inline __u32 opptel_to_line(const struct opptel_carrier *carrier, __u32 values)
{
	__u32 end = carrier->frame + carrier->tail + (carrier->scratch->first + values) * OPPTEL_VALUE_SIZE;

	return carrier->state->line ? -end & (carrier->state->line - 1) : 0;
}

/* The values of one trailer; false when there is nothing to send. */
static __always_inline bool opptel_fill(struct opptel_carrier *carrier, struct opptel_stream *stream, bool heartbeat)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 want, refresh = carrier->state->refresh_values;
	bool silent = false;

	scratch->due = 0;
	scratch->settle = false;
	scratch->first = 0;
	scratch->values = 0;
	scratch->sum = 0;
	if (carrier->state->max_samples)
		opptel_take_samples(carrier, stream);
	opptel_take_due(carrier, stream->sequence);
	if (!scratch->values && !scratch->first && !heartbeat) {
		/* After a long silence it spares a heartbeat. */
		if (!carrier->state->silence ||
			(carrier->now - stream->last_stamp) >> OPPTEL_REST_SHIFT < carrier->state->silence)
			return false;
		silent = true;
	}
	want = heartbeat ? carrier->room : scratch->values + (silent && !refresh ? 1 : refresh);
	want += opptel_to_line(carrier, want) / OPPTEL_VALUE_SIZE;
	opptel_take_refresh(carrier, want < carrier->room ? want : carrier->room);
	return !silent || scratch->values;
}

/* The tag over the trailer whose words are there; 0 where the daemon has given none the key. */
static __always_inline __u64 opptel_tag(const struct opptel_carrier *carrier, __u32 words, __u32 pad)
{
	const struct opptel_tag_keys *keys = OPPTEL_SINGLE(opptel_tag_keys);
	__u32 first = READ_ONCE(carrier->state->tag) == 2 ? 2 : 0;

	return keys ? opptel_tag_words(carrier->scratch, words, pad * 8, keys->word[first], keys->word[first + 1]) : 0;
}

/*
 * Writes tag and footer behind the records; the checksum makes the sum over the trailer 0xFFFF, wherever it begins: padding adds
 * nothing. Returns the bytes that are written, behind *pad zero bytes: they are even, so an odd frame ends a byte before a line.
 */
static __always_inline __u32 opptel_finish(
	struct opptel_carrier *carrier, const struct opptel_stream *stream, __u32 *pad)
{
	struct opptel_scratch *scratch = carrier->scratch;
	__u32 words = (scratch->first + scratch->values) & (2 * OPPTEL_RECORD_WORDS - 1);
	__u32 length = carrier->tail + words * OPPTEL_VALUE_SIZE, to_line = opptel_to_line(carrier, scratch->values);
	__u64 word0 = OPPTEL_FOOTER_WORD0(carrier->now, bpf_get_smp_processor_id());
	/* Read behind the records: the daemon stamps an epoch some time before the slots that it explains become live. */
	__u64 word1 = OPPTEL_FOOTER_WORD1(
		stream->sequence, READ_ONCE(carrier->state->epoch), scratch->values, scratch->first / 2);
	__u64 sum = scratch->sum, word2, tag;
	bool tagged = carrier->tail > OPPTEL_FOOTER_SIZE;
	__u32 place = words + tagged;

	if (words > OPPTEL_RECORD_WORDS)
		return 0;
	*pad = to_line < OPPTEL_VALUE_SIZE && length + to_line <= carrier->bytes ? to_line & ~1U : 0;
	word2 = OPPTEL_FOOTER_WORD2(carrier->flags | (tagged ? OPPTEL_TRAILER_TAG : 0), *pad, length + *pad);
	sum += (__u32)word0 + (word0 >> 32) + (__u32)word1 + (word1 >> 32) + (__u32)word2 + (word2 >> 32);
	scratch->word[place] = word0;
	scratch->word[place + 1] = word1;
	scratch->word[place + 2] = word2;
	if (tagged) {
		scratch->word[words] = 0;
		tag = opptel_tag(carrier, place + OPPTEL_FOOTER_SIZE / 8, *pad);
		scratch->word[words] = tag;
		sum += (__u32)tag + (tag >> 32);
	}
	scratch->word[place + 2] = word2 | (__u64)(__u16)~opptel_fold(sum) << 16;
	return length;
}

#endif /* OPPTEL_TRAILER_BPF_H */
