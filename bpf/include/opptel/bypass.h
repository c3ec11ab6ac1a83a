/* SPDX-License-Identifier: MIT */
/* What the bypass of one port does, and what it counts, while no dataplane has the port. */
#ifndef OPPTEL_BYPASS_H
#define OPPTEL_BYPASS_H

struct opptel_bypass_route {
	__u32 peer;      /* interface index of the other port */
	__u32 from_host; /* not 0: trailers may come in here, and have to go before the packet goes on */
};

/* Written by one CPU each. */
struct opptel_bypass_counts {
	__u64 packets; /* sent to the other port */
	__u64 trimmed; /* of these, packets that had a trailer: hosts append for up to a lease after the last beacon */
	__u64 control; /* control frames, which are for the dataplane alone and were dropped */
};

/* A dataplane whose workers show no beat for this long, in ns, stands still: longer than any of them is away from its core. */
#define OPPTEL_BYPASS_STILL 250000000

/* How the bypass of a packet socket's port sees a dataplane that lives but stands still. The first two words are shared with it. */
struct opptel_bypass_watch {
	__u64 beat;   /* the dataplane writes another number whenever a worker advances */
	__u64 passed; /* packets that were sent to the other port because it did not */
	__u64 seen;   /* the beat that the last packet found */
	__u64 since;  /* CLOCK_BOOTTIME ns when a packet found it first */
};

#endif /* OPPTEL_BYPASS_H */
