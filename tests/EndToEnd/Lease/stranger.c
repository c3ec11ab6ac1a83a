/* SPDX-License-Identifier: MIT */
/*
 * Somebody else at an interface's egress:
 *   stranger OBJECT INTERFACE tcx before|after
 *   stranger OBJECT INTERFACE clsact PRIORITY
 * Prints the packets and bytes that its program has seen, once it is attached and then for each line of its input; leaves at the end
 * of that. A TCX link goes with it, a filter stays.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TCX_EGRESS 47
#define BEFORE (1U << 3)
#define AFTER (1U << 4)

static void tcx(int program, int interface, const char *where)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = strcmp(where, "before") ? AFTER : BEFORE);

	if (bpf_link_create(program, interface, TCX_EGRESS, &options) < 0)
		err(71, "TCX %s", where);
}

static void clsact(int program, int interface, const char *priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = interface, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = 1, .priority = atoi(priority));
	int result = bpf_tc_hook_create(&hook);

	if (result && result != -EEXIST)
		errx(71, "clsact: %s", strerror(-result));
	result = bpf_tc_attach(&hook, &options);
	if (result)
		errx(71, "priority %s: %s", priority, strerror(-result));
}

static unsigned long long count(int counts, int which)
{
	unsigned long long value;

	if (bpf_map_lookup_elem(counts, &which, &value))
		err(71, "counts");
	return value;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	int program, counts, interface;

	if (argc != 5)
		errx(64, "stranger OBJECT INTERFACE tcx before|after, or clsact PRIORITY");
	/* That the qdisc is there already is no news. */
	libbpf_set_print(NULL);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		err(71, "%s", argv[1]);
	program = bpf_program__fd(bpf_object__find_program_by_name(object, "stranger"));
	counts = bpf_object__find_map_fd_by_name(object, "stranger_counts");
	interface = if_nametoindex(argv[2]);
	if (!interface)
		err(71, "%s", argv[2]);
	(strcmp(argv[3], "tcx") ? clsact : tcx)(program, interface, argv[4]);
	do {
		printf("%llu %llu\n", count(counts, 0), count(counts, 1));
		fflush(stdout);
	} while (getchar() != EOF);
	return 0;
}
