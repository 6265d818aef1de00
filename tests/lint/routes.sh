#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2046,SC2317 # awk expands them; names are words; finish is a trap
# nginx as it is shipped against the route tables: every route's path reaches its program, every program has its
# servers, and no location of a program is there for nothing. Where a path goes is said by nginx itself: it runs
# with these files, in which each location answers with its name instead of passing the request on.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/../harness/common.sh"
# shellcheck source=tests/harness/stack_nginx.sh
. "$(dirname "$0")/../harness/stack_nginx.sh"
BIN=$ROOT/build/${B:-test}/bin
if [ -z "${LINT_ROOT:-}" ]; then
	env -u MAKEFLAGS make -s -C "$ROOT" "B=${B:-test}" all >&2
fi
ROOT=$(cd "${LINT_ROOT:-$ROOT}" && pwd -P)
DIR=$(mktemp -d)
RUN_DIR=$DIR PORT=0
export RUN_DIR PORT # for nginx_write
rc=0

fail() {
	echo "routes: $*" >&2
	rc=1
}

finish() {
	local code=$?
	if [ -s "$DIR/nginx.pid" ]; then
		kill -QUIT "$(cat "$DIR/nginx.pid")"
		wait_for 5 test ! -e "$DIR/nginx.pid"
	fi
	rm -rf "$DIR"
	exit "$code"
}
trap finish EXIT

# --- the groups of servers: "GROUP PROGRAM", and PROGRAM-ws for the second socket of a responder ---

groups() {
	awk '$1 == "upstream" { name = $2 }
		$1 == "server" && match($2, /^unix:\/run\/confab\/[^;]*\.sock/) {
			socket = substr($2, 18, RLENGTH - 22)
			sub(/-[0-9]+/, "", socket)
			print name, socket
		}' "$ROOT/nginx/http.conf" "$ROOT/nginx/$1" | sort -u
}

sockets=$(printf '%s\n' $(programs_of SERVE) $(programs_of RESPONDER | sed -E 's/[a-z]+/&-ws/g') | sort)
for file in events-1.conf events-2.conf; do
	diff <(groups "$file" | cut -d' ' -f2 | sort) - <<<"$sockets" >&2 ||
		fail "the programs (>) have not each their group of servers (<) in http.conf and $file"
	again=$(groups "$file" | cut -d' ' -f1 | uniq -d)
	[ -z "$again" ] || fail "$again has servers of two programs"
done

# --- the locations: "NUMBER GROUP PATTERN" of those that pass on ---

ANSWERS='
	$1 == "location" { number++; pattern = $0; sub(/^location (=|~|\^~)? ?/, "", pattern); sub(/ \{$/, "", pattern) }
	$1 ~ /^(fastcgi|proxy)_pass$/ { group = $2; gsub(/^http:\/\/|;$/, "", group) }'

locations() {
	awk "$ANSWERS"' $1 ~ /^(fastcgi|proxy)_pass$/ { print number, group, pattern }' "$ROOT/nginx/routes.conf"
}

nginx_write
awk "$ANSWERS"' $1 ~ /^(fastcgi|proxy)_pass$/ { $0 = "return 200 \"" number " " group "\";" }
	$1 == "alias" { $0 = "return 200 \"" number " file\";" }
	{ print }' "$DIR/nginx/routes.conf" >"$DIR/routes.conf"
mv "$DIR/routes.conf" "$DIR/nginx/routes.conf"
sed -i -e "s#listen 127.0.0.1:0;#listen unix:$DIR/http.sock;#" -e '/listen \[::1\]/d' "$DIR/nginx/site.conf"
mkdir "$DIR/log"
PATH=$PATH:/usr/sbin nginx -e "$DIR/log/error" -c "$DIR/nginx/nginx.conf" || {
	cat "$DIR/log/error" >&2
	exit 1
}

# --- the routes: "PROGRAM PATH" ---

routes() {
	local name
	for name in $(programs_of SERVE); do
		"$BIN/$name" --openapi | jq -r '.routes[] | "\(.program) \(.path)"'
	done | sort -u
	sed -n 's#^\t\.path = "\(/api/.*\)",$#events-ws \1#p' "$ROOT"/cgi-bin/events_ws.c
}

# reached PATH...: "NUMBER GROUP" a line, or what nginx says instead.
reached() {
	local path urls=()
	for path in "$@"; do
		urls+=("http://confab.example$path")
	done
	curl -sS --globoff --path-as-is --unix-socket "$DIR/http.sock" -w '\n' "${urls[@]}"
}

declare -A program used
while read -r group name; do
	program[$group]=$name
done < <(groups events-1.conf)
mapfile -t list < <(routes)
mapfile -t paths < <(printf '%s\n' "${list[@]#* }" | sed 's/{[a-z_]*}/018f3c1e-5b7a-7c2d-9e4f-0a1b2c3d4e5f/g')
[ ${#paths[@]} -gt 40 ] || fail "only ${#paths[@]} routes"
mapfile -t said < <(reached "${paths[@]}")
for i in "${!list[@]}"; do
	read -r number group <<<"${said[i]}"
	[[ $number =~ ^[0-9]+$ ]] || number=0 group=nothing
	used[$number]=1
	[ "${program[$group]:-}" = "${list[i]%% *}" ] || fail "${list[i]#* } of ${list[i]%% *} reaches $group"
done

while read -r number group pattern; do
	[ -n "${used[$number]:-}" ] || fail "no route uses location $pattern of $group"
done < <(locations)
exit $rc
