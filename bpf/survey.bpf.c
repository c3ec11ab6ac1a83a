/* SPDX-License-Identifier: MIT */
/*
 * The survey: counts at TC egress what could carry a trailer, before anything is appended. It changes no packet, and
 * every CPU writes to entries of its own only.
 */
#include "slack.bpf.h"
#include "opptel/survey.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Nobody's value: it brings the enumerations into the object's BTF, where the surveyor checks its views. */
const volatile union {
	enum opptel_egress_reason egress_reason;
	enum opptel_survey_protocol protocol;
} opptel_survey_layouts = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_survey_state);
} opptel_survey_state SEC(".maps");

/* One entry for each possible CPU, sized by the surveyor. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opptel_survey_cpu);
} opptel_survey_cpus SEC(".maps");

/* As many entries for each possible CPU as the state says, sized by the surveyor. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} opptel_survey_trace SEC(".maps");

/* By cgroup id; 0 for packets without a socket. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct opptel_survey_tally);
} opptel_survey_cgroups SEC(".maps");

/* The frames that one packet becomes. */
struct opptel_split {
	__u32 full;      /* frames of the length that all but the last one have */
	__u32 full_size; /* lengths are those before the device inserts a tag */
	__u32 last_size; /* 0: the packet could not be split */
};

/* Bytes in front of the payload, repeated in every segment; 0 when nothing tells. */
static __always_inline __u32 opptel_header_size(struct __sk_buff *skb, const struct opptel_l3 *l3)
{
	__u32 l4 = l3->offset + 40;
	__u8 byte;

	/* The kernel's own account of the wire has the headers of all segments but the first on top. */
	if (skb->gso_segs > 1 && skb->wire_len > skb->len)
		return (skb->wire_len - skb->len) / (skb->gso_segs - 1);
	/* A guest's packet, whose segments the kernel has not counted yet. */
	if (l3->type == OPPTEL_ETHERTYPE_IPV4) {
		if (bpf_skb_load_bytes(skb, l3->offset, &byte, sizeof(byte)))
			return 0;
		l4 = l3->offset + (byte & 0xF) * 4;
	} else if (l3->type != OPPTEL_ETHERTYPE_IPV6) {
		return 0;
	}
	if (l3->protocol == OPPTEL_PROTOCOL_UDP)
		return l4 + 8;
	if (l3->protocol != OPPTEL_PROTOCOL_TCP || bpf_skb_load_bytes(skb, l4 + 12, &byte, sizeof(byte)))
		return 0;
	return l4 + (byte >> 4) * 4;
}

static __always_inline void opptel_split(struct __sk_buff *skb, const struct opptel_l3 *l3, struct opptel_split *split)
{
	__u32 header, payload;

	split->last_size = skb->len;
	if (!skb->gso_size)
		return;
	header = opptel_header_size(skb, l3);
	payload = skb->len - header;
	if (!header || header >= skb->len) {
		split->last_size = 0;
		return;
	}
	split->full = (payload - 1) / skb->gso_size;
	split->full_size = header + skb->gso_size;
	split->last_size = skb->len - split->full * skb->gso_size;
}

/* The compiler must not turn the test of the bucket into one of the value, which tells the verifier nothing. */
static __always_inline __u32 opptel_bucket(__u32 value, __u32 step, __u32 buckets)
{
	__u32 bucket = value / step;

	barrier_var(bucket);
	return bucket < buckets ? bucket : buckets - 1;
}

static __always_inline void opptel_count_size(__u64 *sizes, __u32 size, __u32 count)
{
	sizes[opptel_bucket(size, OPPTEL_SURVEY_SIZE_STEP, OPPTEL_SURVEY_SIZES)] += count;
}

/* Counts frames of one length. */
static __always_inline void opptel_count_frames(struct __sk_buff *skb, struct opptel_survey_cpu *cpu,
	const struct opptel_packet *packet, __u32 mtu, __u32 size, __u32 count)
{
	/* Of a frame that ends inside its headers only the Ethernet header is known. */
	__u32 offset = packet->l3.offset ? packet->l3.offset : OPPTEL_ETHERNET_HEADER;
	__u32 room = opptel_slack(mtu, size - offset, packet->tags);
	__u32 wire = size + (skb->vlan_present ? OPPTEL_VLAN_TAG : 0);

	cpu->frames += count;
	cpu->frame_bytes += (__u64)wire * count;
	cpu->below_mtu += room ? count : 0;
	opptel_count_size(cpu->frame_size, wire, count);
	cpu->room[opptel_bucket(room, OPPTEL_SURVEY_ROOM_STEP, OPPTEL_SURVEY_ROOMS)] += count;
}

