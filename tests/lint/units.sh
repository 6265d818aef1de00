#!/usr/bin/env bash
# The systemd units: nothing that `systemd-analyze verify` remarks on, each service at an exposure of
# at most 1.5, one socket and one service a program, and every setting in the example file.
set -euo pipefail
ROOT=$(cd "${LINT_ROOT:-$(dirname "$0")/../..}" && pwd -P)
UNITS=$ROOT/systemd
rc=0

fail() {
	echo "units: $*" >&2
	rc=1
}

# A file system of the units, the system's own ones they refer to, and empty programs.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
dir=$tmp/usr/lib/systemd/system
mkdir -p "$dir" "$tmp/usr/lib/confab" "$tmp/usr/sbin"
cp -R /lib/systemd/system/. "$dir/"
cp -R "$UNITS"/confab* "$dir/"
while read -r exe; do
	cp /bin/true "$tmp$exe"
done < <(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$UNITS"/*.service)

said=$(systemd-analyze verify --man=no "--root=$tmp" "$dir"/confab*.service "$dir"/confab*.socket \
	"$dir"/confab.target 2>&1) || fail "systemd-analyze verify failed"
[ -z "$said" ] || fail "systemd-analyze verify says: $said"

for unit in "$UNITS"/confab-*.service; do
	score=$(systemd-analyze security --no-pager --offline=true "$unit" 2>&1 |
		sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
	awk -v score="$score" 'BEGIN { exit !(score != "" && score + 0 <= 1.5) }' ||
		fail "$(basename "$unit") has exposure ${score:-unknown}, more than 1.5"
done

read -ra progs < <(sed -n 's/^PROGS := //p' "$ROOT/Makefile")
for name in "${progs[@]}"; do
	case $name in
	confab) continue ;;
	worker) ;;
	*)
		[ -f "$UNITS/confab-$name.socket" ] || fail "$name has no socket unit"
		grep -q "server unix:/run/confab/$name.sock[; ]" "$ROOT"/nginx/http.conf "$ROOT"/nginx/events-1.conf ||
			fail "$name has no upstream in nginx/"
		;;
	esac
	[ -f "$UNITS/confab-$name.service" ] || fail "$name has no service unit"
	grep -q "^u confab-$name " "$UNITS/confab.sysusers" || fail "$name has no account"
done

while read -r key; do
	grep -qE "^#?${key}(_FILE)?=" "$UNITS/confab.conf.example" ||
		fail "confab.conf.example lacks $key"
done < <(sed -n 's/^CONF_[A-Z]*([a-z0-9_]*, "\([A-Z0-9_]*\)".*/\1/p' "$ROOT/lib/base/conf.def")
exit $rc
