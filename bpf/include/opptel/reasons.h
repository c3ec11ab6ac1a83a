/* SPDX-License-Identifier: MIT */
/*
 * Reason codes. Append only: a number never changes its meaning, because it is an index into counters and,
 * in lower case without the prefix, a metric label.
 */
#ifndef OPPTEL_REASONS_H
#define OPPTEL_REASONS_H

/* What the TC egress program did with a packet. */
enum opptel_egress_reason {
	OPPTEL_EGRESS_STAMPED = 0,
	OPPTEL_EGRESS_GSO = 1,               /* segmentation comes after this hook */
	OPPTEL_EGRESS_NO_SLACK = 2,          /* L3 length plus the smallest trailer exceeds the MTU */
	OPPTEL_EGRESS_UNKNOWN_ETHERTYPE = 3, /* no rule for where its L3 packet ends */
	OPPTEL_EGRESS_MALFORMED_L3 = 4,      /* header short or contradictory */
	OPPTEL_EGRESS_LENGTH_MISMATCH = 5,   /* bytes behind the end of the L3 packet, or some missing */
	OPPTEL_EGRESS_FORGED_TRIMMED = 6,    /* arrived with a trailer that OppTel did not write: removed */
	OPPTEL_EGRESS_NO_LEASE = 7,          /* nobody is known to strip */
	OPPTEL_EGRESS_NOTHING_DUE = 8,
	OPPTEL_EGRESS_GROW_FAILED = 9,   /* it is in a tunnel, or bpf_skb_change_tail refused; packet unharmed */
	OPPTEL_EGRESS_CONTROL = 10,      /* a control frame that is no carrier */
	OPPTEL_EGRESS_STORE_FAILED = 11, /* the tail was shrunk again */
	OPPTEL_EGRESS_TRIM_FAILED = 12,  /* a forged trailer could not be removed: its magic was overwritten */
	OPPTEL_EGRESS_TOO_SOON = 13,     /* the configured gap between trailers has not passed */
	/* SCTP or ESP: what protects them may be computed behind this hook, over a trailer too */
	OPPTEL_EGRESS_LATE_INTEGRITY = 14,
	OPPTEL_EGRESS_NOT_MARKABLE = 15, /* marks are asked for, and its source is not the device's own address */
	OPPTEL_EGRESS_REASONS,
};

/* What the strip stage found behind a frame that ends in the trailer's magic. */
enum opptel_strip_reason {
	OPPTEL_STRIP_STRIPPED = 0,
	OPPTEL_STRIP_NO_TRAILER = 1, /* the magic is absent; the only one that is not counted */
	OPPTEL_STRIP_UNKNOWN_VERSION = 2,
	OPPTEL_STRIP_BAD_LENGTH = 3,    /* length, counts, pad and tag flag contradict each other or the frame */
	OPPTEL_STRIP_UNKNOWN_L3 = 4,    /* no rule for where its L3 packet ends, or a malformed header */
	OPPTEL_STRIP_NOT_AT_L3_END = 5, /* bytes of the packet itself */
	OPPTEL_STRIP_BAD_CHECKSUM = 6,
	OPPTEL_STRIP_BAD_TAG = 7,
	OPPTEL_STRIP_BAD_TUNNEL = 8, /* marked as inside a tunnel, in a datagram to a tunnel's port that holds none */
	OPPTEL_STRIP_REASONS,
};

#endif /* OPPTEL_REASONS_H */
