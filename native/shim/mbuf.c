/* SPDX-License-Identifier: MIT */
/* Frames that lie in several segments. */
#include <errno.h>

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "opptel_dpdk.h"

int opptel_mbuf_copy(const struct rte_mbuf *mbuf, uint32_t offset, uint32_t length, void *destination)
{
	const void *bytes = rte_pktmbuf_read(mbuf, offset, length, destination);

	if (bytes == NULL)
		return -EINVAL;
	/* The read copies only what lies across segments. */
	if (bytes != destination)
		rte_memcpy(destination, bytes, length);
	return 0;
}

/* Cuts the frame to `length` bytes, at least one; segments behind the cut go back to their pool. */
int opptel_mbuf_truncate(struct rte_mbuf *mbuf, uint32_t length)
{
	struct rte_mbuf *last = mbuf;
	uint32_t left = length;
	uint16_t segments = 1;

	if (length == 0 || length > mbuf->pkt_len)
		return -EINVAL;
	for (; left > last->data_len; segments++) {
		left -= last->data_len;
		last = last->next;
	}
	rte_pktmbuf_free(last->next);
	last->next = NULL;
	last->data_len = (uint16_t)left;
	mbuf->nb_segs = segments;
	mbuf->pkt_len = length;
	return 0;
}
