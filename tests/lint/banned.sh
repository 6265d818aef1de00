#!/usr/bin/env bash
# What the code may not contain: calls that overflow, block or lie, memory and SQL outside their
# layers, floating point in money, columns by number, parameters nobody reads.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
rc=0

# code FILE: its text with comments gone and, unless STRINGS is set, strings empty; same line numbers.
code() {
	perl -0777 -pe '
		my $keep = $ENV{STRINGS} // "";
		s{(/\*.*?\*/)|(//[^\n]*)|("(?:\\.|[^"\\])*")|(\x27(?:\\.|[^\x27\\])*\x27)}{
			my $m = defined $3 ? ($keep ? $3 : "\"\"") : defined $4 ? "0" : "";
			my $lost = ($& =~ tr/\n//) - ($m =~ tr/\n//);
			$m . "\n" x $lost
		}gse' "$1"
}

# ban WHY PATTERN FILE...: no file has the pattern (perl) in its code.
ban() {
	local why=$1 pattern=$2 file found
	shift 2
	for file in "$@"; do
		[ -f "$file" ] || continue
		found=$(code "$file" | grep -nP "$pattern") || continue
		sed "s#^#$file:#; s#\$#	($why)#" <<<"$found" >&2
		rc=1
	done
}

calls() {
	echo "(?<![A-Za-z0-9_.>])(?:$1)[ ]*\\("
}

mapfile -t all < <(find lib cgi-bin tests -name '*.[ch]' 2>/dev/null)
mapfile -t ours < <(find lib cgi-bin -name '*.[ch]' 2>/dev/null)

ban "unbounded, unsafe or not ours to call" \
	"$(calls 'strcpy|strcat|stpcpy|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|system|popen|gets|rand|srand|random|select|alloca|tmpnam|mktemp|PQescape\w*|curl_multi_fdset|OS_DoIo')" \
	"${all[@]}"

# base, db and ext own memory of the process and of foreign libraries; lib/live holds thousands of
# requests of unknown life.
mapfile -t no_malloc < <(printf '%s\n' "${ours[@]}" |
	grep -vE '^lib/(base|db|ext)/|^lib/live/|^cgi-bin/events')
ban "memory comes from an arena" "$(calls 'malloc|calloc|realloc|reallocarray|strdup|strndup|asprintf|vasprintf|free')" \
	"${no_malloc[@]}"

# SQL as text only where it is owned.
mapfile -t no_sql < <(printf '%s\n' "${ours[@]}" |
	grep -vE '^lib/(db|domain)/|^lib/web/(idem|rate|revoke)\.[ch]$')
STRINGS=1 ban "SQL belongs to lib/domain, lib/db and sql/" \
	'"[^"]*\b(SELECT\s|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)' "${no_sql[@]}"

# Who does not own a statement reads its rows by the names of their columns.
mapfile -t by_name < <(printf '%s\n' "${ours[@]}" |
	grep -E '^cgi-bin/|^lib/(web|panel|live)/' | grep -vE '^lib/web/(idem|rate|revoke)\.[ch]$')
ban "a column is read by its name: rows_text_of and so on" \
	'\brows_(text|i64|bool)\s*\((?:[^(),]|\([^()]*\))*,(?:[^(),]|\([^()]*\))*,\s*[0-9A-Z]' "${by_name[@]}"

mapfile -t money < <(find lib/domain/money -name '*.[ch]' 2>/dev/null)
ban "money is int64_t" '\b(float|double)\b' "${money[@]}"

# What nginx tells a program is read there (lib/web/param.def lists it); one that is emptied is kept from it.
param() {
	sed -nE "s/^PARAM\((\w+), \"$1\"\)$/\1/p" lib/web/param.def 2>/dev/null
}
read_by_name() {
	local name
	name=$(param "$1")
	[ -n "$name" ] && grep -rqw "$name" lib cgi-bin --include='*.c'
}
while read -r name; do
	read_by_name "$name" || {
		echo "nginx: nobody reads $name" >&2
		rc=1
	}
done < <(sed -nE '/""/d; s#^[[:space:]]*fastcgi_param ([A-Z_]+) .*#\1#p' nginx/*.conf 2>/dev/null | sort -u)
exit $rc
