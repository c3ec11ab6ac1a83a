# shellcheck shell=bash disable=SC2154,SC2016
# scripts/bench daemon. Sourced by scripts/bench.

# shellcheck source=scripts/lib/run.sh
source "$root/scripts/lib/run.sh"

# Read by scripts/bench and by run.sh.
# shellcheck disable=SC2034
accepts=seconds
name=bench folder=/run/opptel-testbed/bench
ticks_per_second=$(getconf CLK_TCK)
accounting=/proc/sys/kernel/bpf_stats_enabled
accounted=$(<"$accounting")

restore() { printf '%s\n' "$accounted" >"$accounting"; }

# Clock ticks that a process has used, its ended threads included.
ticks_of() { sed 's/^.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'; }
memory_of() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
records() { summary | jq .totals.records; }

host_metrics() { "$root/scripts/testbed" exec host --name "$name" -- curl -sf http://127.0.0.1:9436/metrics; }
exporter_metrics() { "$root/scripts/testbed" exec host --name "$name" -- curl -sf http://127.0.0.1:9100/metrics; }

# Run time of all BPF programs of the daemon, in seconds.
program_seconds() { host_metrics | awk '/^opptel_host_program_run_seconds_total/ {sum += $NF} END {printf "%.6f\n", sum}'; }

scrape_each_second() {
	while :; do
		exporter_metrics >/dev/null || true
		sleep 1
	done
}

start_exporter() {
	launch prometheus-node-exporter host prometheus-node-exporter --web.listen-address=127.0.0.1:9100
	wait_for 10 'prometheus-node-exporter' exporter_metrics || require_alive prometheus-node-exporter
	scrape_each_second &
	pids[scrapes]=$!
}

# measure_round: one JSON object; CPU in percent of one core, memory in bytes, values that reached the DPU or a scrape.
measure_round() {
	local host=${pids[opptel-host]} exporter=${pids[prometheus-node-exporter]} begin before_host before_exporter before_records
	begin=$(date +%s.%N)
	before_host=$(ticks_of "$host") before_exporter=$(ticks_of "$exporter") before_records=$(records)
	sleep "$seconds"
	require_alive "${!pids[@]}"
	jq -n --argjson time "$(echo "$(date +%s.%N) - $begin" | bc)" --argjson hz "$ticks_per_second" \
		--argjson host $(($(ticks_of "$host") - before_host)) --argjson exporter $(($(ticks_of "$exporter") - before_exporter)) \
		--argjson records $(($(records) - before_records)) \
		--argjson host_kib "$(memory_of "$host")" --argjson exporter_kib "$(memory_of "$exporter")" \
		'{host_cpu: (100 * $host / $hz / $time), exporter_cpu: (100 * $exporter / $hz / $time), host_rss: (1024 * $host_kib),
		  exporter_rss: (1024 * $exporter_kib), host_values: ($records / $time)}'
}

# The kernel's account of the programs costs some time itself: not while the others are measured.
measure_programs() {
	local before
	echo 1 >"$accounting"
	before=$(program_seconds)
	sleep "$seconds"
	jq -n --argjson used "$(echo "$(program_seconds) - $before" | bc)" --argjson time "$seconds" '{programs_cpu: (100 * $used / $time)}'
	restore
}

# Median, least and most of each figure.
spread='reduce (.[0] | keys[]) as $key ({}; .[$key] = ([$rounds[][$key]] | sort | {median: .[length / 2 | floor], least: first, most: last}))'

table='
	def pad($width): tostring | " " * ($width - length) + .;
	def cpu: "\(.median * 100 | round / 100) % (\(.least * 100 | round / 100) to \(.most * 100 | round / 100))";
	def mb: "\(.median / 1e5 | round / 10) MB";
	"                                    CPU of one core        memory     values/s",
	"opptel-host               \(.host_cpu | cpu | pad(25)) \(.host_rss | mb | pad(13)) \(.host_values.median | round | pad(12))",
	"  its programs, in kernel \(.programs_cpu * 100 | round / 100 | "\(.) %" | pad(25))",
	"prometheus-node-exporter  \(.exporter_cpu | cpu | pad(25)) \(.exporter_rss | mb | pad(13)) \(.exporter_values | pad(12))"'

finish() {
	local code=$?
	trap - EXIT INT TERM
	restore
	stop "${!pids[@]}"
	testbed down
	exit "$code"
}

# The testbed, with the programs and the workload in it.
start_testbed() {
	require_root 'makes network namespaces and loads BPF programs'
	install_dependencies build demo bench >&2
	"$root/scripts/build"
	! testbed status >/dev/null || fail 69 "a benchmark is running already, or was killed; run: scripts/testbed down --name $name"
	trap finish EXIT
	trap 'exit 130' INT TERM
	testbed up
	url=http://$(<"$folder/address"):9435
	start_programs
	start_workload
}

bench_daemon() {
	local round all=() programs result
	start_testbed
	start_exporter
	say "measuring $rounds rounds of $seconds s"
	sleep 5
	for ((round = 0; round < rounds; round++)); do all+=("$(measure_round)"); done
	programs=$(measure_programs)
	result=$(printf '%s\n' "${all[@]}" | jq -s --argjson programs "$programs" --argjson values "$(exporter_metrics | grep -vc '^#')" \
		". as \$rounds | $spread + \$programs + {exporter_values: \$values, rounds: \$rounds}")
	if ((json)); then
		printf '%s\n' "$result"
	else
		jq -r "$table" <<<"$result"
	fi
}
