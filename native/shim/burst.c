/* SPDX-License-Identifier: MIT */
/* The fast path: one call per burst and direction. */
#include <errno.h>
#include <time.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "opptel_dpdk.h"

/* Only a burst that has packets pays for the clock. */
uint16_t opptel_rx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint64_t *boottime_ns)
{
	uint16_t received = rte_eth_rx_burst(port, queue, mbufs, count);

	if (received != 0) {
		struct timespec now;

		clock_gettime(CLOCK_BOOTTIME, &now);
		*boottime_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	}
	return received;
}

/* What was not sent after the retries still belongs to the caller. */
uint16_t opptel_tx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint32_t retries)
{
	uint16_t sent = rte_eth_tx_burst(port, queue, mbufs, count);

	while (sent < count && retries-- > 0)
		sent = (uint16_t)(sent + rte_eth_tx_burst(port, queue, mbufs + sent, (uint16_t)(count - sent)));
	return sent;
}

void opptel_free_burst(struct rte_mbuf **mbufs, uint16_t count)
{
	rte_pktmbuf_free_bulk(mbufs, count);
}

/* Sends one frame that lies in ordinary memory. */
int opptel_send_copy(uint16_t port, uint16_t queue, struct rte_mempool *pool, const void *frame, uint16_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	char *data;

	if (mbuf == NULL)
		return -ENOMEM;
	data = rte_pktmbuf_append(mbuf, length);
	if (data == NULL) {
		rte_pktmbuf_free(mbuf);
		return -EMSGSIZE;
	}
	rte_memcpy(data, frame, length);
	if (rte_eth_tx_burst(port, queue, &mbuf, 1) == 1)
		return 0;
	rte_pktmbuf_free(mbuf);
	return -ENOBUFS;
}
