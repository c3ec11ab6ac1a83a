/* SPDX-License-Identifier: MIT */
/* Rules of the switch inside a SmartNIC: what it passes from one port to another without the cores. */
#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_flow.h>
#include <rte_string_fns.h>

#include "opptel_dpdk.h"

/* One rule in DPDK's words; its parts point to each other. */
struct flow_parts {
	struct rte_flow_attr attr;
	struct rte_flow_item_ethdev from;
	struct rte_flow_item_eth spec, mask;
	struct rte_flow_action_ethdev to;
	struct rte_flow_item pattern[3];
	struct rte_flow_action actions[2];
};

static void describe_frame(const struct opptel_flow_rule *rule, struct flow_parts *parts)
{
	static const uint8_t any[6];
	struct rte_ether_hdr *spec = &parts->spec.hdr, *mask = &parts->mask.hdr;

	if (memcmp(rule->source, any, sizeof(any)) != 0) {
		memcpy(&spec->src_addr, rule->source, sizeof(any));
		memset(&mask->src_addr, 0xFF, sizeof(any));
	}
	if (memcmp(rule->destination, any, sizeof(any)) != 0) {
		memcpy(&spec->dst_addr, rule->destination, sizeof(any));
		memset(&mask->dst_addr, 0xFF, sizeof(any));
	}
	if (rule->ether_type != 0) {
		spec->ether_type = rte_cpu_to_be_16(rule->ether_type);
		mask->ether_type = RTE_BE16(0xFFFF);
	}
}

static void describe(const struct opptel_flow_rule *rule, struct flow_parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	parts->attr.transfer = 1;
	parts->attr.priority = rule->priority;
	parts->from.port_id = rule->from;
	parts->to.port_id = rule->to;
	describe_frame(rule, parts);
	parts->pattern[0] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_REPRESENTED_PORT, .spec = &parts->from};
	parts->pattern[1] =
		(struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_ETH, .spec = &parts->spec, .mask = &parts->mask};
	parts->pattern[2] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_END};
	parts->actions[0] =
		rule->to == OPPTEL_FLOW_NOWHERE
			? (struct rte_flow_action){.type = RTE_FLOW_ACTION_TYPE_DROP}
			: (struct rte_flow_action){.type = RTE_FLOW_ACTION_TYPE_REPRESENTED_PORT, .conf = &parts->to};
	parts->actions[1] = (struct rte_flow_action){.type = RTE_FLOW_ACTION_TYPE_END};
}

static void explain(const struct rte_flow_error *error, char *reason, uint32_t size)
{
	rte_strscpy(reason, error->message != NULL ? error->message : "", size);
}

/* The port through which the rules of a port's switch are managed, or a negative errno value. */
int opptel_flow_proxy(uint16_t port, char *reason, uint32_t size)
{
	struct rte_flow_error error = {0};
	uint16_t proxy;
	int result = rte_flow_pick_transfer_proxy(port, &proxy, &error);

	explain(&error, reason, size);
	return result < 0 ? result : proxy;
}

int opptel_flow_validate(uint16_t proxy, const struct opptel_flow_rule *rule, char *reason, uint32_t size)
{
	struct rte_flow_error error = {0};
	struct flow_parts parts;
	int result;

	describe(rule, &parts);
	result = rte_flow_validate(proxy, &parts.attr, parts.pattern, parts.actions, &error);
	explain(&error, reason, size);
	return result;
}

struct rte_flow *opptel_flow_create(
	uint16_t proxy, const struct opptel_flow_rule *rule, int *result, char *reason, uint32_t size)
{
	struct rte_flow_error error = {0};
	struct flow_parts parts;
	struct rte_flow *flow;

	describe(rule, &parts);
	flow = rte_flow_create(proxy, &parts.attr, parts.pattern, parts.actions, &error);
	explain(&error, reason, size);
	*result = flow != NULL ? 0 : rte_errno != 0 ? -rte_errno : -EINVAL;
	return flow;
}

int opptel_flow_destroy(uint16_t proxy, struct rte_flow *flow, char *reason, uint32_t size)
{
	struct rte_flow_error error = {0};
	int result = rte_flow_destroy(proxy, flow, &error);

	explain(&error, reason, size);
	return result;
}
