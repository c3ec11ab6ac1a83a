/* SPDX-License-Identifier: MIT */
/* Whether a frame of a tunnel ends in a trailer, and what its headers are without: section 11 of WIRE.md, for readers in C. */
#ifndef OPPTEL_TUNNEL_H
#define OPPTEL_TUNNEL_H

#include "trailer.h"

#define OPPTEL_UDP_HEADER 8
#define OPPTEL_IPV6_HEADER 40
#define OPPTEL_TUNNEL_HEADER 8
#define OPPTEL_TRANSPARENT_ETHERNET 0x6558

/* UDP ports that tunnels go to; 0 for none. */
struct opptel_tunnel_ports {
	__u16 vxlan[2];
	__u16 geneve[2];
};

/* Offsets in the frame. */
struct opptel_outer {
	__u32 packet;
	__u32 datagram;
	__u32 frame;
	__u32 is_ipv6;
};

/* Bytes of the tunnel's header in a datagram to a port; 0 when there is no frame behind one. */
static inline __u32 opptel_tunnel_header(
	const struct opptel_tunnel_ports *ports, __u32 port, const __u8 *payload, __u32 size)
{
	__u32 header = OPPTEL_TUNNEL_HEADER;

	if (size < header)
		return 0;
	if (port == ports->geneve[0] || port == ports->geneve[1]) {
		header += (payload[0] & 0x3FU) * 4;
		if (payload[0] >> 6 != 0 || OPPTEL_BE16(payload + 2) != OPPTEL_TRANSPARENT_ETHERNET)
			return 0;
	} else if ((payload[0] & 0x0C) != 0x08) {
		return 0;
	}
	return size >= header + OPPTEL_ETHERNET_HEADER ? header : 0;
}

/* Reads the headers around a frame in a tunnel. */
static inline enum opptel_strip_reason opptel_tunnel_read(
	const __u8 *frame, __u32 size, const struct opptel_tunnel_ports *ports, struct opptel_outer *outer)
{
	struct opptel_l3 l3;
	const __u8 *packet, *datagram;
	__u32 port, header, left;

	if (opptel_l3_parse(frame, frame + size, &l3) != OPPTEL_L3_OK)
		return OPPTEL_STRIP_UNKNOWN_L3;
	packet = frame + l3.offset;
	if (l3.offset + l3.length != size || l3.protocol != OPPTEL_PROTOCOL_UDP)
		return OPPTEL_STRIP_NOT_AT_L3_END;
	if (l3.type == OPPTEL_ETHERTYPE_IPV4 && (OPPTEL_BE16(packet + 6) & 0x3FFF) == 0)
		header = (packet[0] & 0xFU) * 4;
	else if (l3.type == OPPTEL_ETHERTYPE_IPV6)
		header = OPPTEL_IPV6_HEADER;
	else
		return OPPTEL_STRIP_NOT_AT_L3_END;
	left = l3.length - header;
	datagram = packet + header;
	if (left < OPPTEL_UDP_HEADER)
		return OPPTEL_STRIP_NOT_AT_L3_END;
	port = OPPTEL_BE16(datagram + 2);
	if (!port || (port != ports->vxlan[0] && port != ports->vxlan[1] && port != ports->geneve[0] &&
			     port != ports->geneve[1]))
		return OPPTEL_STRIP_NOT_AT_L3_END;
	if (OPPTEL_BE16(datagram + 4) != left)
		return OPPTEL_STRIP_BAD_TUNNEL;
	left = opptel_tunnel_header(ports, port, datagram + OPPTEL_UDP_HEADER, left - OPPTEL_UDP_HEADER);
	if (!left)
		return OPPTEL_STRIP_BAD_TUNNEL;
	outer->packet = l3.offset;
	outer->datagram = l3.offset + header;
	outer->frame = outer->datagram + OPPTEL_UDP_HEADER + left;
	outer->is_ipv6 = l3.type == OPPTEL_ETHERTYPE_IPV6;
	return OPPTEL_STRIP_STRIPPED;
}

/* Decides whether a frame ends in a trailer, behind its own packet or inside a tunnel: then outer->datagram is not 0. */
static inline enum opptel_strip_reason opptel_tunnel_inspect(const __u8 *frame, __u32 size,
	const struct opptel_tunnel_ports *ports, __u32 *length, struct opptel_outer *outer)
{
	enum opptel_strip_reason reason = opptel_trailer_inspect(frame, size, length);
	const struct opptel_footer *footer;
	struct opptel_outer found;
	struct opptel_l3 l3;
	__u32 end;

	outer->datagram = 0;
	if (reason != OPPTEL_STRIP_NOT_AT_L3_END)
		return reason;
	footer = (const void *)(frame + size - OPPTEL_FOOTER_SIZE);
	if (!(footer->version_flags & OPPTEL_TRAILER_TUNNEL))
		return OPPTEL_STRIP_NOT_AT_L3_END;
	reason = opptel_tunnel_read(frame, size, ports, &found);
	if (reason != OPPTEL_STRIP_STRIPPED)
		return reason;
	if (opptel_l3_parse(frame + found.frame, frame + size, &l3) != OPPTEL_L3_OK)
		return OPPTEL_STRIP_UNKNOWN_L3;
	end = found.frame + l3.offset + l3.length;
	if (end + footer->length != size)
		return OPPTEL_STRIP_NOT_AT_L3_END;
	if (opptel_sum(frame + end, footer->length) != 0xFFFF)
		return OPPTEL_STRIP_BAD_CHECKSUM;
	*length = footer->length;
	*outer = found;
	return OPPTEL_STRIP_STRIPPED;
}

static inline void opptel_put_be16(__u8 *bytes, __u32 value)
{
	bytes[0] = (__u8)(value >> 8);
	bytes[1] = (__u8)value;
}

/* Takes the trailer's bytes off the outer lengths, and off the checksums that hold them. */
static inline void opptel_tunnel_shorten(__u8 *frame, const struct opptel_outer *outer, __u32 bytes)
{
	__u8 *packet = frame + outer->packet, *datagram = frame + outer->datagram;
	__u32 checksum;

	if (outer->is_ipv6) {
		opptel_put_be16(packet + 4, OPPTEL_BE16(packet + 4) - bytes);
	} else {
		opptel_put_be16(packet + 2, OPPTEL_BE16(packet + 2) - bytes);
		checksum = opptel_fold(OPPTEL_BE16(packet + 10) + bytes);
		opptel_put_be16(packet + 10, checksum == 0xFFFF ? 0 : checksum);
	}
	opptel_put_be16(datagram + 4, OPPTEL_BE16(datagram + 4) - bytes);
	checksum = OPPTEL_BE16(datagram + 6);
	if (checksum)
		opptel_put_be16(datagram + 6, opptel_fold(checksum + 2 * bytes));
}

#endif /* OPPTEL_TUNNEL_H */
