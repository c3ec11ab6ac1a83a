# shellcheck shell=bash
# The Debian packages that building, the demo and the tests need, and their installation. Sourced after common.sh.

# package | for what | why
packages='
gcc            | build | the DPDK shim
libc6-dev      | build | the DPDK shim
pkg-config     | build | finds DPDK
meson          | build | builds the shim
ninja-build    | build | builds the shim
libdpdk-dev    | build | DPDK with its drivers
libpcap0.8     | build | capture files of replay
make           | build | builds the BPF programs
clang          | build | compiles the BPF programs
libbpf-dev     | build | BPF headers; the library that loads them
linux-libc-dev | build | kernel headers
nodejs         | build | bundles the live page
npm            | build | brings what the page is made of
iproute2       | demo  | network namespaces
ethtool        | demo  | checksum offloads of the testbed
bpftool        | demo  | shows that no program is left behind
util-linux     | demo  | setpriv: the aggregator without privileges
procps         | demo  | process times
jq             | demo  | reads the live summary
curl           | demo  | scrapes
nginx-light    | demo  | a real server
redis-server   | demo  | a real server
redis-tools    | demo  | redis-benchmark
wrk            | demo  | a real HTTP client
iperf3         | test  | bulk traffic
iputils-ping   | test  | ICMP
tcpdump        | test  | captures on both sides of the dataplane
prometheus     | test  | a real scrape; promtool
victoria-metrics | test | takes remote write, and scrapes
python3-prometheus-client | test | a strict reader of OpenMetrics
prometheus-node-exporter | bench | the peer that the host daemon is measured beside
chromium       | test  | the live page in a real browser
bc             | bench | differences of times
clang-format   | test  | style of C
shellcheck     | test  | style of shell
'

# list_packages WHAT...: names of the packages for these purposes.
list_packages() {
	local name purpose
	while IFS='|' read -r name purpose _; do
		read -r name <<<"$name"
		read -r purpose <<<"$purpose"
		[[ -n $name && " $* " == *" $purpose "* ]] && printf '%s\n' "$name"
	done <<<"$packages"
	return 0
}

missing_packages() {
	local name installed
	installed=" $(dpkg-query -W -f='${Package}:${db:Status-Status} ' 2>/dev/null) "
	for name in $(list_packages "$@"); do
		# Where Node is not Debian's, npm came with it, and Debian's would take its place.
		[[ $name != npm ]] || ! command -v npm >/dev/null || continue
		[[ $installed == *" $name:installed "* ]] || printf '%s\n' "$name"
	done
}

# Debian starts a daemon as soon as its package is installed, and again at boot; here they only lend their binaries.
apt_install() (
	policy=/usr/sbin/policy-rc.d
	export DEBIAN_FRONTEND=noninteractive
	if [[ ! -e $policy ]]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	apt-get update || exit
	apt-get install -y --no-install-recommends "$@" || exit
	for service in nginx redis-server prometheus prometheus-node-exporter victoria-metrics; do
		if [[ " $* " == *" $service"* ]] && command -v systemctl >/dev/null; then
			systemctl disable "$service"
		fi
	done
)

# require_commands: elsewhere than on Debian 12 the operator has to bring what is needed; says what is not there.
require_commands() {
	local command missing=()
	for command in gcc pkg-config meson ninja make clang node npm ip ethtool bpftool setpriv jq curl nginx redis-server redis-benchmark wrk; do
		command -v "$command" >/dev/null || missing+=("$command")
	done
	((${#missing[@]} == 0)) || fail 69 "this is not Debian 12, where missing packages are installed by apt; install these commands: ${missing[*]}"
	say "warning: this is not Debian 12; going on with the commands that are here"
}

require_dotnet() {
	local wanted=10 found
	command -v dotnet >/dev/null || fail 69 "the .NET $wanted SDK is not installed; see https://dotnet.microsoft.com/download"
	found=$(dotnet --version 2>/dev/null) || fail 69 "global.json asks for the .NET $wanted SDK; there are: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ')"
	[[ ${found%%.*} -ge $wanted ]] || fail 69 "the .NET SDK is $found; $wanted is needed"
}

# install_dependencies WHAT...: installs what is missing; does nothing, quickly, when nothing is.
install_dependencies() {
	local missing id=
	require_dotnet
	# shellcheck disable=SC1091
	[[ -r /etc/os-release ]] && id=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
	if [[ $id != 'debian 12' ]]; then
		require_commands
		return
	fi
	mapfile -t missing < <(missing_packages "$@")
	((${#missing[@]})) || return 0
	require_root "installs Debian packages (${missing[*]})"
	step "installing ${#missing[@]} packages" apt_install "${missing[@]}" || fail 69 "apt could not install: ${missing[*]}"
}
