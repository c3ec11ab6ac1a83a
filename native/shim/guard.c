/* SPDX-License-Identifier: MIT */
/*
 * Memory that is shared through a file goes away when the file is cut short, and touching it then ends the
 * process. Whoever may write to the file could do that to the dataplane, which must forward whatever the
 * others do: the lost page is replaced by one of the process's own, so that only telemetry is lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "opptel_dpdk.h"

static uintptr_t guarded, guarded_end, page_size;
static struct sigaction others;
static bool installed;

static void replace_page(int signal, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;
	int saved = errno;

	if (address >= guarded && address < guarded_end &&
		mmap((void *)(address & ~(page_size - 1)), page_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
		errno = saved;
		return;
	}
	if ((others.sa_flags & SA_SIGINFO) != 0) {
		others.sa_sigaction(signal, info, context);
		return;
	}
	/* The access is tried again and ends the process, as it would have without this handler. */
	sigaction(SIGBUS, &others, NULL);
}

/* Guards one range of whole pages for the rest of the process's life, or until another one takes its place. */
int opptel_guard_memory(void *start, uint64_t size)
{
	const struct sigaction ours = {.sa_sigaction = replace_page, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};

	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	guarded_end = 0;
	guarded = (uintptr_t)start;
	guarded_end = guarded + size;
	if (!installed && sigaction(SIGBUS, &ours, &others) < 0)
		return -errno;
	installed = true;
	return 0;
}
