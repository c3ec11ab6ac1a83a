/* SPDX-License-Identifier: MIT */
/*
 * Egress of a tunnel's device (VXLAN, Geneve), where a packet is still the inner frame: what is appended there travels inside the
 * outer UDP datagram. How much fits is decided by the device that the outer packet leaves through.
 */
#ifndef OPPTEL_TUNNEL_BPF_H
#define OPPTEL_TUNNEL_BPF_H

#include "maps.bpf.h"
#include "slack.bpf.h"

/* By the index of the tunnel's device; filled by the daemon. A device that is not here carries nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OPPTEL_TUNNELS);
	__type(key, __u32);
	__type(value, struct opptel_tunnel);
} opptel_tunnels SEC(".maps");

/*
 * In tc_index, which the kernel keeps with a packet through encapsulation and copies to its fragments, and which no socket can set: this
 * packet was at our hook before. "OT".
 */
#define OPPTEL_TUNNEL_MARK 0x4F54

/* Bytes of the outer UDP header and of VXLAN's or Geneve's fixed one. */
#define OPPTEL_TUNNEL_HEADERS 16

/*
 * Bytes that may follow a frame without a fragment more: up to the longest frame that is not fragmented; behind a longer one, up to the
 * end of its last fragment.
 */
static __always_inline __u32 opptel_tunnel_room(const struct opptel_tunnel *tunnel, __u32 frame)
{
	__u32 chunk = tunnel->chunk, used;

	if (frame <= tunnel->fits)
		return tunnel->fits - frame;
	if (!chunk)
		return 0;
	used = (frame + OPPTEL_TUNNEL_HEADERS) % chunk;
	return used ? chunk - used : 0;
}

/* Makes the room behind a packet what both devices leave. Returns the bytes that will be in front of the frame. */
static __always_inline __u32 opptel_tunnel_limit(struct __sk_buff *skb, struct opptel_packet *packet)
{
	__u32 device = skb->ifindex, room;
	const struct opptel_tunnel *tunnel = bpf_map_lookup_elem(&opptel_tunnels, &device);

	if (!tunnel) {
		packet->room = 0;
		return 0;
	}
	room = opptel_tunnel_room(tunnel, skb->len + (skb->vlan_present ? OPPTEL_VLAN_TAG : 0));
	if (room < packet->room)
		packet->room = room;
	return tunnel->front;
}

/*
 * Whether the kernel would refuse to let a packet grow, which is known before a trailer is put together: it is in a tunnel. A look at
 * the packet itself only where the protocol is one of a tunnel.
 */
static __always_inline bool opptel_is_encapsulated(struct __sk_buff *skb, const struct opptel_l3 *l3)
{
	const struct sk_buff *packet = (const void *)skb;

	if (skb->tc_index == OPPTEL_TUNNEL_MARK)
		return true;
	if (l3->type != OPPTEL_ETHERTYPE_IPV4 && l3->type != OPPTEL_ETHERTYPE_IPV6)
		return false;
	switch (l3->protocol) {
	case OPPTEL_PROTOCOL_IPIP:
	case OPPTEL_PROTOCOL_UDP:
	case OPPTEL_PROTOCOL_IPV6:
	case OPPTEL_PROTOCOL_GRE:
		return BPF_CORE_READ_BITFIELD_PROBED(packet, encapsulation);
	default:
		return false;
	}
}

#endif /* OPPTEL_TUNNEL_BPF_H */
