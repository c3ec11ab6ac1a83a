# shellcheck shell=bash
# What every script here shares. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Read by the scripts that source this file.
# shellcheck disable=SC2034
out=$root/out
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1
# Daemons and administration tools lie in sbin, which a login shell's path may lack.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# The programs look for .NET in its usual places and here: one that lies elsewhere is known by its command alone.
if [[ -z ${DOTNET_ROOT:-} ]] && command -v dotnet >/dev/null; then
	DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
	export DOTNET_ROOT
fi

say() { printf '%s\n' "$*" >&2; }

# fail CODE MESSAGE: ends the script; codes are those of the programs (sysexits.h).
fail() {
	local code=$1
	shift
	say "${0##*/}: $*"
	exit "$code"
}

# need_value OPTION VALUE...: ends the script when an option stands last.
need_value() { (($# > 1)) || fail 64 "$1 needs a value"; }

require_root() {
	[[ $EUID == 0 ]] || fail 77 "needs root, because it $1; run it as root"
}

on_terminal() { [[ -t 1 && ${TERM:-dumb} != dumb ]]; }

# step TITLE COMMAND...: one line while it runs, its time when it is done, its output only when it fails.
step() {
	local title=$1 log code=0 begin=$SECONDS
	shift
	log=$(mktemp)
	printf '  %-34s ' "$title" >&2
	"$@" >"$log" 2>&1 </dev/null || code=$?
	if ((code == 0)); then
		say "done, $((SECONDS - begin)) s"
	else
		say "failed with $code"
		cat "$log" >&2
	fi
	rm -f "$log"
	return "$code"
}

# wait_for SECONDS WHAT COMMAND...: polls a condition.
wait_for() {
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || { say "no sign of $what"; return 1; }
		sleep 0.05
	done
}
