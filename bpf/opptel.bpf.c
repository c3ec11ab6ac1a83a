/* SPDX-License-Identifier: MIT */
/* The packet path, and the maps: samplers, each an object of its own in samplers/, are loaded onto the maps of this one. */
#include "egress.bpf.h"
#include "publish.bpf.h"
#include "opptel/producer.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Nobody's value: it brings every shared type into the object's BTF, where the daemon and the tests check their views. */
const volatile union {
	struct opptel_footer footer;
	struct opptel_value value;
	struct opptel_sample sample;
	struct opptel_control control;
	struct opptel_beacon beacon;
	struct opptel_beacon_boost boost;
	struct opptel_event event;
	struct opptel_publish publish;
	struct opptel_store store;
	struct opptel_tag_keys tag_keys;
	struct opptel_hello hello;
	struct opptel_declare declare;
	struct opptel_withdraw withdraw;
	struct opptel_answer answer;
	enum opptel_trailer_flag trailer_flag;
	enum opptel_control_kind control_kind;
	enum opptel_beacon_flag beacon_flag;
	enum opptel_egress_reason egress_reason;
	enum opptel_strip_reason strip_reason;
	enum opptel_entity_kind entity_kind;
	enum opptel_event_type event_type;
	enum opptel_run_slot run_slot;
	enum opptel_memory_slot memory_slot;
	enum opptel_slot_state slot_state;
	enum opptel_histogram_layout histogram_layout;
	enum opptel_message_kind message_kind;
	enum opptel_metric_kind metric_kind;
	enum opptel_encoding encoding;
	enum opptel_producer_verdict producer_verdict;
} opptel_layouts = {};
