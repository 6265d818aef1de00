#!/usr/bin/env bash
# The top level holds what design.md allows and nothing else that is kept in git.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
allowed=" Makefile cgi-bin lib templates sql nginx tests systemd README.md LICENSE .gitignore
.clang-format .ci .git build "
rc=0
if [ -e .git ] && command -v git >/dev/null && [ -z "${LINT_ROOT:-}" ]; then
	names=$(git ls-files --cached --others --exclude-standard | cut -d/ -f1 | sort -u)
else
	names=$(ls -A)
fi
for name in $names; do
	[[ ${allowed//$'\n'/ } == *" $name "* ]] || {
		echo "$name does not belong at the top level" >&2
		rc=1
	}
done
lines=$(wc -l <Makefile)
[ "$lines" -le 172 ] || {
	echo "Makefile has $lines lines, more than 172" >&2
	rc=1
}
exit $rc
