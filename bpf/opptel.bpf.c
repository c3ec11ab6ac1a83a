/* SPDX-License-Identifier: MIT */
/* Everything that runs in the host's kernel, as one object: the programs share their maps. */
#include "egress.bpf.h"
#include "publish.bpf.h"
#include "sched.bpf.h"

/* GPL-compatible: the tracing helpers ask for it. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";
