/* SPDX-License-Identifier: MIT */
/* What this library was compiled against, and what it found when it was loaded. */
#include <rte_common.h>
#include <rte_version.h>

#include "opptel_dpdk.h"

uint32_t opptel_abi(void)
{
	return OPPTEL_SHIM_ABI;
}

const char *opptel_version_loaded(void)
{
	return rte_version();
}

const char *opptel_version_compiled(void)
{
	return RTE_VER_PREFIX " " RTE_STR(RTE_VER_YEAR) "." RTE_STR(RTE_VER_MONTH) "." RTE_STR(RTE_VER_MINOR);
}
