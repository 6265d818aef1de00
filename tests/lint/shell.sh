#!/usr/bin/env bash
# No script has anything that shellcheck remarks on.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
mapfile -t scripts < <(find tests .ci -name '*.sh' -o -path .ci/run 2>/dev/null | sort)
[ ${#scripts[@]} -gt 0 ] || {
	echo "no scripts found" >&2
	exit 1
}
shellcheck -x -f gcc "${scripts[@]}"
