# shellcheck shell=bash
# The demo's live view and summary, from the aggregator's /api/v1/summary. Sourced after common.sh.
# shellcheck disable=SC2016,SC2034 # jq has variables of its own, and the filters are for the script that sources this

summary_filter='
def thousands: tostring | explode | reverse | [range(0; length) as $i | (if $i > 0 and $i % 3 == 0 then 44 else empty end), .[$i]] | reverse | implode;
def count: (. + 0.5 | floor) | thousands;
def time: if . == null then "-" elif . < 1e-3 then "\(. * 1e6 | floor) us" elif . < 1 then "\(. * 1e4 | floor | . / 10) ms" else "\(. * 10 | floor | . / 10) s" end;
def percent(whole): if whole == 0 then "-" else "\(. / whole * 1000 + 0.5 | floor | . / 10) %" end;
def cores: "\(. * 100 + 0.5 | floor | . / 100)";
def process: .labels.process_executable_name;
'

# One line for each second, where the output is no terminal.
line_filter=$summary_filter'"packets \(.packets_per_second | count)/s  carriers \(.carriers_per_second | count)/s  records \(.records_per_second | count)/s  "
+ "age p50 \(.age_p50_seconds | time) p99 \(.age_p99_seconds | time)  lost \(.totals.lost | count)  "
+ "cores " + ([.top_processes[:3][] | "\(process) \(.cpu_cores | cores)"] | join(", "))'

screen_filter=$summary_filter'
"  packets    \(.packets_per_second | count)/s",
"  carriers   \(.carriers_per_second | count)/s, \(.carriers_per_second | percent($s.packets_per_second)) of the packets",
"  records    \(.records_per_second | count)/s",
"  age        p50 \(.age_p50_seconds | time), p99 \(.age_p99_seconds | time)",
"  lost       \(.totals.lost | count) of \(.totals.trailers | count) trailers",
"",
"  host processes, as the DPU sees them          cores",
(.top_processes[:6][] | "    \("\(process) (\(.labels.process_pid))" | .[:40] | . + " " * (42 - length))   \(.cpu_cores | cores)")'

total_filter=$summary_filter'
"  \(.totals.packets | count) packets left the host, \(.totals.carriers | count) of them carried: \(.totals.carriers | percent($s.totals.packets))",
"  \(.totals.records | count) records of \(.series | count) series in \(.totals.trailer_bytes | count) bytes, \(.totals.trailer_bytes | percent($s.totals.bytes)) of the bytes",
"  lost \(.totals.lost | count), missing so far \(.totals.missing | count), duplicate \(.totals.duplicate | count), not decodable \(.totals.undecodable | count); packets dropped \(.totals.send_dropped | count)",
"  age p50 \(.age_p50_seconds | time), p99 \(.age_p99_seconds | time) in the last second"'

render() { jq -r ". as \$s | $1" <<<"$2"; }

# show SECOND SUMMARY: draws over what it drew before, on a terminal.
show() {
	if ! on_terminal; then
		printf '%3d s  %s\n' "$1" "$(render "$line_filter" "$2")"
		return
	fi
	local text
	text=$(printf '  %-10s %d s\n' running "$1"; render "$screen_filter" "$2")
	((drawn == 0)) || printf '\033[%dA\033[J' "$drawn"
	printf '%s\n' "$text"
	drawn=$(wc -l <<<"$text")
}
drawn=0
