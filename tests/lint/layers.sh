#!/usr/bin/env bash
# Layers: base < db < ext < domain < web < cgi-bin. A file includes its own layer and those before it.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
layers="base db ext domain web"
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
	elif [ "$to_level" -gt "$(level "$from")" ]; then
		echo "$file:$line: $from may not include $to" >&2
		rc=1
	fi
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' lib --include='*.c' --include='*.h')

for dir in lib/*/; do
	dir=${dir#lib/}
	[ -n "$(level "${dir%/}")" ] || {
		echo "lib/$dir is no layer" >&2
		rc=1
	}
done
exit $rc
