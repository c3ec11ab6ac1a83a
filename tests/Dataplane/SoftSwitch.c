/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the dataplane by a test: the switch of a SmartNIC in software, on top of whatever driver has the ports. Rules
 * are taken in the place of the driver and applied to what its ports receive: only what no rule takes reaches the program.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_malloc.h>

#define RULES 32

struct rte_flow {
	uint16_t from, to;
	uint32_t priority;
	struct rte_ether_hdr spec, mask;
	int drops, used;
};

static struct rte_flow rules[RULES];
static const struct rte_eth_rxtx_callback *hooks[RTE_MAX_ETHPORTS][16];

static int refuse(struct rte_flow_error *error, const char *why)
{
	return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, why);
}

/* Knows the one shape of rules that the dataplane makes, and nothing else. */
static int parse(const struct rte_flow_attr *attr, const struct rte_flow_item pattern[],
	const struct rte_flow_action actions[], struct rte_flow *rule, struct rte_flow_error *error)
{
	const struct rte_flow_item_eth *spec = pattern[1].spec, *mask = pattern[1].mask;

	if (!attr->transfer || attr->ingress || attr->egress || attr->group != 0)
		return refuse(error, "only rules of the switch are known");
	if (pattern[0].type != RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT || pattern[1].type != RTE_FLOW_ITEM_TYPE_ETH ||
		pattern[2].type != RTE_FLOW_ITEM_TYPE_END || actions[1].type != RTE_FLOW_ACTION_TYPE_END)
		return refuse(error, "no such pattern is known");
	memset(rule, 0, sizeof(*rule));
	rule->from = ((const struct rte_flow_item_ethdev *)pattern[0].spec)->port_id;
	rule->priority = attr->priority;
	rule->spec = spec->hdr;
	rule->mask = mask->hdr;
	rule->drops = actions[0].type == RTE_FLOW_ACTION_TYPE_DROP;
	if (!rule->drops && actions[0].type != RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT)
		return refuse(error, "no such action is known");
	if (!rule->drops)
		rule->to = ((const struct rte_flow_action_ethdev *)actions[0].conf)->port_id;
	return 0;
}

static int matches(const struct rte_flow *rule, uint16_t port, const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *), *spec = (const void *)&rule->spec,
		      *mask = (const void *)&rule->mask;

	if (!rule->used || rule->from != port || mbuf->data_len < sizeof(rule->spec))
		return 0;
	for (size_t at = 0; at < sizeof(rule->spec); at++) {
		if ((frame[at] ^ spec[at]) & mask[at])
			return 0;
	}
	return 1;
}

static uint16_t switch_frames(
	uint16_t port, uint16_t queue, struct rte_mbuf *mbufs[], uint16_t count, uint16_t room, void *context)
{
	uint16_t kept = 0;

	(void)room;
	(void)context;
	for (uint16_t index = 0; index < count; index++) {
		const struct rte_flow *best = NULL;

		for (int rule = 0; rule < RULES; rule++) {
			if (matches(&rules[rule], port, mbufs[index]) &&
				(best == NULL || rules[rule].priority < best->priority))
				best = &rules[rule];
		}
		if (best == NULL)
			mbufs[kept++] = mbufs[index];
		else if (best->drops || rte_eth_tx_burst(best->to, queue, &mbufs[index], 1) != 1)
			rte_pktmbuf_free(mbufs[index]);
	}
	return kept;
}

int rte_flow_pick_transfer_proxy(uint16_t port, uint16_t *proxy, struct rte_flow_error *error)
{
	(void)error;
	*proxy = port;
	return 0;
}

int rte_flow_validate(uint16_t port, const struct rte_flow_attr *attr, const struct rte_flow_item pattern[],
	const struct rte_flow_action actions[], struct rte_flow_error *error)
{
	struct rte_flow rule;

	(void)port;
	return parse(attr, pattern, actions, &rule, error);
}

struct rte_flow *rte_flow_create(uint16_t port, const struct rte_flow_attr *attr, const struct rte_flow_item pattern[],
	const struct rte_flow_action actions[], struct rte_flow_error *error)
{
	struct rte_eth_dev_info device;
	struct rte_flow *free = NULL;

	for (int rule = 0; rule < RULES; rule++)
		free = rules[rule].used ? free : &rules[rule];
	if (free == NULL || parse(attr, pattern, actions, free, error) != 0 || rte_eth_dev_info_get(port, &device) != 0)
		return NULL;
	for (uint16_t queue = 0; queue < device.nb_rx_queues && queue < 16; queue++) {
		if (hooks[free->from][queue] == NULL)
			hooks[free->from][queue] = rte_eth_add_rx_callback(free->from, queue, switch_frames, NULL);
	}
	free->used = 1;
	return free;
}

int rte_flow_destroy(uint16_t port, struct rte_flow *flow, struct rte_flow_error *error)
{
	int left = 0;

	(void)port;
	(void)error;
	flow->used = 0;
	for (int rule = 0; rule < RULES; rule++)
		left += rules[rule].used;
	fprintf(stderr, "switch: %d rules left\n", left);
	return 0;
}
