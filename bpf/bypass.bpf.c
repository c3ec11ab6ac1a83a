/* SPDX-License-Identifier: MIT */
/*
 * The way around the dataplane, at TC ingress of both ports of a pair. A port's AF_XDP socket takes packets before this hook:
 * what arrives here while it is bound is nothing. Without a socket, because the dataplane has stopped, was killed, or has
 * not started yet, packets go on to the other port from here; no process has to live for that.
 */
#include "slack.bpf.h"
#include "opptel/bypass.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define OPPTEL_SHOT 2

/* Set before the program is attached; a map, so that whoever finds the program can ask where it sends. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_bypass_route);
} opptel_bypass_route SEC(".maps");

/*
 * Holds the program that ends the bypass. The kernel empties a map of programs when the last process that has it open is gone,
 * however that ended: so a packet socket, which takes copies only, tells that it lives.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} opptel_bypass_alive SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_bypass_counts);
} opptel_bypass_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_bypass_watch);
} opptel_bypass_watch SEC(".maps");

/* Takes off what nobody strips now; false for a frame that is for the dataplane alone. */
static __always_inline bool opptel_bypass_clean(struct __sk_buff *skb, struct opptel_bypass_counts *counts)
{
	struct opptel_packet packet = {};
	__u32 end;

	opptel_look(skb, &packet);
	if (packet.status != OPPTEL_L3_OK)
		return true;
	if (packet.l3.type == OPPTEL_CONTROL_ETHERTYPE)
		return false;
	end = packet.l3.offset + packet.l3.length;
	if (skb->len > end && opptel_is_forged(skb, end) && !bpf_skb_change_tail(skb, end, 0))
		counts->trimmed++;
	return true;
}

/* Sends a packet to the other port. */
static __always_inline int opptel_pass(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct opptel_bypass_counts *counts;
	struct opptel_bypass_route *route;

	counts = bpf_map_lookup_elem(&opptel_bypass_total, &zero);
	route = bpf_map_lookup_elem(&opptel_bypass_route, &zero);
	if (!counts || !route)
		return OPPTEL_NEXT;
	if (route->from_host && !opptel_bypass_clean(skb, counts)) {
		counts->control++;
		return OPPTEL_SHOT;
	}
	counts->packets++;
	return bpf_redirect(route->peer, 0);
}

/* While the process lives that takes copies of all packets: they go on there, unless it stands still. */
SEC("tc")
int opptel_standby(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct opptel_bypass_watch *watch = bpf_map_lookup_elem(&opptel_bypass_watch, &zero);
	__u64 beat, now;

	if (!watch)
		return OPPTEL_NEXT;
	beat = *(volatile __u64 *)&watch->beat;
	now = bpf_ktime_get_boot_ns();
	if (beat != watch->seen) {
		watch->since = now;
		watch->seen = beat;
	}
	if (now - watch->since < OPPTEL_BYPASS_STILL)
		return OPPTEL_NEXT;
	/* Before the packet leaves: whoever finds its copy later knows. */
	__sync_fetch_and_add(&watch->passed, 1);
	return opptel_pass(skb);
}

SEC("tc")
int opptel_bypass(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &opptel_bypass_alive, 0);
	return opptel_pass(skb);
}
