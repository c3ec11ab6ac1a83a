/* SPDX-License-Identifier: MIT */
/* An application with client.h, which does what its input says and answers each line with one. Compiled as C and as C++. */
#include <opptel/client.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#define MOST_CELLS 64

static const struct {
	const char *name;
	enum opptel_metric_kind kind;
	enum opptel_encoding encoding;
} kinds[] = {
	{"counter", OPPTEL_METRIC_COUNTER, OPPTEL_ENCODING_UNSIGNED},
	{"gauge", OPPTEL_METRIC_GAUGE, OPPTEL_ENCODING_DOUBLE},
	{"level", OPPTEL_METRIC_GAUGE, OPPTEL_ENCODING_SIGNED},
	{"histogram", OPPTEL_METRIC_HISTOGRAM, OPPTEL_ENCODING_UNSIGNED},
};

static struct opptel_client client;
static __u64 *cells[MOST_CELLS];

static int declare(const char *kind, int number, const char *name, const char *label)
{
	for (size_t index = 0; index < sizeof(kinds) / sizeof(kinds[0]); index++) {
		struct opptel_metric metric;

		if (strcmp(kinds[index].name, kind))
			continue;
		memset(&metric, 0, sizeof(metric));
		metric.kind = kinds[index].kind;
		metric.encoding = kinds[index].encoding;
		metric.name = name;
		metric.help = "From a test.";
		metric.label[0].name = "label";
		metric.label[0].value = label;
		cells[number] = opptel_declare(&client, &metric);
		return (int)client.verdict;
	}
	return -1;
}

/* Nanoseconds of one addition and of one observation, best of five rounds. */
static void measure(void)
{
	const int rounds = 10000000;
	double best[2] = {1e9, 1e9};

	for (int round = 0; round < 10; round++) {
		struct timespec begin, end;
		double spent;

		timespec_get(&begin, TIME_UTC);
		for (int index = 0; index < rounds; index++) {
			if (round % 2)
				opptel_observe(cells[1], 5000);
			else
				opptel_add(cells[0], 1);
		}
		timespec_get(&end, TIME_UTC);
		spent = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / rounds;
		if (spent < best[round % 2])
			best[round % 2] = spent;
	}
	printf("%.2f %.2f\n", best[0], best[1]);
}

/* Adds in a child, and waits for its end. */
static void add_in_child(int cell, unsigned long long value)
{
	pid_t child = fork();

	if (child < 0)
		exit(3);
	if (!child) {
		opptel_add(cells[cell], value);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static int obey(const char *line)
{
	char kind[32], name[256], label[256];
	unsigned long long value;
	double number;
	int cell;

	if (sscanf(line, "declare %31s %d %255s %255s", kind, &cell, name, label) == 4)
		printf("%d\n", declare(kind, cell, name, label));
	else if (sscanf(line, "add %d %llu", &cell, &value) == 2)
		opptel_add(cells[cell], value), puts("ok");
	else if (sscanf(line, "set %d %lf", &cell, &number) == 2)
		opptel_set_double(cells[cell], number), puts("ok");
	else if (sscanf(line, "observe %d %llu", &cell, &value) == 2)
		opptel_observe(cells[cell], value), puts("ok");
	else if (sscanf(line, "slot %llu", &value) == 1)
		printf("%u\n", opptel_histogram_slot(value));
	else if (sscanf(line, "withdraw %d", &cell) == 1)
		opptel_withdraw(&client, cells[cell]), puts("ok");
	else if (sscanf(line, "fork %d %llu", &cell, &value) == 2)
		add_in_child(cell, value), puts("ok");
	else if (!strncmp(line, "connect", 7))
		cell = opptel_connect(&client), printf("%d %u\n", cell, client.verdict);
	else if (!strncmp(line, "measure", 7))
		measure();
	else
		return 1;
	fflush(stdout);
	return 0;
}

int main(int count, char **arguments)
{
	char line[1024];

	if (count != 4 || opptel_open(&client, arguments[1], arguments[2], (__u32)atoi(arguments[3])))
		return 1;
	printf("%d\n", opptel_is_connected(&client));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (obey(line))
			return 2;
	}
	opptel_close(&client);
	return 0;
}
