/* SPDX-License-Identifier: MIT */
/* The tags of trailers, while a DPU asks for them. */
#ifndef OPPTEL_TAG_BPF_H
#define OPPTEL_TAG_BPF_H

#include "maps.bpf.h"
#include "opptel/siphash.h"

/* Words of a trailer without its padding, the tag's own included. */
#define OPPTEL_TAGGED_WORDS (OPPTEL_RECORD_WORDS + (OPPTEL_TAG_SIZE + OPPTEL_FOOTER_SIZE) / 8)

/*
 * The tag over so many words of the scratch area, with tag and checksum zero, behind padding of so many bits, which are less than a word. A global
 * function: it is verified once, and in it the state stays in registers.
 */
__noinline __u64 opptel_tag_words(struct opptel_scratch *scratch, __u32 words, __u32 shift, __u64 key0, __u64 key1)
{
	__u64 word, carry = 0;
	struct opptel_sip sip;

	if (!scratch || words > OPPTEL_TAGGED_WORDS)
		return 0;
	shift &= 56;
	opptel_sip_start(&sip, key0, key1);
#pragma clang loop unroll(disable)
	for (__u32 index = 0; index < OPPTEL_TAGGED_WORDS; index++) {
		if (index >= words)
			break;
		word = scratch->word[index & (2 * OPPTEL_RECORD_WORDS - 1)];
		opptel_sip_add(&sip, word << shift | carry);
		/* In two steps: none of them shifts by 64. */
		carry = word >> 1 >> (63 - shift);
	}
	return opptel_sip_end(&sip, carry, words * 8 + shift / 8);
}

/* Bytes behind the records of a trailer. */
static __always_inline __u32 opptel_tail(const struct opptel_state *state)
{
	return OPPTEL_FOOTER_SIZE + (READ_ONCE(state->tag) ? OPPTEL_TAG_SIZE : 0);
}

#endif /* OPPTEL_TAG_BPF_H */
