/* SPDX-License-Identifier: MIT */
/* Workers are EAL lcores, so that they are pinned and have a cache of mbufs each. */
#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "opptel_dpdk.h"

int opptel_lcore_launch(uint32_t lcore, int (*function)(void *), void *argument)
{
	if (!rte_lcore_is_enabled(lcore))
		return -ENODEV;
	return rte_eal_remote_launch(function, argument, lcore);
}

/* The launched function's result. */
int opptel_lcore_wait(uint32_t lcore)
{
	return rte_eal_wait_lcore(lcore);
}

/* How late the kernel may wake the calling thread; 50 us unless said otherwise. */
int opptel_set_timer_slack(uint64_t ns)
{
	return prctl(PR_SET_TIMERSLACK, ns) < 0 ? -errno : 0;
}

/* Sleeps for `ns` and returns CLOCK_BOOTTIME in ns: an idle worker needs both at once. */
uint64_t opptel_sleep(uint64_t ns)
{
	struct timespec time = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};

	if (ns != 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
	clock_gettime(CLOCK_BOOTTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
