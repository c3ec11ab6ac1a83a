/* SPDX-License-Identifier: MIT */
/*
 * DPDK's log: held back while the control thread does something whose failure it will explain itself, to
 * standard error at all other times.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_log.h>

#include "opptel_dpdk.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char held[8192];
static size_t used;
static bool holding;

/* Keeps the end: the last messages are the ones that say why. */
static void append(const char *bytes, size_t size)
{
	if (size > sizeof(held)) {
		bytes += size - sizeof(held);
		size = sizeof(held);
	}
	if (used + size > sizeof(held)) {
		size_t surplus = used + size - sizeof(held);

		memmove(held, held + surplus, used - surplus);
		used -= surplus;
	}
	memcpy(held + used, bytes, size);
	used += size;
}

static ssize_t sink(void *cookie, const char *bytes, size_t size)
{
	ssize_t written = (ssize_t)size;

	(void)cookie;
	pthread_mutex_lock(&lock);
	if (holding)
		append(bytes, size);
	else
		written = write(STDERR_FILENO, bytes, size);
	pthread_mutex_unlock(&lock);
	return written;
}

void opptel_log_install(void)
{
	static const cookie_io_functions_t functions = {.write = sink};
	FILE *stream = fopencookie(NULL, "w", functions);

	/* Without memory for a stream DPDK goes on logging where it does by default. */
	if (stream == NULL)
		return;
	setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	rte_openlog_stream(stream);
}

void opptel_log_hold(void)
{
	pthread_mutex_lock(&lock);
	used = 0;
	holding = true;
	pthread_mutex_unlock(&lock);
}

uint32_t opptel_log_take(char *text, uint32_t size)
{
	size_t length;

	pthread_mutex_lock(&lock);
	length = used < size ? used : size;
	memcpy(text, held + used - length, length);
	used = 0;
	holding = false;
	pthread_mutex_unlock(&lock);
	return (uint32_t)length;
}
