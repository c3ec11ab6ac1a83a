/* SPDX-License-Identifier: MIT */
/*
 * What a packet is, and how much room is behind it: section 6 of WIRE.md as far as the packet alone decides. Changes
 * nothing, so that whoever only counts carriers finds those that the egress program would stamp.
 */
#ifndef OPPTEL_SLACK_BPF_H
#define OPPTEL_SLACK_BPF_H

#include "kernel.h"
#include "opptel/l3.h"

struct opptel_packet {
	struct opptel_l3 l3;
	enum opptel_l3_status status;
	__u32 tags;  /* in the frame, and the one that the device inserts */
	__u32 room;  /* bytes behind a carrier's L3 packet, up to the MTU */
	__u32 front; /* bytes that will be in front of the frame: of a tunnel */
	bool heartbeat;
};

/* Parses the headers where they are; copies them out when they are not in the linear part. */
static __always_inline enum opptel_l3_status opptel_skb_parse(struct __sk_buff *skb, struct opptel_l3 *l3)
{
	enum opptel_l3_status status = opptel_l3_parse((void *)(long)skb->data, (void *)(long)skb->data_end, l3);
	__u8 headers[OPPTEL_L3_HEADERS] = {};
	__u32 length = skb->len;

	if (status != OPPTEL_L3_SHORT || (__u32)(skb->data_end - skb->data) == length)
		return status;
	if (length > sizeof(headers))
		length = sizeof(headers);
	if (length < OPPTEL_ETHERNET_HEADER || bpf_skb_load_bytes(skb, 0, headers, length))
		return OPPTEL_L3_SHORT;
	return opptel_l3_parse(headers, headers + length, l3);
}

/* Looks at the headers. */
static __always_inline void opptel_look(struct __sk_buff *skb, struct opptel_packet *packet)
{
	packet->status = opptel_skb_parse(skb, &packet->l3);
	/* The tag that the device inserts is none of skb->len. */
	packet->tags = packet->l3.tags + !!skb->vlan_present;
}

/* Whether what is behind the L3 packet looks like a trailer; OppTel's own is not there yet. */
static __always_inline bool opptel_is_forged(struct __sk_buff *skb, __u32 end)
{
	__u16 magic = 0;

	if (skb->len - end < OPPTEL_FOOTER_SIZE)
		return false;
	return !bpf_skb_load_bytes(skb, skb->len - sizeof(magic), &magic, sizeof(magic)) &&
	       magic == OPPTEL_TRAILER_MAGIC;
}

/*
 * SCTP's CRC, where the device offers it, and ESP, where the device encrypts, cover whatever the packet ends with when
 * they are computed, which is behind this hook. The IPv6 headers named here may stand before either of them.
 */
static __always_inline bool opptel_late_integrity(const struct opptel_l3 *l3)
{
	if (l3->type != OPPTEL_ETHERTYPE_IPV4 && l3->type != OPPTEL_ETHERTYPE_IPV6)
		return false;
	switch (l3->protocol) {
	case OPPTEL_PROTOCOL_SCTP:
	case OPPTEL_PROTOCOL_ESP:
		return true;
	case OPPTEL_NEXT_HOP_BY_HOP:
	case OPPTEL_NEXT_ROUTING:
	case OPPTEL_NEXT_DESTINATION:
		return l3->type == OPPTEL_ETHERTYPE_IPV6;
	default:
		return false;
	}
}

/* The device's MTU in bytes; 0 when the kernel does not tell. */
static __always_inline __u32 opptel_mtu(struct __sk_buff *skb)
{
	/* In: a length that fits every device, which is what the kernel judges; out: the MTU. */
	__u32 mtu = 1;

	return bpf_check_mtu(skb, 0, &mtu, 0, 0) ? 0 : mtu;
}

/* Bytes up to the MTU. Devices let one VLAN tag exceed their MTU, so a second one counts against it. */
static __always_inline __u32 opptel_slack(__u32 mtu, __u32 l3_length, __u32 tags)
{
	__u32 used = l3_length + (tags > 1 ? OPPTEL_VLAN_TAG : 0);

	return mtu > used ? mtu - used : 0;
}

/* What the packet alone decides, before lease and values are looked at: STAMPED when it can carry. Cheapest first. */
static __always_inline enum opptel_egress_reason opptel_examine(struct __sk_buff *skb, struct opptel_packet *packet)
{
	struct opptel_l3 *l3 = &packet->l3;
	__u32 end;

	if (skb->gso_size)
		return OPPTEL_EGRESS_GSO;
	opptel_look(skb, packet);
	switch (packet->status) {
	case OPPTEL_L3_OK:
		break;
	case OPPTEL_L3_UNKNOWN:
		return OPPTEL_EGRESS_UNKNOWN_ETHERTYPE;
	default:
		return OPPTEL_EGRESS_MALFORMED_L3;
	}
	end = l3->offset + l3->length;
	if (skb->len > end)
		return opptel_is_forged(skb, end) ? OPPTEL_EGRESS_FORGED_TRIMMED : OPPTEL_EGRESS_LENGTH_MISMATCH;
	if (skb->len < end)
		return OPPTEL_EGRESS_LENGTH_MISMATCH;
	packet->heartbeat = l3->type == OPPTEL_CONTROL_ETHERTYPE && l3->protocol == OPPTEL_CONTROL_HEARTBEAT;
	if (l3->type == OPPTEL_CONTROL_ETHERTYPE && !packet->heartbeat)
		return OPPTEL_EGRESS_CONTROL;
	/* A stripper skips two: behind a third it finds no packet. */
	if (packet->tags > 2)
		return OPPTEL_EGRESS_UNKNOWN_ETHERTYPE;
	if (opptel_late_integrity(l3))
		return OPPTEL_EGRESS_LATE_INTEGRITY;
	packet->room = opptel_slack(opptel_mtu(skb), l3->length, packet->tags);
	return packet->room < OPPTEL_TRAILER_MIN ? OPPTEL_EGRESS_NO_SLACK : OPPTEL_EGRESS_STAMPED;
}

#endif /* OPPTEL_SLACK_BPF_H */