static __always_inline __u32 opptel_protocol(const struct opptel_packet *packet)
{
	if (packet->status != OPPTEL_L3_OK)
		return OPPTEL_SURVEY_OTHER;
	switch (packet->l3.type) {
	case OPPTEL_ETHERTYPE_IPV4:
		return OPPTEL_SURVEY_IPV4 + packet->l3.protocol;
	case OPPTEL_ETHERTYPE_IPV6:
		return OPPTEL_SURVEY_IPV6 + packet->l3.protocol;
	case OPPTEL_ETHERTYPE_ARP:
		return OPPTEL_SURVEY_ARP;
	default:
		return OPPTEL_SURVEY_CONTROL;
	}
}

static __always_inline struct opptel_survey_tally *opptel_cgroup_tally(
	struct __sk_buff *skb, struct opptel_survey_cpu *cpu)
{
	struct opptel_survey_tally none = {};
	__u64 id = bpf_skb_cgroup_id(skb);
	struct opptel_survey_tally *tally = bpf_map_lookup_elem(&opptel_survey_cgroups, &id);

	if (!tally && !bpf_map_update_elem(&opptel_survey_cgroups, &id, &none, BPF_NOEXIST))
		tally = bpf_map_lookup_elem(&opptel_survey_cgroups, &id);
	return tally ? tally : &cpu->other_cgroups;
}

static __always_inline void opptel_tally(struct opptel_survey_tally *tally, __u32 frames, bool carries)
{
	tally->packets++;
	tally->frames += frames;
	tally->carriers += carries;
}

/* Keeps when a carrier left and how much room it had. */
static __always_inline void opptel_trace(
	struct opptel_survey_cpu *cpu, __u32 room, __u32 number, __u32 entries, __u64 since)
{
	const __u32 most = (1 << OPPTEL_SURVEY_ROOM_BITS) - 1;
	__u32 at = number * entries + (cpu->traced & (entries - 1));
	__u64 *entry = bpf_map_lookup_elem(&opptel_survey_trace, &at);

	if (!entry)
		return;
	WRITE_ONCE(*entry, (bpf_ktime_get_boot_ns() - since) << OPPTEL_SURVEY_ROOM_BITS | (room < most ? room : most));
	/* The surveyor reads an entry after it has seen the number that covers it. */
	opptel_add_ordered(&cpu->traced, 1);
}

/* What the egress program would make of the packet. No static function: the verifier proves it once, by itself. */
__noinline int opptel_survey_examine(struct __sk_buff *skb, struct opptel_packet *packet)
{
	enum opptel_egress_reason reason;

	if (!packet)
		return OPPTEL_EGRESS_REASONS;
	reason = opptel_examine(skb, packet);
	if (reason == OPPTEL_EGRESS_GSO)
		opptel_look(skb, packet);
	return reason;
}

SEC("tc")
int opptel_survey(struct __sk_buff *skb)
{
	__u32 first = 0, number = bpf_get_smp_processor_id(), mtu = opptel_mtu(skb);
	struct opptel_survey_state *state = bpf_map_lookup_elem(&opptel_survey_state, &first);
	struct opptel_survey_cpu *cpu = bpf_map_lookup_elem(&opptel_survey_cpus, &number);
	struct opptel_packet packet = {};
	struct opptel_split split = {};
	enum opptel_egress_reason reason;
	__u32 frames;
	__u64 since;

	if (!state || !cpu)
		return OPPTEL_NEXT;
	since = READ_ONCE(state->since);
	if (!since)
		return OPPTEL_NEXT;
	reason = opptel_survey_examine(skb, &packet);
	opptel_split(skb, &packet.l3, &split);
	frames = split.full + !!split.last_size;

	/* The verifier has to see the bound on the register that is the index. */
	asm volatile("" : "+r"(reason));
	if (reason < OPPTEL_EGRESS_REASONS)
		cpu->reason[reason]++;
	cpu->packet_bytes += skb->len;
	cpu->unsplit += !frames;
	opptel_count_size(cpu->packet_size, skb->len, 1);
	if (split.full)
		opptel_count_frames(skb, cpu, &packet, mtu, split.full_size, split.full);
	if (split.last_size)
		opptel_count_frames(skb, cpu, &packet, mtu, split.last_size, 1);
	opptel_tally(&cpu->protocol[opptel_protocol(&packet)], frames, reason == OPPTEL_EGRESS_STAMPED);
	opptel_tally(opptel_cgroup_tally(skb, cpu), frames, reason == OPPTEL_EGRESS_STAMPED);
	if (reason == OPPTEL_EGRESS_STAMPED)
		opptel_trace(cpu, packet.room, number, state->trace_entries, since);
	return OPPTEL_NEXT;
}
