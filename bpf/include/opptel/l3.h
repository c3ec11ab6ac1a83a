/* SPDX-License-Identifier: MIT */
/*
 * Where the L3 packet of an Ethernet frame ends: section 3 of WIRE.md. Compiles for BPF (bounds in a form that the
 * verifier follows) and for user space.
 */
#ifndef OPPTEL_L3_H
#define OPPTEL_L3_H

#include "control.h"
#include "reasons.h"

#define OPPTEL_ETHERTYPE_IPV4 0x0800
#define OPPTEL_ETHERTYPE_ARP 0x0806
#define OPPTEL_ETHERTYPE_VLAN 0x8100
#define OPPTEL_ETHERTYPE_IPV6 0x86DD
#define OPPTEL_ETHERTYPE_SERVICE_VLAN 0x88A8

#define OPPTEL_PROTOCOL_IPIP 4
#define OPPTEL_PROTOCOL_TCP 6
#define OPPTEL_PROTOCOL_UDP 17
#define OPPTEL_PROTOCOL_IPV6 41
#define OPPTEL_PROTOCOL_GRE 47
#define OPPTEL_PROTOCOL_ESP 50
#define OPPTEL_PROTOCOL_SCTP 132
#define OPPTEL_NEXT_HOP_BY_HOP 0
#define OPPTEL_NEXT_ROUTING 43
#define OPPTEL_NEXT_DESTINATION 60

#define OPPTEL_ETHERNET_HEADER 14
#define OPPTEL_SOURCE_ADDRESS 6
#define OPPTEL_ADDRESS_SIZE 6
/* The bit of a source address that marks a carrier: that of local administration, in the first octet. */
#define OPPTEL_MARK 0x02
#define OPPTEL_VLAN_TAG 4
/* Ethernet header, two tags, the longest fixed L3 header: all that the rules ever look at. */
#define OPPTEL_L3_HEADERS (OPPTEL_ETHERNET_HEADER + 2 * OPPTEL_VLAN_TAG + 40)

enum opptel_l3_status {
	OPPTEL_L3_OK,
	OPPTEL_L3_SHORT,     /* the bytes given end inside a header */
	OPPTEL_L3_UNKNOWN,   /* an EtherType without a rule */
	OPPTEL_L3_MALFORMED, /* a header that contradicts itself */
};

struct opptel_l3 {
	__u32 offset;  /* of the L3 header from the start of the frame */
	__u32 length;  /* of the L3 packet */
	__u16 type;    /* EtherType behind the VLAN tags */
	__u8 tags;     /* VLAN tags in the frame, at most 2 */
	__u8 protocol; /* IPv4's protocol, IPv6's first next header, a control frame's kind, else 0 */
};

#define OPPTEL_BE16(bytes) ((__u32)(bytes)[0] << 8 | (bytes)[1])

static inline __attribute__((always_inline)) enum opptel_l3_status opptel_l3_parse(
	const __u8 *data, const __u8 *end, struct opptel_l3 *l3)
{
	const __u8 *packet = data + OPPTEL_ETHERNET_HEADER;
	__u32 type;

	if (packet > end)
		return OPPTEL_L3_SHORT;
	type = OPPTEL_BE16(data + 12);
	if (type == OPPTEL_ETHERTYPE_VLAN || type == OPPTEL_ETHERTYPE_SERVICE_VLAN) {
		if (packet + OPPTEL_VLAN_TAG > end)
			return OPPTEL_L3_SHORT;
		type = OPPTEL_BE16(packet + 2);
		packet += OPPTEL_VLAN_TAG;
		if (type == OPPTEL_ETHERTYPE_VLAN || type == OPPTEL_ETHERTYPE_SERVICE_VLAN) {
			if (packet + OPPTEL_VLAN_TAG > end)
				return OPPTEL_L3_SHORT;
			type = OPPTEL_BE16(packet + 2);
			packet += OPPTEL_VLAN_TAG;
		}
	}
	l3->offset = packet - data;
	l3->tags = (l3->offset - OPPTEL_ETHERNET_HEADER) / OPPTEL_VLAN_TAG;
	l3->type = type;
	l3->protocol = 0;

	switch (type) {
	case OPPTEL_ETHERTYPE_IPV4:
		if (packet + 20 > end)
			return OPPTEL_L3_SHORT;
		l3->length = OPPTEL_BE16(packet + 2);
		l3->protocol = packet[9];
		if (packet[0] >> 4 != 4 || (packet[0] & 0xF) < 5 || l3->length < (packet[0] & 0xFU) * 4)
			return OPPTEL_L3_MALFORMED;
		return OPPTEL_L3_OK;
	case OPPTEL_ETHERTYPE_IPV6:
		if (packet + 40 > end)
			return OPPTEL_L3_SHORT;
		l3->length = 40 + OPPTEL_BE16(packet + 4);
		l3->protocol = packet[6];
		/* No payload before a hop-by-hop header is a jumbogram: its length is elsewhere. */
		if (packet[0] >> 4 != 6 || (l3->length == 40 && packet[6] == 0))
			return OPPTEL_L3_MALFORMED;
		return OPPTEL_L3_OK;
	case OPPTEL_ETHERTYPE_ARP:
		if (packet + 28 > end)
			return OPPTEL_L3_SHORT;
		l3->length = 28;
		/* Ethernet and IPv4 addresses only, six and four bytes long. */
		if (OPPTEL_BE16(packet) != 1 || OPPTEL_BE16(packet + 2) != OPPTEL_ETHERTYPE_IPV4 || packet[4] != 6 ||
			packet[5] != 4)
			return OPPTEL_L3_MALFORMED;
		return OPPTEL_L3_OK;
	case OPPTEL_CONTROL_ETHERTYPE:
		if (packet + sizeof(struct opptel_control) > end)
			return OPPTEL_L3_SHORT;
		if (packet[0] != OPPTEL_CONTROL_VERSION)
			return OPPTEL_L3_MALFORMED;
		l3->length = sizeof(struct opptel_control) + ((__u32)packet[3] << 8 | packet[2]);
		l3->protocol = packet[1];
		return OPPTEL_L3_OK;
	default:
		return OPPTEL_L3_UNKNOWN;
	}
}

/* Folds a sum of 32-bit little-endian words to the ones'-complement sum of their 16-bit words. */
static inline __attribute__((always_inline)) __u16 opptel_fold(__u64 sum)
{
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (sum & 0xFFFF) + (sum >> 16);
}

#endif /* OPPTEL_L3_H */
