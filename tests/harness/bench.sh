#!/usr/bin/env bash
# `make bench`: requests a second through nginx at 32 connections, against a constant reply through the
# same nginx and against pgbench with the same statement; all in one run on this machine. Its stack is
# private and does real fsync. BENCH_S: seconds for each figure (5).
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/common.sh"

SECONDS_EACH=${BENCH_S:-5}
DIR=$ROOT/build/bench
STACK=$ROOT/tests/harness/stack.sh
PG=$(find /usr/lib/postgresql/*/bin -maxdepth 0 | sort -V | tail -n 1)

"$ROOT/tests/harness/deps.sh" test
step "build release"
"${MAKE:-make}" -C "$ROOT" --no-print-directory -j"$(nproc)" B=release all >"$ROOT/build/bench.log" 2>&1 ||
	step_failed "make all failed" "$ROOT/build/bench.log"
step_done ''
trap '"$STACK" stop "$DIR"' EXIT
PORT=0 STACK_SEED=1 RATE_PERCENT=1000000 LOG_LEVEL=warn "$STACK" start "$DIR"
# shellcheck source=/dev/null
. "$DIR/env"
API=$BASE_URL/api/v1

# wrk_rate URL [HEADER]: requests a second; fails when a reply was not 2xx.
wrk_rate() {
	local out
	out=$(wrk -t2 -c32 "-d${SECONDS_EACH}s" ${2:+-H "$2"} "$1")
	! grep -q 'Non-2xx' <<<"$out" || die "$1 did not answer 2xx: $out"
	awk '/^Requests\/sec:/ { printf "%d\n", $2 }' <<<"$out"
}

# pg_rate SQL: transactions a second, prepared, 32 clients.
pg_rate() {
	printf '%s;\n' "$1" >"$DIR/bench.sql"
	"$PG/pgbench" -n -M prepared -c 32 -j 2 -T "$SECONDS_EACH" -f "$DIR/bench.sql" "$DATABASE_URL" 2>/dev/null |
		awk '/^tps/ { printf "%d\n", $3 }'
}

row() {
	printf '  %-44s %9d /s   %5s   %5s\n' "$1" "$2" "${3:-}" "${4:-}"
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'
}

advisor=$(curl -sf "$API/advisors?limit=1" | jq -er '.items[0].id')
token=$(curl -sf -H 'Content-Type: application/json' "$API/auth/login" --data \
	"$(jq -nc --arg i "$USER_EMAIL" --arg p "$USER_PASSWORD" '{identifier: $i, password: $p}')" |
	jq -er .access_token)
me=$(curl -sf -H "Authorization: Bearer $token" "$API/users/me" | jq -er .id)

constant=$(wrk_rate "$BASE_URL/livez")
pg_advisor=$(pg_rate "SELECT * FROM advisor WHERE user_id = '$advisor'")
pg_user=$(pg_rate "SELECT * FROM user_account WHERE id = '$me'")
http_advisor=$(wrk_rate "$API/advisors/$advisor")
http_user=$(wrk_rate "$API/users/me" "Authorization: Bearer $token")

printf '\n  %-44s %12s   %5s   %5s\n' "32 connections, $(nproc) cores" "" "(a)" "(b)"
row "(a) a constant reply (/livez)" "$constant"
row "(b) pgbench, the advisor's statement" "$pg_advisor"
row "(b) pgbench, the user's statement" "$pg_user"
row "GET /advisors/{id}" "$http_advisor" "$(ratio "$http_advisor" "$constant")" "$(ratio "$http_advisor" "$pg_advisor")"
row "GET /users/me, signed in" "$http_user" "$(ratio "$http_user" "$constant")" "$(ratio "$http_user" "$pg_user")"
