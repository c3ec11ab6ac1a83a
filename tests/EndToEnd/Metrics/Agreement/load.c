/* SPDX-License-Identifier: MIT */
/*
 * Work of known kinds:
 *   load spawn COUNT PROGRAM...   runs programs to their end, one after the other; prints the number of each process, a line for each
 *                                 program, and at the end the context switches of all of them and of itself
 *   load hop COUNT                goes from CPU to CPU
 *   load crowd CPU COUNT          threads that would all run on one CPU, below everything else, until killed
 *   load disk DEVICE COUNT        reads, writes, flushes and discards of a disk, past the page cache
 *   load touch MEBIBYTES TIMES    faults in memory
 *   load calls COUNT              system calls of every class
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || value < 0)
		errx(64, "'%s' is no number", text);
	return value;
}

static void check(int failed, const char *what)
{
	if (failed)
		err(71, "%s", what);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	check(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

static void spawn(long count, char **programs)
{
	struct rusage usage;
	long kinds = 0, switches = 0, kind = 0;

	while (programs[kinds])
		kinds++;
	for (long done = 0; done < count; done++) {
		char *arguments[] = {programs[done * kinds / count], NULL};
		int status;
		pid_t pid;

		if (done * kinds / count != kind && ++kind)
			printf("\n");
		errno = posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ);
		check(errno, arguments[0]);
		check(wait4(pid, &status, 0, &usage) != pid, "wait4");
		if (status)
			errx(71, "%s ended with %#x", arguments[0], status);
		switches += usage.ru_nvcsw + usage.ru_nivcsw;
		printf("%d ", pid);
	}
	check(getrusage(RUSAGE_SELF, &usage), "getrusage");
	printf("\n%ld\n", switches + usage.ru_nvcsw + usage.ru_nivcsw);
}

static void hop(long count)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (long done = 0; done < count; done++)
		pin(done % cpus);
}

/* Each steps back by itself: who has stepped back could make no others on a busy machine. */
static void *spin(void *unused)
{
	struct sched_param parameters = {};

	check(sched_setscheduler(0, SCHED_IDLE, &parameters), "SCHED_IDLE");
	for (volatile long turns = 0;; turns++)
		;
	return unused;
}

static void crowd(int cpu, long count)
{
	pthread_t thread;

	pin(cpu);
	for (long made = 1; made < count; made++)
		check((errno = pthread_create(&thread, NULL, spin, NULL)), "pthread_create");
	spin(NULL);
}

static void disk(const char *device, long count)
{
	int file = open(device, O_RDWR | O_DIRECT);
	uint64_t size, discarded[2] = {0, 1 << 20};
	char *block;

	check(file < 0, device);
	check(ioctl(file, BLKGETSIZE64, &size), "BLKGETSIZE64");
	check((errno = posix_memalign((void **)&block, 4096, 1 << 16)), "posix_memalign");
	memset(block, 1, 1 << 16);
	for (long done = 0; done < count; done++) {
		size_t length = 4096 << done % 5;
		off_t place = (off_t)(done * 7919 % (size >> 16)) << 16;

		check(pwrite(file, block, length, place) != length, "pwrite");
		check(pread(file, block, length, place) != length, "pread");
		if (done % 10 == 0)
			check(fsync(file), "fsync");
		discarded[0] = place & ~((1ULL << 20) - 1);
		if (done % 40 == 0)
			check(ioctl(file, BLKDISCARD, discarded), "BLKDISCARD");
	}
}

static void touch(long mebibytes, long times)
{
	size_t size = mebibytes << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory == MAP_FAILED, "mmap");
	check(madvise(memory, size, MADV_NOHUGEPAGE), "madvise");
	for (long time = 0; time < times; time++) {
		for (size_t place = 0; place < size; place += 4096)
			memory[place] += 1;
	}
}

/* Sleeps are of many lengths, so that their histogram is wide. */
static void calls(long count)
{
	int zero = open("/dev/zero", O_RDWR), pair[2], word = 0;
	struct pollfd poll_entry = {.fd = zero, .events = POLLIN};
	char bytes[4096] = {};

	check(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
	for (long done = 0; done < count; done++) {
		struct timespec nap = {.tv_nsec = 1000 * (1 + done % 50)};
		struct stat status;
		void *page;
		int file;

		check(read(zero, bytes, sizeof(bytes)) != sizeof(bytes), "read");
		check(write(zero, bytes, 1) != 1, "write");
		check(poll(&poll_entry, 1, 0) < 0, "poll");
		check(send(pair[0], bytes, 64, 0) != 64 || recv(pair[1], bytes, 64, 0) != 64, "datagram");
		check(stat("/etc/passwd", &status), "stat");
		check((file = open("/etc/passwd", O_RDONLY)) < 0 || close(file), "open");
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(page == MAP_FAILED || munmap(page, 4096), "mmap");
		check(kill(getpid(), 0), "kill");
		check(syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0, "futex");
		if (done % 8 == 0)
			check(nanosleep(&nap, NULL), "nanosleep");
	}
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "spawn"))
		spawn(number(argv[2]), argv + 3);
	else if (argc == 3 && !strcmp(argv[1], "hop"))
		hop(number(argv[2]));
	else if (argc == 4 && !strcmp(argv[1], "crowd"))
		crowd(number(argv[2]), number(argv[3]));
	else if (argc == 4 && !strcmp(argv[1], "disk"))
		disk(argv[2], number(argv[3]));
	else if (argc == 4 && !strcmp(argv[1], "touch"))
		touch(number(argv[2]), number(argv[3]));
	else if (argc == 3 && !strcmp(argv[1], "calls"))
		calls(number(argv[2]));
	else if (argc > 1)
		errx(64, "what is '%s'?", argv[1]);
	/* Without arguments it is a program that ends at once. */
	return 0;
}
