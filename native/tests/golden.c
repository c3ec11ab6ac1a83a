/* SPDX-License-Identifier: MIT */
/* Runs the golden vectors through the C view of the wire format: the same headers that the BPF programs
 * include. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <opptel/tunnel.h>

struct golden_value {
	__u16 slot;
	__u64 value;
};

struct golden_sample {
	__u16 slot;
	__u16 flags;
	__u32 age_ns;
	__u64 value;
};

struct golden_vector {
	const char *name;
	const __u8 *frame;
	const __u8 *original; /* NULL when nothing is stripped, like the values */
	const struct golden_value *values;
	const struct golden_sample *samples;
	__u64 time;
	__u64 tag;
	__u64 key[2]; /* of the reader, where it has one */
	__u32 size;
	__u32 left; /* bytes that leave the stripper */
	__u32 sequence;
	enum opptel_strip_reason verdict;
	__u16 stream;
	__u16 epoch;
	__u16 checksum;
	__u8 value_count;
	__u8 sample_count;
	__u8 flags;
	__u8 pad;
	__u8 keyed;
};

#include "golden_vectors.h"

#define TRAILER_MAX 8192

static const char *current;
static unsigned int failures;

static void check(int holds, const char *what)
{
	if (holds)
		return;
	failures++;
	fprintf(stderr, "%s: %s\n", current, what);
}

/* Builds the trailer from its fields with the header's words, as the egress program does. Returns its length.
 */
static __u32 build(const struct golden_vector *vector, __u8 *trailer)
{
	struct opptel_footer *footer;
	__u64 words[3], word;
	__u8 *at = trailer;

	memset(at, 0, vector->pad);
	at += vector->pad;
	for (__u32 index = 0; index < vector->sample_count; index++, at += OPPTEL_SAMPLE_SIZE) {
		const struct golden_sample *given = &vector->samples[index];
		struct opptel_sample sample = {given->slot, given->flags, given->age_ns, given->value};

		memcpy(at, &sample, sizeof(sample));
	}
	for (__u32 index = 0; index < vector->value_count; index++, at += OPPTEL_VALUE_SIZE) {
		word = OPPTEL_VALUE_WORD(vector->values[index].slot, vector->values[index].value);
		memcpy(at, &word, sizeof(word));
	}
	if (vector->flags & OPPTEL_TRAILER_TAG) {
		memcpy(at, &vector->tag, OPPTEL_TAG_SIZE);
		at += OPPTEL_TAG_SIZE;
	}
	footer = (void *)at;
	at += OPPTEL_FOOTER_SIZE;
	words[0] = OPPTEL_FOOTER_WORD0(vector->time, vector->stream);
	words[1] = OPPTEL_FOOTER_WORD1(vector->sequence, vector->epoch, vector->value_count, vector->sample_count);
	words[2] = OPPTEL_FOOTER_WORD2(vector->flags, vector->pad, at - trailer);
	memcpy(footer, words, sizeof(words));
	footer->checksum = (__u16)~opptel_sum(trailer, at - trailer);
	/* A writer makes zero of what may as well be 0xFFFF. */
	if (footer->checksum == 0 && vector->checksum == 0xFFFF)
		footer->checksum = 0xFFFF;
	return at - trailer;
}

static enum opptel_strip_reason judge(
	const struct golden_vector *vector, const __u8 *frame, __u32 size, __u32 *cut, struct opptel_outer *outer)
{
	static const struct opptel_tunnel_ports ports = {.vxlan = {4789, 8472}, .geneve = {6081}};

	memset(outer, 0, sizeof(*outer));
	return vector->keyed ? opptel_trailer_verify(frame, size, vector->key[0], vector->key[1], cut)
			     : opptel_tunnel_inspect(frame, size, &ports, cut, outer);
}

/* The first of the vectors that the authors of SipHash publish: key 00 01 .. 0f, message 00 01 .. of 0, 1, 7, 8 and 15 bytes. */
static void run_siphash(void)
{
	static const __u64 expected[][2] = {{0, 0x726FDB47DD0E0E31ULL}, {1, 0x74F839C593DC67FDULL},
		{7, 0xAB0200F58B01D137ULL}, {8, 0x93F5F5799A932462ULL}, {15, 0xA129CA6149BE45E5ULL}};
	__u8 message[16];

	for (__u8 at = 0; at < sizeof(message); at++)
		message[at] = at;
	current = "siphash";
	for (unsigned int index = 0; index < sizeof(expected) / sizeof(expected[0]); index++)
		check(opptel_siphash(message, expected[index][0], 0x0706050403020100ULL, 0x0F0E0D0C0B0A0908ULL) ==
				expected[index][1],
			"another hash");
}

static void run(const struct golden_vector *vector)
{
	static __u8 trailer[TRAILER_MAX];
	/* A block of exactly this size: a sanitizer sees every read beyond it. */
	__u8 *frame = malloc(vector->size ? vector->size : 1);
	struct opptel_outer outer;
	__u32 cut, length;

	if (!frame)
		abort();
	memcpy(frame, vector->frame, vector->size);
	current = vector->name;
	check(judge(vector, frame, vector->size, &cut, &outer) == vector->verdict, "another verdict");
	check(vector->size - cut == vector->left, "another length is cut");
	if (outer.datagram)
		opptel_tunnel_shorten(frame, &outer, cut);
	check(!vector->original || !memcmp(frame, vector->original, vector->left), "other bytes are left");
	check(judge(vector, frame, vector->left, &cut, &outer) != OPPTEL_STRIP_STRIPPED,
		"what is left is stripped again");
	if (vector->values) {
		length = build(vector, trailer);
		check(length == vector->size - vector->left && !memcmp(trailer, frame + vector->left, length),
			"the fields give other bytes");
		if (vector->keyed)
			check(opptel_trailer_tag(trailer, length, vector->key[0], vector->key[1]) == vector->tag,
				"another tag");
	}
	free(frame);
}

int main(void)
{
	const unsigned int count = sizeof(golden_vectors) / sizeof(golden_vectors[0]);

	for (unsigned int index = 0; index < count; index++) {
		unsigned int before = failures;

		run(&golden_vectors[index]);
		if (failures != before)
			failures = before + 1;
	}
	run_siphash();
	printf("golden vectors: %u passed, %u failed\n", count - failures, failures);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
