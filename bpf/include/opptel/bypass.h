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

#endif /* OPPTEL_BYPASS_H */
