#!/usr/bin/env bash
# Every failpoint of lib/base/fail.def stands in the sources exactly once. (One that is not listed does not
# compile.)
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"

listed=$(sed -n 's/^FAIL(\([A-Z0-9_]*\), .*/\1/p' lib/base/fail.def | sort)
used=$(find lib cgi-bin -name '*.c' -exec grep -hoP 'FAILPOINT(_ERR|_OF)?\(\K[A-Z0-9_]+' {} + | sort)
if [ -z "$listed" ] || [ "$listed" != "$used" ]; then
	echo "failpoints of fail.def (<) and of the sources (>) differ:" >&2
	diff <(echo "$listed") <(echo "$used") >&2
	exit 1
fi
