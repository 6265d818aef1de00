#!/usr/bin/env bash
# The systemd units: nothing that `systemd-analyze verify` remarks on, each service at an exposure of
# at most 1.5, every line of theirs as units.list has it, one socket and one service a program, and every
# setting in the example file.
set -euo pipefail
ROOT=$(cd "${LINT_ROOT:-$(dirname "$0")/../..}" && pwd -P)
UNITS=$ROOT/systemd
rc=0

fail() {
	echo "units: $*" >&2
	rc=1
}

# applies UNIT PATTERN...: the last pattern that fits is none with a "!" in front, and there is one.
applies() {
	local unit=$1 pattern yes=1
	shift
	for pattern in "$@"; do
		# shellcheck disable=SC2053 # patterns
		case $pattern in
		!*) [[ $unit != ${pattern#!} ]] || return 1 ;;
		*) [[ $unit != $pattern ]] || yes=0 ;;
		esac
	done
	return $yes
}

# wanted UNIT: its settings by units.list.
wanted() {
	local unit=$1 name=${1#confab-} line here='' patterns
	name=${name%.*}
	while IFS= read -r line; do
		case $line in
		'#'* | '') ;;
		$'\t'*)
			line=${line#?}
			[ -z "$here" ] || printf '%s\n' "${line//NAME/$name}"
			;;
		*)
			read -ra patterns <<<"$line"
			here=
			! applies "$unit" "${patterns[@]}" || here=1
			;;
		esac
	done <"$LIST"
}

# settings UNIT: those it has, each behind its section.
settings() {
	awk '/^\[/ { section = substr($0, 2, length($0) - 2); next }
		/^[#;]/ || /^$/ || /^Description=/ { next }
		{ print section, $0 }' "$UNITS/$1"
}

LIST=$(dirname "$0")/units.list
while read -r unit; do
	diff <(settings "$unit" | sort) <(wanted "$unit" | sort) >&2 || fail "$unit (<) is not as units.list (>) has it"
done < <(cd "$UNITS" && find . -name 'confab*.service' -o -name 'confab*.socket' -o -name confab.target -o \
	-path '*.d/*' | sed 's#^\./##' | sort)
[ "${1:-}" != list ] || exit $rc # for selftest.sh

# A file system of the units, the system's own ones they refer to, and empty programs.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
dir=$tmp/usr/lib/systemd/system
mkdir -p "$dir" "$tmp/usr/lib/confab" "$tmp/usr/sbin" "$tmp/bin"
cp -R /lib/systemd/system/. "$dir/"
cp -R "$UNITS"/confab* "$dir/"
while read -r exe; do
	cp /bin/true "$tmp$exe"
done < <(sed -n 's/^Exec[A-Z][a-z]*=\([^ ]*\).*/\1/p' "$UNITS"/*.service)

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
