#!/usr/bin/env bash
# Installs what the system lacks, and nothing that is there: deps.sh run | test | bench [--list].
#	run	what building and running takes
#	test	that, and what the tests take (with npm packages under build/npm)
#	bench	that, and what it is compared with (Go of Debian; npm packages under build/peers)
# Uses root only for apt-get. Debian's own PostgreSQL cluster and services are not started: the
# system runs its own under build/.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/common.sh"

RUN_PKGS="gcc libc6-dev make pkgconf libfcgi-dev libwslay-dev libpq-dev libjson-c-dev libjwt-dev
libcurl4-openssl-dev libssl-dev libargon2-dev liboath-dev libsystemd-dev nginx postgresql-15
postgresql-client-15 libjs-bootstrap5 curl jq procps"
TEST_PKGS="libcunit1-dev clang clang-format libclang-rt-14-dev systemd prometheus shellcheck universal-ctags
chromium gettext oathtool nodejs npm python3 wrk perl-base mmdebstrap systemd-container"
BENCH_PKGS="golang-go golang-github-gin-gonic-gin-dev golang-github-jackc-pgx-v4-dev
golang-github-golang-jwt-jwt-dev valgrind"

installed() {
	dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# have NAME: any package that does the work of NAME counts.
have() {
	case $1 in
	nginx) [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null ;;
	pkgconf) command -v pkg-config >/dev/null ;;
	postgresql-15) installed "$1" || [ -x /usr/lib/postgresql/15/bin/postgres ] ;;
	systemd) command -v systemd-analyze >/dev/null ;;
	systemd-container) command -v systemd-nspawn >/dev/null ;;
	prometheus) command -v promtool >/dev/null ;;
	clang | clang-format | nodejs | npm | python3 | wrk | mmdebstrap | chromium | curl | jq | gcc | make | shellcheck)
		installed "$1" || command -v "${1%js}" >/dev/null
		;;
	*) installed "$1" ;;
	esac
}

missing() {
	local pkg
	for pkg in "$@"; do
		if have "$pkg"; then
			continue
		fi
		case $pkg in
		nginx) echo nginx-light ;;
		*) echo "$pkg" ;;
		esac
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

can_be_root() {
	[ "$(id -u)" = 0 ] && return 0
	command -v sudo >/dev/null || return 1
	sudo -n true 2>/dev/null || { [ -t 0 ] && [ -t 2 ]; }
}

POLICY=/usr/sbin/policy-rc.d
CLUSTER_CONF=/etc/postgresql-common/createcluster.conf
POLICY_MADE='' CLUSTER_SAVED=''

restore() {
	[ -z "$POLICY_MADE" ] || as_root rm -f "$POLICY"
	[ -z "$CLUSTER_SAVED" ] || as_root mv -f "$CLUSTER_CONF.confab-saved" "$CLUSTER_CONF"
	POLICY_MADE='' CLUSTER_SAVED=''
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "$@" >>"$LOG" 2>&1 </dev/null
}

# No service starts while packages are installed, and no cluster "main" is made.
hold_services() {
	trap restore EXIT
	if [ ! -e "$POLICY" ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
		as_root chmod 755 "$POLICY"
		POLICY_MADE=1
	fi
	case " $* " in
	*" postgresql-15 "*)
		installed postgresql-common || apt install --no-install-recommends postgresql-common
		if [ -f "$CLUSTER_CONF" ]; then
			as_root cp -p "$CLUSTER_CONF" "$CLUSTER_CONF.confab-saved"
			CLUSTER_SAVED=1
			echo 'create_main_cluster = false' | as_root tee -a "$CLUSTER_CONF" >/dev/null
		fi
		;;
	esac
}

# What was installed here for its programs alone is not started at the next boot either.
disable_services() {
	local pkg unit
	[ -d /run/systemd/system ] || return 0
	for pkg in "$@"; do
		case $pkg in
		nginx-light) unit=nginx ;;
		postgresql-15) unit=postgresql ;;
		prometheus) unit=prometheus ;;
		*) continue ;;
		esac
		as_root systemctl disable "$unit" >>"$LOG" 2>&1 || :
	done
}

install_debian() {
	command -v apt-get >/dev/null || step_failed \
		"this is not Debian; please install the counterparts of: $*"
	can_be_root || step_failed "root is needed once; run this, then try again:
	  apt-get install --no-install-recommends $*"
	apt update || step_failed "apt-get update failed" "$LOG"
	hold_services "$@" || step_failed "apt-get install failed" "$LOG"
	apt install --no-install-recommends "$@" || step_failed "apt-get install failed" "$LOG"
	restore
	disable_services "$@"
}

# install_npm SOURCE PLACE: the same lock file gives the same tree, installed again only when that
# changed.
install_npm() {
	local src=$ROOT/$1 dir=$ROOT/$2
	[ -f "$src/package-lock.json" ] || return 0
	cmp -s "$src/package-lock.json" "$dir/package-lock.json" &&
		[ -f "$dir/node_modules/.package-lock.json" ] && return 0
	step "npm packages of $1"
	mkdir -p "$dir"
	cp "$src/package.json" "$src/package-lock.json" "$dir/"
	(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund) >>"$LOG" 2>&1 </dev/null || {
		rm -f "$dir/package-lock.json"
		step_failed "npm ci failed" "$LOG"
	}
	step_done
}

what=${1:-}
case $what in
run) pkgs=$RUN_PKGS ;;
test) pkgs="$RUN_PKGS $TEST_PKGS" ;;
bench) pkgs="$RUN_PKGS $TEST_PKGS $BENCH_PKGS" ;;
*) die "usage: deps.sh run|test|bench [--list]" ;;
esac
# shellcheck disable=SC2086 # a list of words
mapfile -t lack < <(missing $pkgs)
if [ "${2:-}" = --list ]; then
	[ ${#lack[@]} = 0 ] || printf '%s\n' "${lack[@]}"
	exit 0
fi
LOG=$ROOT/build/deps.log
mkdir -p "$ROOT/build"
: >"$LOG"
step "packages"
if [ ${#lack[@]} -gt 0 ]; then
	[ -n "${QUIET:-}" ] || printf '  installing: %s\n' "${lack[*]}"
	install_debian "${lack[@]}"
	step_done "${#lack[@]} installed"
else
	step_done "all there"
fi
[ "$what" = run ] || install_npm tests/npm build/npm
[ "$what" != bench ] || install_npm tests/bench/peers build/peers
