/* SPDX-License-Identifier: MIT */
/*
 * Layouts that other languages rely on, and the sizes in which two builds of one DPDK release can differ
 * although they share a SONAME (cache line size, build options).
 */
#include <dlfcn.h>
#include <link.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <opptel/control.h>
#include <opptel/wire.h>

#include "opptel_dpdk.h"

#define STRUCTURE(type)                                                                                                \
	{                                                                                                              \
#type, 0, sizeof(struct type)                                                                          \
	}
#define FIELD(type, field)                                                                                             \
	{                                                                                                              \
#type "." #field, offsetof(struct type, field), sizeof(((struct type *)0)->field)                      \
	}

static const struct opptel_layout_entry layout[] = {
	STRUCTURE(rte_mbuf),
	FIELD(rte_mbuf, buf_addr),
	FIELD(rte_mbuf, data_off),
	FIELD(rte_mbuf, nb_segs),
	FIELD(rte_mbuf, ol_flags),
	FIELD(rte_mbuf, pkt_len),
	FIELD(rte_mbuf, data_len),
	FIELD(rte_mbuf, next),
	STRUCTURE(opptel_footer),
	FIELD(opptel_footer, stream),
	FIELD(opptel_footer, sequence),
	FIELD(opptel_footer, epoch),
	FIELD(opptel_footer, version_flags),
	FIELD(opptel_footer, checksum),
	FIELD(opptel_footer, length),
	FIELD(opptel_footer, magic),
	STRUCTURE(opptel_value),
	STRUCTURE(opptel_sample),
	STRUCTURE(opptel_control),
	FIELD(opptel_control, counter),
	FIELD(opptel_control, tag),
	STRUCTURE(opptel_beacon),
	STRUCTURE(opptel_beacon_stream),
	STRUCTURE(opptel_beacon_boost),
	FIELD(opptel_beacon, host_instance),
	FIELD(opptel_beacon, lease_ms),
	FIELD(opptel_beacon, epoch),
	FIELD(opptel_beacon, streams),
	FIELD(opptel_beacon, max_trailer),
	FIELD(opptel_beacon, boosts),
	FIELD(opptel_beacon, stream),
	STRUCTURE(opptel_layout_entry),
	STRUCTURE(opptel_size_entry),
	STRUCTURE(opptel_port_info),
	STRUCTURE(opptel_port_config),
	STRUCTURE(opptel_port_stats),
	STRUCTURE(opptel_flow_rule),
	FIELD(opptel_flow_rule, source),
};

const struct opptel_layout_entry *opptel_layout(uint32_t *count)
{
	*count = RTE_DIM(layout);
	return layout;
}

/* Bytes of a data symbol in the library that defines it. */
static uint64_t symbol_size(const void *address)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL)
		return 0;
	return symbol->st_size;
}

uint32_t opptel_sizes(struct opptel_size_entry *entries, uint32_t capacity)
{
	const unsigned int slots = 256;
	struct rte_mempool_objsz object;
	uint32_t count = 0;

	/* With an element of one byte the rest is header, alignment and trailer. */
	rte_mempool_calc_obj_size(1, 0, &object);

	const struct opptel_size_entry found[] = {
		{"rte_ring of 256", RTE_ALIGN(sizeof(struct rte_ring) + slots * sizeof(void *), RTE_CACHE_LINE_SIZE),
			(uint64_t)rte_ring_get_memsize(slots)},
		{"rte_mempool_objhdr", RTE_ALIGN(sizeof(struct rte_mempool_objhdr), RTE_MEMPOOL_ALIGN),
			object.header_size},
		{"rte_eth_fp_ops", sizeof(rte_eth_fp_ops), symbol_size(&rte_eth_fp_ops)},
	};

	for (; count < RTE_DIM(found) && count < capacity; count++)
		entries[count] = found[count];
	return count;
}
