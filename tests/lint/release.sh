#!/usr/bin/env bash
# Programs of a release take no orders of tests: neither the functions nor the names by which a test moves
# the clock or makes something fail are in them. Those of `make run` (B=dev) have the clock, and nothing else of it.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/../harness/common.sh"
cd "$ROOT"
rc=0

for flavour in release dev; do
	env -u MAKEFLAGS make -s -j2 "B=$flavour" all >"build/build-$flavour.log" 2>&1 || {
		tail -n 20 "build/build-$flavour.log" >&2
		exit 1
	}
done
names=$(sed -n 's/^FAIL([A-Z0-9_]*, "\([^"]*\)".*"\([^"]*\)")$/\1\n\2/p' lib/base/fail.def | grep -vx request)

# without PROGRAM SYMBOLS STRINGS
without() {
	local found
	found=$({
		nm "$1" | grep -E " ($2)" || :
		strings "$1" | grep -E "$3" || :
		strings "$1" | grep -Fx "$names" || :
	})
	[ -z "$found" ] || {
		printf '%s has: %s\n' "$1" "${found//$'\n'/, }" >&2
		rc=1
	}
}

read -ra programs <<<"$(programs_of STAY COMMAND)"
[ ${#programs[@]} -ge 10 ] || {
	echo "only the programs ${programs[*]}" >&2
	rc=1
}
for name in "${programs[@]}"; do
	without "build/release/bin/$name" 'fail_|test_map|clock_shift|TEST_' \
		'CONFAB_(TEST|FAIL|STILL|NO_STREAM)|test\.(map|clock)'
	without "build/dev/bin/$name" 'fail_|test_map_record|TEST_' 'CONFAB_(FAIL|STILL|NO_STREAM)'
done
# The same look finds them where they are.
program=build/${B:-test}/bin/chat
[ ! -x "$program" ] || [ "$(nm "$program" | grep -cE ' (fail_point|test_map)$')" = 2 ] || {
	echo "$program has no failpoints either: what is looked for has another name" >&2
	rc=1
}
[ "$(nm build/dev/bin/confab | grep -cE ' (test_map|clock_shift)$')" = 2 ] || {
	echo "the clock of build/dev/bin/confab cannot be moved" >&2
	rc=1
}
exit $rc
