/* SPDX-License-Identifier: MIT */
/*
 * The thin DPDK shim. DPDK's fast path is static inline, so somebody has to compile it: this library does,
 * and adds nothing. Every call on the fast path handles a whole burst.
 *
 * Functions that can fail return a negative errno value. What DPDK logged meanwhile tells why:
 * opptel_log_hold() before, opptel_log_take() after.
 */
#ifndef OPPTEL_DPDK_H
#define OPPTEL_DPDK_H

#include <stddef.h>
#include <stdint.h>

/* Moves whenever a function or a structure here changes. */
#define OPPTEL_SHIM_ABI 3

#define OPPTEL_EXPORT __attribute__((visibility("default")))

struct rte_flow;
struct rte_mbuf;
struct rte_mempool;

/* One field or structure; field offsets that C# relies on. */
struct opptel_layout_entry {
	const char *name;
	uint32_t offset;
	uint32_t size;
};

/* One size as this library was compiled, next to what the loaded DPDK says. */
struct opptel_size_entry {
	const char *name;
	uint64_t compiled;
	uint64_t loaded;
};

struct opptel_port_info {
	char driver[64];
	uint32_t if_index; /* of the kernel's netdev; 0: none */
	uint16_t mtu;
	uint16_t max_rx_queues;
	uint16_t max_tx_queues;
	uint16_t reserved;
};

struct opptel_port_config {
	struct rte_mempool *pool;
	uint16_t queues; /* each way */
	uint16_t descriptors;
	uint16_t mtu;        /* 0: leave as it is */
	uint16_t frame_room; /* largest frame that may arrive, in bytes */
};

struct opptel_port_stats {
	uint64_t missed;
	uint64_t errors;
	uint64_t no_mbuf;
	uint64_t send_errors;
};

/* What the switch does with frames that the entity behind one port sends; where a field is zero, any value will do. */
#define OPPTEL_FLOW_NOWHERE 0xFFFF
struct opptel_flow_rule {
	uint16_t from;
	uint16_t to;       /* the port behind which they come out, or OPPTEL_FLOW_NOWHERE */
	uint16_t priority; /* 0 comes first */
	uint16_t ether_type;
	uint8_t source[6];
	uint8_t destination[6];
};

/* version.c */
OPPTEL_EXPORT uint32_t opptel_abi(void);
OPPTEL_EXPORT const char *opptel_version_loaded(void);
OPPTEL_EXPORT const char *opptel_version_compiled(void);

/* layout.c */
OPPTEL_EXPORT const struct opptel_layout_entry *opptel_layout(uint32_t *count);
OPPTEL_EXPORT uint32_t opptel_sizes(struct opptel_size_entry *entries, uint32_t capacity);

/* log.c */
void opptel_log_install(void);
OPPTEL_EXPORT void opptel_log_hold(void);
OPPTEL_EXPORT uint32_t opptel_log_take(char *text, uint32_t size);

/* eal.c */
OPPTEL_EXPORT int opptel_eal_init(int argc, char **argv);
OPPTEL_EXPORT int opptel_eal_cleanup(void);
OPPTEL_EXPORT int opptel_device_probe(const char *arguments);

/* packet_socket.c */
OPPTEL_EXPORT int opptel_packet_socket_setup(void);

/* port.c */
OPPTEL_EXPORT int opptel_port_next(uint16_t from);
OPPTEL_EXPORT int opptel_port_by_name(const char *name);
OPPTEL_EXPORT int opptel_port_info(uint16_t port, struct opptel_port_info *info);
OPPTEL_EXPORT int opptel_port_configure(uint16_t port, const struct opptel_port_config *config);
OPPTEL_EXPORT int opptel_port_start(uint16_t port);
OPPTEL_EXPORT int opptel_port_stop(uint16_t port);
OPPTEL_EXPORT int opptel_port_stats(uint16_t port, struct opptel_port_stats *stats);
OPPTEL_EXPORT int opptel_port_mac(uint16_t port, uint8_t mac[6]);

/* flow.c; reasons are the driver's own words, empty when it has none */
OPPTEL_EXPORT int opptel_flow_proxy(uint16_t port, char *reason, uint32_t size);
OPPTEL_EXPORT int opptel_flow_validate(
	uint16_t proxy, const struct opptel_flow_rule *rule, char *reason, uint32_t size);
OPPTEL_EXPORT struct rte_flow *opptel_flow_create(
	uint16_t proxy, const struct opptel_flow_rule *rule, int *result, char *reason, uint32_t size);
OPPTEL_EXPORT int opptel_flow_destroy(uint16_t proxy, struct rte_flow *flow, char *reason, uint32_t size);

/* netdev.c */
OPPTEL_EXPORT int opptel_netdev_mtu(const char *name);
OPPTEL_EXPORT int opptel_netdev_merges(const char *name);
OPPTEL_EXPORT int opptel_netdev_index(const char *name);

/* pool.c */
OPPTEL_EXPORT struct rte_mempool *opptel_pool_create(
	const char *name, uint32_t mbufs, uint32_t cache, uint32_t frame_room, int *error);
OPPTEL_EXPORT uint32_t opptel_pool_available(const struct rte_mempool *pool);
OPPTEL_EXPORT uint32_t opptel_pool_object_size(uint32_t frame_room);
OPPTEL_EXPORT void opptel_pool_free(struct rte_mempool *pool);

/* burst.c */
OPPTEL_EXPORT uint16_t opptel_rx_burst(
	uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint64_t *boottime_ns);
OPPTEL_EXPORT uint16_t opptel_tx_burst(
	uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint32_t retries);
OPPTEL_EXPORT void opptel_free_burst(struct rte_mbuf **mbufs, uint16_t count);
OPPTEL_EXPORT int opptel_send_copy(
	uint16_t port, uint16_t queue, struct rte_mempool *pool, const void *frame, uint16_t length);

/* mbuf.c */
OPPTEL_EXPORT int opptel_mbuf_copy(const struct rte_mbuf *mbuf, uint32_t offset, uint32_t length, void *destination);
OPPTEL_EXPORT int opptel_mbuf_truncate(struct rte_mbuf *mbuf, uint32_t length);

/* lcore.c */
OPPTEL_EXPORT int opptel_lcore_launch(uint32_t lcore, int (*function)(void *), void *argument);
OPPTEL_EXPORT int opptel_lcore_wait(uint32_t lcore);
OPPTEL_EXPORT int opptel_set_timer_slack(uint64_t ns);
OPPTEL_EXPORT uint64_t opptel_sleep(uint64_t ns);

/* guard.c */
OPPTEL_EXPORT int opptel_guard_memory(void *start, uint64_t size);

#endif /* OPPTEL_DPDK_H */
