# shellcheck shell=bash disable=SC2154,SC2016
# scripts/bench aggregator. Sourced by scripts/bench. No testbed: the measurement fills a ring as the dataplane does, and lets the
# aggregator's own drain thread empty it.

table='
	def pad($width): tostring | " " * ($width - length) + .;
	def million: . / 1e4 | round / 100;
	"drain thread, \(.values) values a trailer, \(.series) series      trailers/s           ns/trailer    CPU ns: drain   fold",
	(.cases | to_entries[] | "  \(.key + " " * (40 - (.key | length)))\(.value.trailers_per_second | "\(.median | million) M (\(.least | million) to \(.most | million))" | pad(24))\(.value.ns_per_trailer.median | round | pad(12))\(.value.drain_cpu_ns_per_trailer | round | pad(16))\(.value.fold_cpu_ns_per_trailer | round | pad(7))\(if .value.values_lost > 0 then "  \(.value.values_lost) values lost" else "" end)")'

bench_aggregator() {
	local result
	result=$(mktemp)
	install_dependencies build >&2
	say "building"
	dotnet build "$root/tests/Aggregator" -c Release -nologo -v q >&2
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
