/* SPDX-License-Identifier: MIT */
/*
 * Metrics of an application, in C or C++: this header and producer.h beside it are all that is needed.
 *
 *	struct opptel_client client;
 *	struct opptel_metric orders = {.kind = OPPTEL_METRIC_COUNTER, .name = "shop_orders_total", .help = "Orders taken."};
 *
 *	opptel_open(&client, OPPTEL_PRODUCER_PATH, "shop", 256);
 *	__u64 *cell = opptel_declare(&client, &orders);
 *	opptel_add(cell, 1);
 *
 * An update is one store or one atomic addition, without a system call, from any thread. Without a daemon the same cells are
 * plain memory. opptel_connect, called now and then, finds a daemon that has come, or has come again: the cells stay where they
 * are and keep their values, so that totals go on; what another thread adds during that call can be lost. It also declares again
 * what the daemon had no room for.
 *
 * open, connect, declare, withdraw and close are for one thread at a time. The daemon answers a message at its next look at its
 * producers, so that each takes one interval (`producers.interval`, 10 ms unless configured, 100 ms at most; the first one up to 60 ms):
 * declare and withdraw one, connect one for the hello and one for each series. An answer is waited for a second at most.
 *
 * A child of fork counts into the same cells until one of the two finds another daemon: then those are the caller's alone, and what the
 * other one counts is lost. One of the two alone may call these functions. The series live until both have ended.
 */
#ifndef OPPTEL_CLIENT_H
#define OPPTEL_CLIENT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "producer.h"

/* Where a daemon listens whose configuration says so; the unit file makes the folder. */
#ifndef OPPTEL_PRODUCER_PATH
#define OPPTEL_PRODUCER_PATH "/run/opptel-host/producers.sock"
#endif

/* A series that is to be declared again to another daemon, or to this one, when it has no room yet. */
struct opptel_series {
	struct opptel_declare declare;
	int is_waiting;
};

struct opptel_client {
	int socket;    /* -1 while there is no daemon */
	int map;       /* the array's descriptor, -1 without one; for bpf_map__reuse_fd */
	__u32 verdict; /* enum opptel_producer_verdict of the last message */
	__u32 series;
	__u32 turn;                     /* the series that is declared again next */
	time_t asked;                   /* when the last one was */
	__u64 *cell;                    /* hello.cells of them */
	struct opptel_series *declared; /* the series */
	struct opptel_hello hello;
	struct sockaddr_un address;
	__u64 nowhere[OPPTEL_HISTOGRAM_SLOTS]; /* the cells of what found none */
};

struct opptel_tag {
	const char *name;
	const char *value;
};

struct opptel_metric {
	enum opptel_metric_kind kind;
	enum opptel_encoding encoding; /* 0 stands for unsigned */
	double scale;                  /* 0 stands for 1, or for nanoseconds of a histogram in seconds */
	const char *name;
	const char *help;
	struct opptel_tag label[OPPTEL_PRODUCER_LABELS]; /* up to the first without a name */
};

/* Adds to a counter, or to a gauge that is not a double. */
OPPTEL_INLINE void opptel_add(__u64 *cell, __u64 delta)
{
	__atomic_fetch_add(cell, delta, __ATOMIC_RELAXED);
}

/* Sets a gauge that is not a double. */
OPPTEL_INLINE void opptel_set(__u64 *cell, __u64 value)
{
	__atomic_store_n(cell, value, __ATOMIC_RELAXED);
}

/* Sets a gauge that is a double. */
OPPTEL_INLINE void opptel_set_double(__u64 *cell, double value)
{
	__u64 bits;

	memcpy(&bits, &value, sizeof(bits));
	opptel_set(cell, bits);
}

/* Counts a value in a histogram: in nanoseconds, where its scale is 1e-9. It is told exactly enough from 1024 to 2^34. */
OPPTEL_INLINE void opptel_observe(__u64 *first, __u64 value)
{
	opptel_add(first + opptel_histogram_slot(value), 1);
}

OPPTEL_INLINE int opptel_is_connected(const struct opptel_client *client)
{
	return client->socket >= 0;
}

/* Bytes of the cells, in whole pages. */
static inline size_t opptel_cells_size(const struct opptel_client *client)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (client->hello.cells * sizeof(__u64) + page - 1) / page * page;
}

static inline void opptel_disconnect(struct opptel_client *client)
{
	if (client->socket >= 0)
		close(client->socket);
	if (client->map >= 0)
		close(client->map);
	client->socket = client->map = -1;
}

/* Receives an answer, and the descriptor that comes with the first one. */
static inline int opptel_take_answer(struct opptel_client *client)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct opptel_answer answer;
	struct iovec part = {&answer, sizeof(answer)};
	struct msghdr message;

	memset(&message, 0, sizeof(message));
	message.msg_iov = &part;
	message.msg_iovlen = 1;
	message.msg_control = &control;
	message.msg_controllen = sizeof(control);
	if (recvmsg(client->socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(answer))
		return -1;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && client->map < 0)
			memcpy(&client->map, CMSG_DATA(header), sizeof(int));
	}
	client->verdict = answer.verdict;
	return 0;
}

