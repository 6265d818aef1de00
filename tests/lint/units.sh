#!/usr/bin/env bash
# The systemd units: nothing that `systemd-analyze verify` remarks on, each program's service at an exposure of
# at most 1.5, every line of theirs as units.list has it, no drop-in for what is no program, and every setting in the
# example file.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/../harness/common.sh"
ROOT=$(cd "${LINT_ROOT:-$ROOT}" && pwd -P)
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
	local unit=$1 line here='' patterns
	while IFS= read -r line; do
		case $line in
		'#'* | '') ;;
		$'\t'*)
			line=${line#?}
			[ -z "$here" ] || printf '%s\n' "$line"
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

# The services there are: of each program, the second events program, and migrate.
services=()
for name in $(programs_of STAY) events-2 migrate; do
	services+=("confab@$name.service")
done
for dir in "$UNITS"/*.service.d; do
	name=$(basename "$dir" .d)
	[[ $name == confab@.service || " ${services[*]} " == *" $name "* ]] || fail "$name.d is for no program"
done

# A file system of the units, the system's own ones they refer to, and empty programs.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
dir=$tmp/usr/lib/systemd/system
mkdir -p "$dir" "$tmp/usr/lib/confab" "$tmp/usr/sbin" "$tmp/bin"
cp -R /lib/systemd/system/. "$dir/"
cp -R "$UNITS"/confab* "$dir/"
for exe in /bin/kill /usr/sbin/confab $(programs_of STAY | sed -E 's#(^| )#\1/usr/lib/confab/#g'); do
	cp /bin/true "$tmp$exe"
done

said=$(systemd-analyze verify --man=no "--root=$tmp" "${services[@]/#/$dir/}" "$dir"/confab@events-ws.socket \
	"$dir"/confab@events-2-ws.socket "$dir"/confab.target 2>&1) || fail "systemd-analyze verify failed"
[ -z "$said" ] || fail "systemd-analyze verify says: $said"

for unit in "${services[@]}"; do
	score=$(systemd-analyze security --no-pager --offline=true "--root=$tmp" "$unit" 2>&1 |
		sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
	awk -v score="$score" 'BEGIN { exit !(score != "" && score + 0 <= 1.5) }' ||
		fail "$unit has exposure ${score:-unknown}, more than 1.5"
done

while read -r key; do
	grep -qE "^#?${key}(_FILE)?=" "$UNITS/confab.conf.example" ||
		fail "confab.conf.example lacks $key"
done < <(sed -n 's/^CONF_[A-Z]*([a-z0-9_]*, "\([A-Z0-9_]*\)".*/\1/p' "$ROOT/lib/base/conf.def")
exit $rc
