/* SPDX-License-Identifier: MIT */
/* Ports: found by name or by the kernel's netdev, brought up without any offload, taken down. */
#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_string_fns.h>

#include "opptel_dpdk.h"

/* The first port at or after `from`, or -ENODEV. */
int opptel_port_next(uint16_t from)
{
	uint64_t port = rte_eth_find_next(from);

	return port < RTE_MAX_ETHPORTS ? (int)port : -ENODEV;
}

int opptel_port_by_name(const char *name)
{
	uint16_t port;
	int result = rte_eth_dev_get_port_by_name(name, &port);

	return result < 0 ? result : port;
}

int opptel_port_info(uint16_t port, struct opptel_port_info *info)
{
	struct rte_eth_dev_info device;
	int result = rte_eth_dev_info_get(port, &device);

	if (result < 0)
		return result;
	memset(info, 0, sizeof(*info));
	rte_strscpy(info->driver, device.driver_name, sizeof(info->driver));
	info->if_index = device.if_index;
	info->max_rx_queues = device.max_rx_queues;
	info->max_tx_queues = device.max_tx_queues;
	return rte_eth_dev_get_mtu(port, &info->mtu);
}

/* A frame that needs several mbufs takes a driver that may spread and gather; most offer it as an offload. */
static void allow_segments(
	struct rte_eth_conf *conf, const struct rte_eth_dev_info *device, const struct opptel_port_config *config)
{
	if (config->frame_room <= rte_pktmbuf_data_room_size(config->pool) - RTE_PKTMBUF_HEADROOM)
		return;
	conf->rxmode.offloads = device->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	conf->txmode.offloads = device->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

static int set_up_queues(uint16_t port, const struct rte_eth_dev_info *device, const struct rte_eth_conf *conf,
	const struct opptel_port_config *config)
{
	uint16_t receive = config->descriptors, send = config->descriptors;
	struct rte_eth_rxconf rx = device->default_rxconf;
	struct rte_eth_txconf tx = device->default_txconf;
	int socket = rte_eth_dev_socket_id(port);
	int result = rte_eth_dev_adjust_nb_rx_tx_desc(port, &receive, &send);

	rx.offloads = conf->rxmode.offloads;
	tx.offloads = conf->txmode.offloads;
	for (uint16_t queue = 0; result == 0 && queue < config->queues; queue++)
		result = rte_eth_rx_queue_setup(port, queue, receive, (unsigned int)socket, &rx, config->pool);
	for (uint16_t queue = 0; result == 0 && queue < config->queues; queue++)
		result = rte_eth_tx_queue_setup(port, queue, send, (unsigned int)socket, &tx);
	return result;
}

int opptel_port_configure(uint16_t port, const struct opptel_port_config *config)
{
	struct rte_eth_dev_info device;
	struct rte_eth_conf conf;
	int result = rte_eth_dev_info_get(port, &device);

	if (result < 0)
		return result;
	memset(&conf, 0, sizeof(conf));
	conf.rxmode.mtu = config->mtu;
	allow_segments(&conf, &device, config);
	result = rte_eth_dev_configure(port, config->queues, config->queues, &conf);
	if (result == 0 && config->mtu != 0)
		result = rte_eth_dev_set_mtu(port, config->mtu);
	return result != 0 ? result : set_up_queues(port, &device, &conf, config);
}

int opptel_port_start(uint16_t port)
{
	int result = rte_eth_dev_start(port);

	if (result < 0)
		return result;
	result = rte_eth_promiscuous_enable(port);
	/* Drivers that see every frame anyway have no such switch. */
	return result == -ENOTSUP ? 0 : result;
}

int opptel_port_stop(uint16_t port)
{
	int stopped = rte_eth_dev_stop(port);
	int closed = rte_eth_dev_close(port);

	return stopped < 0 ? stopped : closed;
}

int opptel_port_stats(uint16_t port, struct opptel_port_stats *stats)
{
	struct rte_eth_stats counters;
	int result = rte_eth_stats_get(port, &counters);

	if (result < 0)
		return result;
	stats->missed = counters.imissed;
	stats->errors = counters.ierrors;
	stats->no_mbuf = counters.rx_nombuf;
	stats->send_errors = counters.oerrors;
	return 0;
}

int opptel_port_mac(uint16_t port, uint8_t mac[6])
{
	struct rte_ether_addr address;
	int result = rte_eth_macaddr_get(port, &address);

	if (result == 0)
		memcpy(mac, address.addr_bytes, sizeof(address.addr_bytes));
	return result;
}
