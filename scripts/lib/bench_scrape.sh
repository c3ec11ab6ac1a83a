# shellcheck shell=bash disable=SC2154,SC2016
# scripts/bench scrape. Sourced by scripts/bench. The real dataplane forwards what a virtual device reads from a capture again and again, as
# fast as its worker can, and hands trailers to the real aggregator, which has the series of another capture and is scraped.

# Read by scripts/bench.
# shellcheck disable=SC2034
accepts=seconds
page_series=10000 port=9437
benchmarks=$root/tests/Benchmarks/bin/Release/net10.0/OppTel.Benchmarks
declare -A pids=()

table='
	def left($width): . + " " * ([$width - length, 0] | max);
	def right($width): tostring | " " * ([$width - length, 0] | max) + .;
	def tenth: . * 10 | round / 10;
	def million: . / 1e4 | round / 100;
	def spread(f): "\(.median | f) (\(.least | f) to \(.most | f))";
	("\(.series) series, \(.rounds) pairs of rounds of \(.seconds) s" | left(46)) + ("million packets/s" | right(26)),
	("  without scrapes" | left(46)) + (.packets_per_second.without_scrapes | spread(million) | right(26)),
	("  with a scrape each second" | left(46)) + (.packets_per_second.with_scrapes | spread(million) | right(26)),
	("  with / without, pair by pair" | left(46)) + (.with_to_without | spread(. * 1e3 | round / 1e3) | right(26)),
	"",
	("a scrape" | left(22)) + ("ms" | right(24)) + ("ms of CPU" | right(24)) + ("MB" | right(8)),
	(.formats[] | ("  " + .name | left(22)) + (.milliseconds | spread(tenth) | right(24)) + (.cpu_milliseconds | spread(tenth) | right(24))
		+ (.bytes | million | right(8)))'

build_benchmarks() { dotnet build "$root/tests/Benchmarks" -c Release -nologo -verbosity:quiet -nodeReuse:false; }

finish() {
	local code=$? title
	trap - EXIT INT TERM
	for title in "${!pids[@]}"; do
		kill -TERM "${pids[$title]}" 2>/dev/null || true
		wait "${pids[$title]}" 2>/dev/null || true
	done
	rm -rf "$folder"
	exit "$code"
}

write_configurations() {
	cat >"$folder/opptel-dataplane.yaml" <<-END
		workers: [$1]
		memory: 128MiB
		segment: { path: $folder/segment }
		pairs:
		  - name: once
		    host: { driver: vdev, arguments: "net_pcap0,rx_pcap=$folder/once.pcap" }
		    network: { driver: vdev, arguments: "net_null0,no-rx=1" }
		  - name: load
		    host: { driver: vdev, arguments: "net_pcap1,rx_pcap=$folder/load.pcap,infinite_rx=1" }
		    network: { driver: vdev, arguments: "net_null1,no-rx=1" }
	END
	# The host of the series says nothing more; it is not to be taken for one that went away.
	cat >"$folder/opptel-aggregator.yaml" <<-END
		segment: $folder/segment
		listen: 127.0.0.1:$port
		retention: 24h
		recorder: { dump_directory: $folder/dumps }
	END
}

# launch PROGRAM COMMAND...: the program with its configuration, in the background.
launch() {
	local program=$1
	shift
	"$@" "$out/$program" run --config "$folder/$program.yaml" >"$folder/$program.log" 2>&1 </dev/null &
	pids[$program]=$!
}

fail_with_log() {
	tail -n 20 "$folder/$1.log" >&2
	fail 1 "$1 does not get on"
}

# The worker has the last CPU for itself, as on a DPU; everything else shares the others.
start_both() {
	local cpus=$(($(nproc) - 1))
	((cpus > 0)) || fail 69 'needs two CPUs: one is the worker'\''s'
	write_configurations "$cpus"
	launch opptel-dataplane env
	wait_for 30 'the segment' test -e "$folder/segment" || fail_with_log opptel-dataplane
	launch opptel-aggregator taskset -c "0-$((cpus - 1))"
	wait_for 30 'the aggregator' curl -sf "http://127.0.0.1:$port/readyz" || fail_with_log opptel-aggregator
}

bench_scrape() {
	local result
	require_root 'reads devices through DPDK and shares memory with it'
	install_dependencies build demo >&2
	"$root/scripts/build"
	step 'building the measurement' build_benchmarks
	folder=$(mktemp -d /run/opptel-bench.XXXXXX)
	trap finish EXIT
	trap 'exit 130' INT TERM
	"$benchmarks" captures "$folder/once.pcap" "$folder/load.pcap" "$page_series"
	start_both
	say "measuring $rounds pairs of rounds of $seconds s"
	result=$(taskset -c "0-$(($(nproc) - 2))" "$benchmarks" scrapes \
		"$folder/segment" "http://127.0.0.1:$port/metrics" "${pids[opptel-aggregator]}" "$page_series" "$rounds" "$seconds") || fail_with_log opptel-aggregator
	if ((json)); then
		printf '%s\n' "$result"
	else
		jq -r "$table" <<<"$result"
	fi
}
