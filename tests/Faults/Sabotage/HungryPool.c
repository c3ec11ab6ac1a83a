/* SPDX-License-Identifier: MIT */
/* Takes every mbuf that the dataplane's pool has while the word is not 0, and gives all of them back when it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "word.h"

#define PAUSE_US 1000

static struct rte_mempool *pool;
static const struct rte_mempool_ops *operations;
static void **taken;
static unsigned int count;

static void *eat(void *unused)
{
	(void)unused;
	for (;; usleep(PAUSE_US)) {
		if (opptel_word != NULL && *opptel_word != 0) {
			while (count < pool->size && operations->dequeue(pool, &taken[count], 1) == 0)
				count++;
		} else if (count != 0) {
			operations->enqueue(pool, taken, count);
			count = 0;
		}
	}
	return NULL;
}

/* Workers keep none for themselves: otherwise they would hardly notice. */
struct rte_mempool *rte_pktmbuf_pool_create(
	const char *name, unsigned int mbufs, unsigned int cache, uint16_t private_size, uint16_t room, int socket)
{
	/* DPDK is known to who calls, not to this library. */
	Dl_info caller;
	void *shim = dladdr(__builtin_return_address(0), &caller) == 0
			     ? NULL
			     : dlopen(caller.dli_fname, RTLD_NOW | RTLD_NOLOAD);
	__typeof__(rte_pktmbuf_pool_create) *create =
		shim == NULL ? NULL : (__typeof__(create))dlsym(shim, "rte_pktmbuf_pool_create");
	struct rte_mempool_ops_table *table = shim == NULL ? NULL : dlsym(shim, "rte_mempool_ops_table");
	pthread_t thread;

	(void)cache;
	opptel_find_word();
	if (create == NULL || table == NULL)
		abort();
	pool = create(name, mbufs, 0, private_size, room, socket);
	taken = calloc(mbufs, sizeof(*taken));
	if (pool == NULL || taken == NULL)
		abort();
	operations = &table->ops[pool->ops_index];
	if (pthread_create(&thread, NULL, eat, NULL) != 0)
		abort();
	return pool;
}
