# shellcheck shell=bash disable=SC2154
# The programs and a workload in a testbed, for whatever shows or measures them. Sourced after common.sh; the sourcing script
# sets name, that of the testbed, folder, that of its files, and url, the aggregator's, before it calls what needs them.

declare -A pids=()

testbed() {
	local action=$1
	shift
	"$root/scripts/testbed" "$action" --name "$name" "$@"
}
testbed_network() { "$root/scripts/testbed" exec network --name "$name" -- "$@"; }

# launch TITLE ROLE COMMAND...: in a session of its own, so that Ctrl-C reaches this script alone.
launch() {
	local title=$1 role=$2 options=()
	shift 2
	[[ $title != opptel-aggregator ]] || options=(--unprivileged)
	setsid "$root/scripts/testbed" exec "$role" --name "$name" "${options[@]}" -- "$@" >"$folder/$title.log" 2>&1 </dev/null &
	pids[$title]=$!
}

# require_alive TITLE...: ends the script with the log of what died.
require_alive() {
	local title
	for title in "$@"; do
		kill -0 "${pids[$title]}" 2>/dev/null && continue
		say "$title ended:"
		tail -n 20 "$folder/$title.log" >&2
		exit 1
	done
}

stop() {
	local title
	for title in "$@"; do
		[[ -n ${pids[$title]:-} ]] || continue
		kill -TERM "${pids[$title]}" 2>/dev/null || true
		wait "${pids[$title]}" 2>/dev/null || true
		unset "pids[$title]"
	done
}

summary() { curl -sf --max-time 5 "$url/api/v1/summary"; }
# grep -q would end before curl has written all, whose failure would be taken for that of the whole.
has_lease() { [[ $(curl -sf --max-time 5 "$url/metrics" | grep -c '^opptel_dataplane_lease_seconds{.*} 0\.') -gt 0 ]]; }
has_records() { [[ $(summary | jq '.totals.records') -gt 0 ]]; }

start_programs() {
	launch opptel-dataplane dpu "$out/opptel-dataplane" run --config "$folder/dataplane.yaml"
	wait_for 30 'the segment' test -e "$folder/segment" || require_alive opptel-dataplane
	launch opptel-aggregator dpu "$out/opptel-aggregator" run --config "$folder/aggregator.yaml"
	launch opptel-host host "$out/opptel-host" run --config "$folder/host.yaml"
	wait_for 30 'a lease' has_lease || require_alive opptel-dataplane opptel-aggregator opptel-host
	wait_for 30 'records' has_records || require_alive opptel-dataplane opptel-aggregator opptel-host
}

start_workload() {
	launch nginx host nginx -c "$folder/nginx.conf" -p "$folder"
	launch redis-server host redis-server --bind 10.77.0.1 --protected-mode no --save '' --dir "$folder"
	wait_for 10 'nginx' testbed_network curl -sf http://10.77.0.1/ || require_alive nginx
	wait_for 10 'redis' testbed_network redis-cli -h 10.77.0.1 ping || require_alive redis-server
	launch wrk network wrk -t1 -c4 -d 1000h http://10.77.0.1/
	launch redis-benchmark network redis-benchmark -h 10.77.0.1 -c 4 -d 128 -t set,get -l -q
}
