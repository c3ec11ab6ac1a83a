/* SPDX-License-Identifier: MIT */
/* switches SOCKET: loads switches.bpf.o onto an array of OppTel's, and ends when the daemon does. */
#include <bpf/libbpf.h>
#include <opptel/client.h>
#include <poll.h>
#include <stdio.h>

#include "switches.h"

static const struct {
	enum cell cell;
	struct opptel_metric metric;
} series[] = {
	{CELL_SWITCHES, {.kind = OPPTEL_METRIC_COUNTER,
				.name = "example_switches_total",
				.help = "Context switches of all CPUs."}},
	{CELL_LAST_CPU,
		{.kind = OPPTEL_METRIC_GAUGE, .name = "example_last_cpu", .help = "CPU of the last context switch."}},
	{CELL_STAY, {.kind = OPPTEL_METRIC_HISTOGRAM,
			    .name = "example_stay_seconds",
			    .help = "Time from one switch of a CPU to its next."}},
};

/* Series take cells in the order in which they are declared. */
static int declare(struct opptel_client *client)
{
	for (size_t index = 0; index < sizeof(series) / sizeof(series[0]); index++) {
		if (opptel_declare(client, &series[index].metric) == &client->cell[series[index].cell])
			continue;
		fprintf(stderr, "%s is refused: verdict %u\n", series[index].metric.name, client->verdict);
		return -1;
	}
	return 0;
}

/* Loads the program with the client's array as its map, and attaches it. */
static struct bpf_link *attach(struct bpf_object *object, int array)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, "count_switch");

	if (bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "cells"), array) || bpf_object__load(object))
		return NULL;
	return bpf_program__attach(program);
}

int main(int count, char **arguments)
{
	const char *path = count > 1 ? arguments[1] : OPPTEL_PRODUCER_PATH;
	const char *file = count > 2 ? arguments[2] : "switches.bpf.o";
	struct opptel_client client;
	struct bpf_object *object;
	struct bpf_link *link;
	struct pollfd end;

	if (opptel_open(&client, path, "example", CELLS) || !opptel_is_connected(&client)) {
		fprintf(stderr, "no daemon at %s takes this program: verdict %u\n", path, client.verdict);
		return 1;
	}
	object = bpf_object__open_file(file, NULL);
	link = object && !declare(&client) ? attach(object, client.map) : NULL;
	if (!link) {
		fprintf(stderr, "cannot run %s: %s\n", file, strerror(errno));
		return 1;
	}
	/* Another daemon makes another array, for which the program has to be loaded again. */
	end = (struct pollfd){.fd = client.socket, .events = POLLIN};
	poll(&end, 1, -1);
	bpf_link__destroy(link);
	bpf_object__close(object);
	opptel_close(&client);
	return 0;
}
