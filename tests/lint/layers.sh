#!/usr/bin/env bash
# Layers: base < shape < db < ext < domain < web < live, panel < cgi-bin. A file includes its own layer and those
# before it; live and panel know nothing of each other. Within a layer the includes of file pairs (NAME.h, NAME.c, and
# NAME_part.* with them) form no circle.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
layers="base shape db ext domain web live panel"
rc=0

# level NAME: its place in the row; nothing for what is no layer (a system header).
level() {
	local n=0 name
	for name in $layers; do
		n=$((n + 1))
		if [ "$name" = "$1" ]; then
			echo $n
		fi
	done
}

while IFS=: read -r file line text; do
	to=$(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' <<<"$text")
	case $file in
	lib/*/*) from=${file#lib/} from=${from%%/*} ;;
	*) continue ;;
	esac
	to_level=$(level "${to%%/*}")
	if [ -z "$to_level" ]; then
		echo "$file:$line: \"$to\" is not written as layer/file" >&2
		rc=1
	elif [ "$to_level" -gt "$(level "$from")" ] || [ "$from ${to%%/*}" = "panel live" ]; then
		echo "$file:$line: $from may not include $to" >&2
		rc=1
	fi
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' lib --include='*.c' --include='*.h')

# "FROM TO" for each include between two file pairs of a layer.
pairs() {
	grep -rE '^#[[:space:]]*include "[^"]+\.h"' lib --include='*.c' --include='*.h' |
		sed -E 's#^lib/([^:]*)\.[ch]:\#[[:space:]]*include "([^"]*)\.h".*#\1 \2#' |
		awk '{
			split($1, from, "/"); split($2, to, "/")
			if (from[1] == to[1] && $1 != $2 && index($1, $2 "_") != 1 && index($2, $1 "_") != 1)
				print
		}' | sort -u
}

circle=$(pairs | tsort 2>&1 >/dev/null) || {
	echo "includes that form a circle: ${circle//$'\n'/ }" >&2
	rc=1
}

for dir in lib/*/; do
	dir=${dir#lib/}
	[ -n "$(level "${dir%/}")" ] || {
		echo "lib/$dir is no layer" >&2
		rc=1
	}
done
exit $rc
