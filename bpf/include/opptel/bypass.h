/* SPDX-License-Identifier: MIT */
/* What the bypass of one port counts while no dataplane has the port. */
#ifndef OPPTEL_BYPASS_H
#define OPPTEL_BYPASS_H

/* Written by one CPU each. */
struct opptel_bypass_counts {
	__u64 packets; /* sent to the other port */
	__u64 trimmed; /* of these, packets that had a trailer: hosts append for up to a lease after the last beacon */
	__u64 control; /* control frames, which are for the dataplane alone and were dropped */
};

#endif /* OPPTEL_BYPASS_H */