/* Sends a message and waits for its answer: 0, whatever the verdict is. A daemon that does not answer is none. */
static inline int opptel_ask(struct opptel_client *client, const void *message, size_t length)
{
	if (send(client->socket, message, length, MSG_NOSIGNAL) == (ssize_t)length && !opptel_take_answer(client))
		return 0;
	opptel_disconnect(client);
	return -1;
}

/* Puts the array where the cells are, with the values that they have. */
static inline int opptel_move_cells(struct opptel_client *client)
{
	size_t size = opptel_cells_size(client);
	__u64 *array = (__u64 *)mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, client->map, 0);

	if (array == MAP_FAILED)
		return -1;
	for (__u32 index = 0; index < client->hello.cells; index++)
		opptel_set(&array[index], __atomic_load_n(&client->cell[index], __ATOMIC_RELAXED));
	munmap(array, size);
	array = (__u64 *)mmap(client->cell, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, client->map, 0);
	return array == MAP_FAILED ? -1 : 0;
}

/* Whether the daemon is still there. */
static inline int opptel_has_daemon(struct opptel_client *client)
{
	char byte;

	if (client->socket < 0)
		return 0;
	if (recv(client->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 1;
	opptel_disconnect(client);
	return 0;
}

/* Whether a series that is refused may be taken later: slots of others come free. */
OPPTEL_INLINE int opptel_has_to_wait(__u32 verdict)
{
	return verdict == OPPTEL_PRODUCER_TOO_MANY_SERIES || verdict == OPPTEL_PRODUCER_TOO_OFTEN;
}

/* Declares what waits, each once, up to the first that has to wait further unless it is told to ask for all. */
static inline int opptel_declare_waiting(struct opptel_client *client, int all)
{
	__u32 refusal = OPPTEL_PRODUCER_ACCEPTED;

	client->asked = time(NULL);
	for (__u32 index = 0; index < client->series; index++) {
		struct opptel_series *series = &client->declared[client->turn++ % client->series];

		if (!series->is_waiting)
			continue;
		if (opptel_ask(client, &series->declare, sizeof(series->declare)))
			return -1;
		series->is_waiting = opptel_has_to_wait(client->verdict);
		if (client->verdict != OPPTEL_PRODUCER_ACCEPTED)
			refusal = client->verdict;
		if (series->is_waiting && !all)
			break;
	}
	client->verdict = refusal;
	return 0;
}

/*
 * Finds the daemon, unless it is found already, and declares what it has not taken yet, once a second. Returns 0, with the verdict of a
 * series that was refused in client->verdict; -1 where there is no daemon, or none that takes this producer: then client->verdict says
 * why.
 */
static inline int opptel_connect(struct opptel_client *client)
{
	struct timeval patience = {1, 0};

	if (opptel_has_daemon(client))
		return time(NULL) == client->asked ? 0 : opptel_declare_waiting(client, 0);
	client->verdict = OPPTEL_PRODUCER_ACCEPTED;
	client->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (client->socket < 0)
		return -1;
	setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(client->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(client->socket, (struct sockaddr *)&client->address, sizeof(client->address)) ||
		opptel_ask(client, &client->hello, sizeof(client->hello)) || client->map < 0 ||
		opptel_move_cells(client)) {
		opptel_disconnect(client);
		return -1;
	}
	client->turn = 0;
	for (__u32 index = 0; index < client->series; index++)
		client->declared[index].is_waiting = 1;
	return opptel_declare_waiting(client, 1);
}

/* Copies a text with its zero byte; -1 where it is too long. What is NULL is empty. */
static inline int opptel_copy_text(char *to, size_t size, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (length >= size)
		return -1;
	if (length)
		memcpy(to, text, length);
	memset(to + length, 0, size - length);
	return 0;
}

/*
 * Makes a producer with so many cells, and connects it if there is a daemon. Returns 0; -1 with errno where the path or the name
 * is too long, or there is no memory.
 */
static inline int opptel_open(struct opptel_client *client, const char *path, const char *name, __u32 cells)
{
	const int anonymous = 0x20; /* MAP_ANONYMOUS, which strict C hides */

	memset(client, 0, sizeof(*client));
	client->socket = client->map = -1;
	client->address.sun_family = AF_UNIX;
	client->hello.kind = OPPTEL_MESSAGE_HELLO;
	client->hello.version = OPPTEL_PRODUCER_VERSION;
	client->hello.cells = cells;
	if (!cells || opptel_copy_text(client->address.sun_path, sizeof(client->address.sun_path), path) ||
		opptel_copy_text(client->hello.name, sizeof(client->hello.name), name)) {
		errno = EINVAL;
		return -1;
	}
	client->cell =
		(__u64 *)mmap(NULL, opptel_cells_size(client), PROT_READ | PROT_WRITE, MAP_SHARED | anonymous, -1, 0);
	if (client->cell == MAP_FAILED)
		return -1;
	opptel_connect(client);
	return 0;
}

static inline __u32 opptel_metric_cells(__u32 kind)
{
	return kind == OPPTEL_METRIC_HISTOGRAM ? OPPTEL_HISTOGRAM_SLOTS : 1;
}

/* The first of so many cells in a row that no series has; may lie beyond those that there are. */
static inline __u32 opptel_free_cells(const struct opptel_client *client, __u32 count)
{
	__u32 first = 0, index = 0;

	while (index < client->series) {
		const struct opptel_declare *other = &client->declared[index++].declare;

		if (first < other->cell + opptel_metric_cells(other->metric) && other->cell < first + count) {
			first = other->cell + opptel_metric_cells(other->metric);
			index = 0;
		}
	}
	return first;
}

static inline int opptel_fill(struct opptel_declare *declare, const struct opptel_metric *metric)
{
	int is_histogram = metric->kind == OPPTEL_METRIC_HISTOGRAM, error;

	memset(declare, 0, sizeof(*declare));
	declare->kind = OPPTEL_MESSAGE_DECLARE;
	declare->metric = metric->kind;
	declare->encoding = metric->encoding ? metric->encoding : OPPTEL_ENCODING_UNSIGNED;
	declare->scale = metric->scale != 0 ? metric->scale : is_histogram ? 1e-9 : 1;
	error = opptel_copy_text(declare->name, sizeof(declare->name), metric->name);
	error |= opptel_copy_text(declare->help, sizeof(declare->help), metric->help);
	for (int index = 0; index < OPPTEL_PRODUCER_LABELS && metric->label[index].name; index++) {
		struct opptel_label *label = &declare->label[index];

		error |= opptel_copy_text(label->name, sizeof(label->name), metric->label[index].name);
		error |= opptel_copy_text(label->value, sizeof(label->value), metric->label[index].value);
	}
	return error;
}

/*
 * Makes a series and returns its first cell, which begins at 0. A series that is refused has a cell too, whose values go nowhere:
 * client->verdict says why. One that is refused for TOO_MANY_SERIES or TOO_OFTEN counts, and opptel_connect declares it again.
 */
static inline __u64 *opptel_declare(struct opptel_client *client, const struct opptel_metric *metric)
{
	__u32 count = opptel_metric_cells(metric->kind);
	struct opptel_series *declared;
	struct opptel_declare *declare;

	declared = (struct opptel_series *)realloc(client->declared, (client->series + 1) * sizeof(*declared));
	client->verdict = OPPTEL_PRODUCER_BAD_CELLS;
	if (!declared)
		return client->nowhere;
	client->declared = declared;
	declare = &declared[client->series].declare;
	declared[client->series].is_waiting = 0;
	client->verdict = OPPTEL_PRODUCER_BAD_TEXT;
	if (opptel_fill(declare, metric))
		return client->nowhere;
	declare->cell = opptel_free_cells(client, count);
	client->verdict = OPPTEL_PRODUCER_BAD_CELLS;
	if (declare->cell + count > client->hello.cells)
		return client->nowhere;
	for (__u32 index = 0; index < count; index++)
		opptel_set(&client->cell[declare->cell + index], 0);
	client->verdict = OPPTEL_PRODUCER_ACCEPTED;
	if (opptel_has_daemon(client) && !opptel_ask(client, declare, sizeof(*declare)) &&
		client->verdict != OPPTEL_PRODUCER_ACCEPTED) {
		if (!opptel_has_to_wait(client->verdict))
			return client->nowhere;
		declared[client->series].is_waiting = 1;
	}
	client->series++;
	return &client->cell[declare->cell];
}

/* Ends a series; its cells are for others from now on. */
static inline void opptel_withdraw(struct opptel_client *client, __u64 *first)
{
	struct opptel_withdraw withdraw = {OPPTEL_MESSAGE_WITHDRAW, (__u32)(first - client->cell)};
	__u32 index = 0;
	int is_waiting;

	if (first == client->nowhere)
		return;
	while (index < client->series && client->declared[index].declare.cell != withdraw.cell)
		index++;
	if (index == client->series)
		return;
	is_waiting = client->declared[index].is_waiting;
	client->declared[index] = client->declared[--client->series];
	if (!is_waiting && opptel_has_daemon(client))
		opptel_ask(client, &withdraw, sizeof(withdraw));
}

/* Ends all series and gives the cells back: nothing may be written to them any more. */
static inline void opptel_close(struct opptel_client *client)
{
	opptel_disconnect(client);
	munmap(client->cell, opptel_cells_size(client));
	free(client->declared);
}

#endif /* OPPTEL_CLIENT_H */
