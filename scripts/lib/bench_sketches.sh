# shellcheck shell=bash disable=SC2154
# scripts/bench sketches. Sourced by scripts/bench.

build_benchmarks() { dotnet build "$root/tests/Benchmarks" -c Release -nologo -verbosity:quiet -nodeReuse:false; }

bench_sketches() {
	local arguments=("$rounds")
	((json == 0)) || arguments+=(json)
	step 'building the benchmarks' build_benchmarks
	say "measuring $rounds rounds"
	"$root/tests/Benchmarks/bin/Release/net10.0/OppTel.Benchmarks" "${arguments[@]}"
}
