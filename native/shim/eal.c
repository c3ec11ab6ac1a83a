/* SPDX-License-Identifier: MIT */
/* Start and end of DPDK, and its virtual devices. */
#include <errno.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "opptel_dpdk.h"

/* Pins the calling thread to the main lcore's CPUs. */
int opptel_eal_init(int argc, char **argv)
{
	opptel_log_install();
	if (rte_eal_init(argc, argv) >= 0)
		return 0;
	return rte_errno != 0 ? -rte_errno : -EINVAL;
}

int opptel_eal_cleanup(void)
{
	return rte_eal_cleanup();
}

/* Arguments as of --vdev or -a: a name, or a bus address, and the driver's own after a comma. */
int opptel_device_probe(const char *arguments)
{
	return rte_dev_probe(arguments);
}
