#!/usr/bin/env bash
# No function of more than 60 lines, no file of more than 500.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
rc=0
mapfile -t files < <(find lib cgi-bin tests -name '*.c' 2>/dev/null)
[ ${#files[@]} -gt 0 ] || exit 0

long=$(ctags --options=NONE --languages=C --kinds-C=f --fields=+ne -f - "${files[@]}" 2>/dev/null |
	awk -F '\t' '{
		line = end = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) line = substr($i, 6)
			if ($i ~ /^end:/) end = substr($i, 5)
		}
		if (end - line + 1 > 60)
			printf "%s:%d: %s has %d lines, more than 60\n", $2, line, $1, end - line + 1
	}')
[ -z "$long" ] || {
	echo "$long" >&2
	rc=1
}
for file in "${files[@]}"; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 500 ] || {
		echo "$file has $lines lines, more than 500" >&2
		rc=1
	}
done
exit $rc
