#!/usr/bin/env bash
# lib/web/program.def is the only list of programs: each has its file in cgi-bin/ under the same name and each file
# with a main() is there, README's table tells the same, and nobody else lists them.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
LIST=lib/web/program.def
rc=0

fail() {
	echo "programs: $*" >&2
	rc=1
}

fields() {
	sed -n -E 's/^PROGRAM\(([a-z]+), ([A-Z]+), "(.*)"\)$/\1|\2|\3/p' "$LIST"
}

[ "$(fields | wc -l)" = "$(grep -c '^PROGRAM' "$LIST")" ] || fail "a line of $LIST is not as the others"
diff <(fields | cut -d'|' -f1 | sort) <(grep -lE '^main\(' cgi-bin/*.c | sed -E 's#.*/(.*)\.c#\1#' | sort) >&2 ||
	fail "the list (<) has not the files with a main() (>)"
for name in $(fields | grep -v '|COMMAND|' | cut -d'|' -f1); do
	grep -qE "struct app [a-z]* = \{ (\.name = )?\"$name\"" "cgi-bin/$name.c" || fail "$name calls itself something else"
done
diff <(fields | awk -F'|' '
	{ kind = $2 == "FASTCGI" ? "FastCGI" : tolower($2); printf "| `%s` | %s | %s |\n", $1, kind, $3 }') <(
	awk '/^## / { inside = $0 == "## The programs" } inside && /^\| `/' README.md) >&2 ||
	fail "README's table (>) is not that of $LIST (<)"
# Three neighbours of the list, whatever stands between them.
found=$(grep -rsnE 'people\W+advisors\W+sessions' Makefile cgi-bin lib nginx systemd tests README.md \
	--include='*.[ch]' --include='*.sh' --include='*.mjs' --include='*.conf' --include=Makefile --include=README.md \
	--include='confab*' --exclude-dir=lint) || :
[ -z "$found" ] || fail "another list of programs: $found"
exit $rc
