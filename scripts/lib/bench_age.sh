# shellcheck shell=bash disable=SC2154,SC2016
# scripts/bench age. Sourced by scripts/bench. The measurement makes a testbed of its own, and plays patterns of traffic in it.

# Read by scripts/bench.
# shellcheck disable=SC2034
accepts=seconds

table='
	def left($width): . + " " * ($width - length);
	def right($width): tostring | " " * ($width - length) + .;
	def ms: if . == null then "-" else . * 10 | round / 10 end;
	def worst($key): map(.[$key]) | max;
	"age at the DPU in ms; bound \(.figures[0].bound_ms)       changing each ms                    changing rarely      per second",
	("pattern" | left(22)) + (["p50", "p99", "p99.9", "max", "p50", "max"] | map(right(9)) | add) + ("heartbeats" | right(12)) + ("carriers" | right(10))
		+ ("machine'"'"'s gap" | right(15)),
	(.figures | group_by(.pattern)[] | sort_by(.steady.p999_ms) | .[length / 2 | floor] as $one |
		($one.pattern | gsub("_"; " ") | left(22))
		+ ($one | [.steady.p50_ms, .steady.p99_ms, .steady.p999_ms, .steady.max_ms, .rare.p50_ms, .rare.max_ms] | map(ms | right(9)) | add)
		+ ($one.heartbeats_per_second | ms | right(12)) + ($one.carriers_per_second | ms | right(10)) + ($one.longest_gap_ms | ms | right(15)))'

build_measurement() { dotnet build "$root/tests/EndToEnd" -c Release -nologo -verbosity:quiet -nodeReuse:false; }

bench_age() {
	local result
	require_root 'makes network namespaces and loads BPF programs'
	install_dependencies build demo bench >&2
	"$root/scripts/build"
	result=$(mktemp)
	step 'building the measurement' build_measurement
	say "measuring $rounds rounds of six patterns, $seconds s each"
	OPPTEL_ROUNDS=$rounds OPPTEL_SECONDS=$seconds OPPTEL_RESULT=$result "$root/tests/EndToEnd/bin/Release/net10.0/OppTel.EndToEnd.Tests" \
		-class '*.Ages.AgeMeasurements' -explicit only -noColor >&2
	if ((json)); then
		jq . "$result"
	else
		jq -r "$table" "$result"
	fi
	rm "$result"
}
