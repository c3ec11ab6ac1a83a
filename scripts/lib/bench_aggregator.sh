# shellcheck shell=bash disable=SC2154,SC2016
# scripts/bench aggregator. Sourced by scripts/bench. No testbed: the measurement fills a ring as the dataplane does, and lets the
# aggregator's own drain thread empty it.

table='
	def left($width): . + " " * ($width - length);
	def right($width): tostring | " " * ($width - length) + .;
	def million: . / 1e4 | round / 100;
	"\(.values) values a trailer, \(.series) series" as $title |
	($title | left(42)) + ("million trailers/s" | right(24)) + ("CPU ns a trailer: drain, fold, store" | right(38)) + ("lost" | right(8)),
	(.cases | to_entries[] | ("  " + (.key | gsub("_"; " ")) | left(42))
		+ (.value.trailers_per_second | "\(.median | million) (\(.least | million) to \(.most | million))" | right(24))
		+ (.value.drain_cpu_ns_per_trailer | round | right(26)) + (.value.fold_cpu_ns_per_trailer | round | right(6))
		+ (.value.store_cpu_ns_per_trailer | round | right(6)) + (.value.values_lost + .value.records_lost | right(8)))'

build_measurement() { dotnet build "$root/tests/Aggregator" -c Release -nologo -verbosity:quiet -nodeReuse:false; }

bench_aggregator() {
	local result
	result=$(mktemp)
	step 'building the measurement' build_measurement
	say "measuring $rounds rounds of each case"
	OPPTEL_ROUNDS=$rounds OPPTEL_RESULT=$result "$root/tests/Aggregator/bin/Release/net10.0/OppTel.Aggregator.Tests" \
		-class '*.Throughput.Measurements' -explicit only -noColor >&2
	if ((json)); then
		jq . "$result"
	else
		jq -r "$table" "$result"
	fi
	rm "$result"
}
