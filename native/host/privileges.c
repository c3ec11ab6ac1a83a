/* SPDX-License-Identifier: MIT */
/*
 * Giving capabilities up. They belong to a thread, and each thread can only give up its own: where a managed runtime has
 * threads of its own, a signal brings every one of them to do so, and /proc tells when all have.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define TICK_NS 1000000L
#define TICKS_PER_MS (1000000L / TICK_NS)

static volatile uint64_t kept;

/* Async-signal-safe: system calls alone. */
static int keep_own(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (int word = 0; word < 2; word++) {
		data[word].permitted &= (uint32_t)(keep >> (32 * word));
		data[word].effective &= data[word].permitted;
		data[word].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data))
		return -errno;
	/* Nor does a program that is executed bring them back. */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

static void on_signal(int number)
{
	int before = errno;

	(void)number;
	keep_own(kept);
	errno = before;
}

/* A real-time signal that nobody handles; 0 when there is none. */
static int free_signal(void)
{
	struct sigaction action;

	for (int number = SIGRTMAX; number > SIGRTMIN; number--) {
		if (!sigaction(number, NULL, &action) && action.sa_handler == SIG_DFL)
			return number;
	}
	return 0;
}

/* What a thread of this process may use; 0 when it has ended. */
static uint64_t permitted(const char *thread)
{
	char path[64], line[256];
	unsigned long long found = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", thread);
	status = fopen(path, "re");
	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "CapPrm: %llx", &found) == 1)
			break;
	}
	fclose(status);
	return found;
}

/* Signals every thread that has more than it keeps. Returns how many those were, or -errno. */
static int remind(int number)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *entry;
	int reminded = 0;

	if (!threads)
		return -errno;
	while ((entry = readdir(threads))) {
		if (entry->d_name[0] == '.' || !(permitted(entry->d_name) & ~kept))
			continue;
		reminded++;
		syscall(SYS_tgkill, getpid(), atoi(entry->d_name), number);
	}
	closedir(threads);
	return reminded;
}

/* Takes every capability but these from the calling thread, for good. Bits are numbered as in linux/capability.h. */
EXPORT int opptel_keep_own_capabilities(uint64_t keep)
{
	return keep_own(keep);
}

/*
 * Takes every capability but these from all threads, and from those that they start later. -ETIMEDOUT when a thread has not
 * followed in so many ms, -EAGAIN when no signal is free.
 */
EXPORT int opptel_keep_capabilities(uint64_t keep, uint32_t timeout_ms)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct timespec tick = {.tv_nsec = TICK_NS};
	int number = free_signal(), reminded;

	if (!number)
		return -EAGAIN;
	kept = keep;
	if (sigaction(number, &action, NULL))
		return -errno;
	for (long ticks = timeout_ms * TICKS_PER_MS; (reminded = remind(number)) > 0 && ticks > 0; ticks--)
		nanosleep(&tick, NULL);
	/* A second reminder may still be on its way to a thread. */
	action.sa_handler = SIG_IGN;
	sigaction(number, &action, NULL);
	return reminded > 0 ? -ETIMEDOUT : reminded;
}
