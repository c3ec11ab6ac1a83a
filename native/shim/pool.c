/* SPDX-License-Identifier: MIT */
/* Packet memory. */
#include <errno.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "opptel_dpdk.h"

static uint16_t data_room(uint32_t frame_room)
{
	return (uint16_t)RTE_ALIGN_CEIL(frame_room + RTE_PKTMBUF_HEADROOM, RTE_CACHE_LINE_SIZE);
}

/*
 * The library lays the pool out, while this side reads and allocates from it inline: when the data room does
 * not come back as it went in, the two were built with different structures.
 */
struct rte_mempool *opptel_pool_create(
	const char *name, uint32_t mbufs, uint32_t cache, uint32_t frame_room, int *error)
{
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create(name, mbufs, cache, 0, data_room(frame_room), (int)rte_socket_id());

	*error = pool == NULL ? -rte_errno : 0;
	if (pool != NULL && rte_pktmbuf_data_room_size(pool) != data_room(frame_room)) {
		*error = -ELIBBAD;
		rte_mempool_free(pool);
		pool = NULL;
	}
	return pool;
}

uint32_t opptel_pool_available(const struct rte_mempool *pool)
{
	return rte_mempool_avail_count(pool);
}

/* Bytes of memory that one mbuf of a pool takes. */
uint32_t opptel_pool_object_size(uint32_t frame_room)
{
	return rte_mempool_calc_obj_size(sizeof(struct rte_mbuf) + data_room(frame_room), 0, NULL);
}

void opptel_pool_free(struct rte_mempool *pool)
{
	rte_mempool_free(pool);
}
