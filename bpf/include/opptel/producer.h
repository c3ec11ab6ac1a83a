/* SPDX-License-Identifier: MIT */
/*
 * How programs bring metrics of their own, version 1. BPF exporters and applications take the same way: client.h and
 * producer.bpf.h are built on this, and so can be clients in other languages.
 *
 * A producer connects to the daemon's Unix socket (SOCK_SEQPACKET: each message is one packet) and says hello. The answer brings
 * the descriptor of a BPF array (SCM_RIGHTS) that the daemon made for this producer alone: its cells, one __u64 each, mmap-ed or
 * used by a BPF program. An update is a store into a cell; the daemon looks at what changed every few milliseconds. Who holds the
 * descriptor of one array can write no other. What a cell means is declared by further messages, each of which is answered, in
 * order. Its series live as long as the connection. Who sends a descriptor to the daemon gets EPERM; kernels before 6.16 take it, and
 * have the daemon wait while they close it.
 *
 * Values are absolute: a counter's cell holds its total. Fields are in the host's byte order, texts end with a zero byte.
 */
#ifndef OPPTEL_PRODUCER_H
#define OPPTEL_PRODUCER_H

#include "histogram.h"

#define OPPTEL_PRODUCER_VERSION 1
#define OPPTEL_PRODUCER_TEXT 128 /* bytes of a name or a label's value, with the zero byte */
#define OPPTEL_PRODUCER_HELP 256
#define OPPTEL_PRODUCER_LABELS 8
#define OPPTEL_PRODUCER_LABEL_BYTES 700 /* of the names and values of a series together, without zero bytes */

/* The first word of each message. */
enum opptel_message_kind {
	OPPTEL_MESSAGE_HELLO = 1,    /* struct opptel_hello, the first message and no other */
	OPPTEL_MESSAGE_DECLARE = 2,  /* struct opptel_declare */
	OPPTEL_MESSAGE_WITHDRAW = 3, /* struct opptel_withdraw */
};

enum opptel_metric_kind {
	OPPTEL_METRIC_COUNTER = 1,
	OPPTEL_METRIC_GAUGE = 2,
	OPPTEL_METRIC_HISTOGRAM = 3, /* takes OPPTEL_HISTOGRAM_SLOTS cells, each of which counts one bucket */
};

/* How a cell holds its value. */
enum opptel_encoding {
	OPPTEL_ENCODING_UNSIGNED = 1, /* the lower 48 bits; counters may wrap there. Histograms have no other. */
	OPPTEL_ENCODING_SIGNED = 2,   /* two's complement, the lower 48 bits; gauges only */
	OPPTEL_ENCODING_DOUBLE = 3, /* IEEE 754, of which the upper 48 bits travel; what is not finite is passed over */
};

/* Append only: in lower case and without the prefix these are labels of opptel_host_producer_messages_total. */
enum opptel_producer_verdict {
	OPPTEL_PRODUCER_ACCEPTED = 0,
	OPPTEL_PRODUCER_BAD_MESSAGE = 1,    /* no message has this kind and length; the connection ends */
	OPPTEL_PRODUCER_OTHER_VERSION = 2,  /* the connection ends */
	OPPTEL_PRODUCER_OUT_OF_TURN = 3,    /* before the hello, or a second one; the connection ends */
	OPPTEL_PRODUCER_BAD_NAME = 4,       /* not Prometheus spelling, or not with the ending of its kind */
	OPPTEL_PRODUCER_BAD_TEXT = 5,       /* without a zero byte, or not UTF-8; a producer's name is not empty */
	OPPTEL_PRODUCER_BAD_LABELS = 6,     /* not Prometheus spelling, twice, reserved, or too long together */
	OPPTEL_PRODUCER_BAD_KIND = 7,       /* unknown kind or encoding, or a pair that does not go together */
	OPPTEL_PRODUCER_BAD_SCALE = 8,      /* not finite, or not above 0 */
	OPPTEL_PRODUCER_BAD_CELLS = 9,      /* none, more than are given, or outside of one's own */
	OPPTEL_PRODUCER_CELL_TAKEN = 10,    /* another series has one of the cells */
	OPPTEL_PRODUCER_SERIES_TAKEN = 11,  /* name and labels are another series' */
	OPPTEL_PRODUCER_RESERVED_NAME = 12, /* a sampler's, OppTel's own, or StatsD's */
	OPPTEL_PRODUCER_OTHER_KIND = 13, /* the name has had another kind, encoding or scale since the daemon started */
	OPPTEL_PRODUCER_TOO_MANY_PRODUCERS = 14, /* the connection ends */
	OPPTEL_PRODUCER_TOO_OFTEN = 15,  /* connections or series that come and go faster than for good reason */
	OPPTEL_PRODUCER_NAME_TAKEN = 16, /* the process has a producer of this name; the connection ends */
	OPPTEL_PRODUCER_TOO_MANY_NAMES = 17,
	OPPTEL_PRODUCER_TOO_MANY_SERIES = 18, /* no slots are left */
	OPPTEL_PRODUCER_NOT_DECLARED = 19,    /* no series begins at this cell */
	OPPTEL_PRODUCER_NO_MAP = 20,          /* the kernel gave none; the connection ends */
	OPPTEL_PRODUCER_SILENT = 21,          /* no hello for a while: the connection ends */
	OPPTEL_PRODUCER_DEAF = 22,            /* its answers are not read: the connection ends */
};

struct opptel_hello {
	__u32 kind;
	__u32 version;
	__u32 cells; /* wanted */
	__u32 reserved;
	char name[OPPTEL_PRODUCER_TEXT]; /* the label "producer"; a process has at most one producer of a name */
};

struct opptel_label {
	char name[OPPTEL_PRODUCER_TEXT];
	char value[OPPTEL_PRODUCER_TEXT];
};

/* A series. Whoever reads it sees the labels "producer" and "process_pid" too; one without a value is none. */
struct opptel_declare {
	__u32 kind;
	__u32 cell;     /* its first */
	__u32 metric;   /* enum opptel_metric_kind */
	__u32 encoding; /* enum opptel_encoding */
	double scale;   /* a cell's value times this is in the unit that the name says */
	char name[OPPTEL_PRODUCER_TEXT];
	char help[OPPTEL_PRODUCER_HELP];
	struct opptel_label label[OPPTEL_PRODUCER_LABELS]; /* up to the first without a name */
};

/* The end of a series; its cells can be declared anew. */
struct opptel_withdraw {
	__u32 kind;
	__u32 cell; /* its first */
};

/* What becomes of each message. The one to a hello that is accepted brings the array's descriptor. */
struct opptel_answer {
	__u32 kind;    /* of the message */
	__u32 verdict; /* enum opptel_producer_verdict */
	__u32 cell;    /* of the message; 0 for a hello */
	__u32 cells;   /* that the producer has; where there were too many, how many it could have */
};

OPPTEL_ASSERT(sizeof(struct opptel_hello) == 144);
OPPTEL_ASSERT(sizeof(struct opptel_declare) == 2456);
OPPTEL_ASSERT(sizeof(struct opptel_withdraw) == 8);
OPPTEL_ASSERT(sizeof(struct opptel_answer) == 16);

#endif /* OPPTEL_PRODUCER_H */
