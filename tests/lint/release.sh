#!/usr/bin/env bash
# Programs of a release take no orders of tests: neither the functions nor the names by which a test moves
# the clock or makes something fail are in them.
set -euo pipefail
cd "$(dirname "$0")/../.."
rc=0

env -u MAKEFLAGS make -s -j2 B=release all >build/build-release.log 2>&1 || {
	tail -n 20 build/build-release.log >&2
	exit 1
}
names=$(sed -n 's/^FAIL([A-Z0-9_]*, "\([^"]*\)".*"\([^"]*\)")$/\1\n\2/p' lib/base/fail.def | grep -vx request)
read -ra programs < <(sed -n 's/^PROGS := //p' Makefile)
for name in "${programs[@]}"; do
	program=build/release/bin/$name
	found=$({
		nm "$program" | grep -E ' (fail_|test_map|TEST_)' || :
		strings "$program" | grep -E 'CONFAB_(TEST|FAIL|STILL|NO_STREAM)|test\.map' || :
		strings "$program" | grep -Fx "$names" || :
	})
	[ -z "$found" ] || {
		printf 'release/%s has: %s\n' "$name" "${found//$'\n'/, }" >&2
		rc=1
	}
done
# The same look finds them where they are.
program=build/${B:-test}/bin/chat
[ ! -x "$program" ] || [ "$(nm "$program" | grep -cE ' (fail_point|test_map)$')" = 2 ] || {
	echo "$program has no failpoints either: what is looked for has another name" >&2
	rc=1
}
exit $rc
