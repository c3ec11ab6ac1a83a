/* SPDX-License-Identifier: MIT */
/* What a packet is, and how many values fit behind it: section 6 of WIRE.md. */
#ifndef OPPTEL_SLACK_BPF_H
#define OPPTEL_SLACK_BPF_H

#include "maps.bpf.h"

/* Parses the headers; pulls them into the linear part when they are not there. */
static __always_inline enum opptel_l3_status opptel_skb_parse(struct __sk_buff *skb, struct opptel_l3 *l3)
{
	enum opptel_l3_status status = opptel_l3_parse((void *)(long)skb->data, (void *)(long)skb->data_end, l3);

	if (status != OPPTEL_L3_SHORT || (__u32)(skb->data_end - skb->data) == skb->len)
		return status;
	if (bpf_skb_pull_data(skb, skb->len < OPPTEL_L3_HEADERS ? skb->len : OPPTEL_L3_HEADERS))
		return OPPTEL_L3_SHORT;
	return opptel_l3_parse((void *)(long)skb->data, (void *)(long)skb->data_end, l3);
}

/* Bytes behind the L3 packet: somebody's padding, or a trailer that OppTel did not write. */
static __always_inline enum opptel_egress_reason opptel_trim_forged(struct __sk_buff *skb, __u32 end)
{
	__u16 magic = 0;
	__u32 last = skb->len - sizeof(magic);

	if (skb->len - end < OPPTEL_FOOTER_SIZE)
		return OPPTEL_EGRESS_LENGTH_MISMATCH;
	if (bpf_skb_load_bytes(skb, last, &magic, sizeof(magic)) || magic != OPPTEL_TRAILER_MAGIC)
		return OPPTEL_EGRESS_LENGTH_MISMATCH;
	if (!bpf_skb_change_tail(skb, end, 0))
		return OPPTEL_EGRESS_FORGED_TRIMMED;
	magic = 0;
	bpf_skb_store_bytes(skb, last, &magic, sizeof(magic), 0);
	return OPPTEL_EGRESS_TRIM_FAILED;
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

/*
 * How many values fit behind this packet: by configuration, by trailer size, and so that L3 and trailer fit the MTU.
 * Devices let one VLAN tag exceed their MTU, so a second one counts against it.
 */
static __always_inline __u32 opptel_room(
	struct __sk_buff *skb, const struct opptel_state *state, const struct opptel_l3 *l3, __u32 tags)
{
	__u32 used = l3->length + (tags > 1 ? OPPTEL_VLAN_TAG : 0);
	__u32 mtu = used; /* in: the length to judge; out: the device's MTU */
	__u32 room, values = state->max_values;

	if (bpf_check_mtu(skb, 0, &mtu, OPPTEL_TRAILER_MIN, 0))
		return 0;
	room = mtu - used;
	if (room > state->max_trailer)
		room = state->max_trailer;
	if (room < OPPTEL_TRAILER_MIN)
		return 0;
	room = (room - OPPTEL_FOOTER_SIZE) / OPPTEL_VALUE_SIZE;
	if (values > room)
		values = room;
	return values > OPPTEL_MAX_VALUES ? OPPTEL_MAX_VALUES : values;
}

#endif /* OPPTEL_SLACK_BPF_H */
