/* SPDX-License-Identifier: MIT */
/*
 * What DPDK and the libraries below it (libbpf, libxdp, libpcap) print: to standard error at all times, but
 * held back while the control thread does something whose failure it will explain itself. Only that thread
 * holds and takes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_log.h>

#include "opptel_dpdk.h"

static int output = -1, errors = -1, held = -1;

/* Lets a standard stream end elsewhere; gives what it was, or -1 when nothing was changed. */
static int redirect(FILE *stream, int target)
{
	int saved;

	fflush(stream);
	saved = target < 0 ? -1 : fcntl(fileno(stream), F_DUPFD_CLOEXEC, 3);
	if (saved >= 0)
		dup2(target, fileno(stream));
	return saved;
}

static void restore(FILE *stream, int *saved)
{
	fflush(stream);
	if (*saved < 0)
		return;
	dup2(*saved, fileno(stream));
	close(*saved);
	*saved = -1;
}

void opptel_log_install(void)
{
	rte_openlog_stream(stderr);
}

/* Standard output goes nowhere meanwhile: EAL prints a usage text of a hundred lines there when it fails. */
void opptel_log_hold(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	held = memfd_create("opptel_log", MFD_CLOEXEC);
	errors = redirect(stderr, held);
	output = redirect(stdout, null);
	if (null >= 0)
		close(null);
}

/* The end of what was held, as far as it fits: the last messages are the ones that say why. */
uint32_t opptel_log_take(char *text, uint32_t size)
{
	ssize_t length = 0;
	off_t end;

	restore(stdout, &output);
	restore(stderr, &errors);
	if (held < 0)
		return 0;
	end = lseek(held, 0, SEEK_END);
	if (end > 0)
		length = pread(held, text, size, end > (off_t)size ? end - (off_t)size : 0);
	close(held);
	held = -1;
	return length > 0 ? (uint32_t)length : 0;
}
