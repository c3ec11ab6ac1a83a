/* SPDX-License-Identifier: MIT */
/*
 * The mark of a carrier: one bit of its source address, by which a SmartNIC's switch sends carriers to its cores and nothing
 * else: section 6 of WIRE.md. No checksum covers it, receivers do not look at it, and it is taken back with the trailer.
 */
#ifndef OPPTEL_MARK_BPF_H
#define OPPTEL_MARK_BPF_H

#include "maps.bpf.h"

#define OPPTEL_UNMARKED 0x100   /* nobody asks for marks */
#define OPPTEL_UNMARKABLE 0x200 /* the mark could not be taken back: it is not the device's own address */

/* A device's own address as its bytes lie; 0 when it is none of ours. */
static __always_inline __u64 opptel_own_address(const struct opptel_marks *marks, __u32 ifindex)
{
	for (int index = 0; index < OPPTEL_UPLINKS; index++) {
		if (READ_ONCE(marks->uplink[index].ifindex) == ifindex)
			return READ_ONCE(marks->uplink[index].address);
	}
	return 0;
}

/* What the first octet of the source address has to be when the packet carries, or one of the above. */
static __always_inline __u32 opptel_mark(struct __sk_buff *skb, bool heartbeat)
{
	struct opptel_marks *marks = OPPTEL_SINGLE(opptel_marks);
	__u64 source = 0, own;

	if (!marks || !READ_ONCE(marks->asked))
		return OPPTEL_UNMARKED;
	own = opptel_own_address(marks, skb->ifindex);
	if (!own || bpf_skb_load_bytes(skb, OPPTEL_SOURCE_ADDRESS, &source, OPPTEL_ADDRESS_SIZE))
		return OPPTEL_UNMARKABLE;
	/* Control frames are marked where they are made, and never go on. */
	if (source != own && !(heartbeat && source == (own ^ OPPTEL_MARK)))
		return OPPTEL_UNMARKABLE;
	return (own ^ OPPTEL_MARK) & 0xFF;
}

/* Behind bpf_skb_change_tail() the packet is writable, so this cannot fail for want of memory. */
static __always_inline bool opptel_set_mark(struct __sk_buff *skb, __u32 mark)
{
	__u8 octet = mark;

	return mark == OPPTEL_UNMARKED || !bpf_skb_store_bytes(skb, OPPTEL_SOURCE_ADDRESS, &octet, sizeof(octet), 0);
}

#endif /* OPPTEL_MARK_BPF_H */
