/* SPDX-License-Identifier: MIT */
/* Start and end of DPDK, and its virtual devices. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "opptel_dpdk.h"

/* Sends one of the standard streams to /dev/null and gives what it was, or -1. */
static int silence(FILE *stream)
{
	int saved, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stream);
	if (null < 0)
		return -1;
	saved = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 3);
	if (saved >= 0)
		dup2(null, fileno(stream));
	close(null);
	return saved;
}

static void restore(FILE *stream, int saved)
{
	fflush(stream);
	if (saved < 0)
		return;
	dup2(saved, fileno(stream));
	close(saved);
}

/*
 * Pins the calling thread to the main lcore's CPUs. Besides its log, EAL prints a usage text of a hundred
 * lines on failure; the log alone tells why it failed.
 */
int opptel_eal_init(int argc, char **argv)
{
	int output, errors, result;

	opptel_log_install();
	output = silence(stdout);
	errors = silence(stderr);
	result = rte_eal_init(argc, argv);
	restore(stderr, errors);
	restore(stdout, output);
	if (result >= 0)
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
