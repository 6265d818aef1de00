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

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'
}

advisor=$(curl -sf "$API/advisors?limit=1" | jq -er '.items[0].id')
token=$(curl -sf -H 'Content-Type: application/json' "$API/auth/login" --data \
	"$(jq -nc --arg i "$USER_EMAIL" --arg p "$USER_PASSWORD" '{identifier: $i, password: $p}')" |
	jq -er .access_token)
me=$(curl -sf -H "Authorization: Bearer $token" "$API/users/me" | jq -er .id)

# The statements of directory_get (lib/domain/market/directory.c) and user_get
# (lib/domain/people/user.c), as the programs send them.
pg_advisor="SELECT a.id, u.display_name, a.headline, to_json(a.languages) AS languages,
 to_json(a.specializations) AS specializations, a.experience_years, a.rate_minor, a.currency,
 CASE WHEN EXISTS (SELECT FROM session s WHERE s.advisor_id = a.id
 AND s.state IN ('REQUESTED', 'ACCEPTED', 'ONGOING')) THEN 'BUSY'
 WHEN a.online THEN 'ONLINE' ELSE 'OFFLINE' END AS status,
 round(a.rating_sum::numeric / nullif(a.rating_count, 0), 2) AS rating_average,
 a.rating_count, a.session_count, a.bio, a.created_at
 FROM advisor a JOIN user_account u ON u.id = a.id
 WHERE a.id = '$advisor' AND a.state = 'APPROVED' AND u.state = 'ACTIVE'"
pg_user="SELECT id, email, display_name, role, bio, gender, birth_date, locale, timezone,
 created_at, updated_at, phone_sealed AS _phone_sealed, version AS _version
 FROM user_account WHERE id = '$me' AND state <> 'DELETED'"

# The sides take turns, three times; a figure is the median of its rounds.
rounds() {
	local i
	for ((i = 0; i < ${BENCH_ROUNDS:-3}; i++)); do
		wrk_rate "$BASE_URL/livez" >>"$DIR/constant"
		wrk_rate "$API/advisors/$advisor" >>"$DIR/http_advisor"
		wrk_rate "$API/users/me" "Authorization: Bearer $token" >>"$DIR/http_user"
		pg_rate "$pg_advisor" >>"$DIR/pg_advisor"
		pg_rate "$pg_user" >>"$DIR/pg_user"
	done
}

median() {
	sort -n "$DIR/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# row TEXT FIGURE: its median and spread; with the ratios to (a) and (b) when their names are given.
row() {
	printf '  %-34s %7d /s  (%s)' "$1" "$(median "$2")" \
		"$(sort -n "$DIR/$2" | sed -n '1p;$p' | paste -sd- | sed 's/-/ to /')"
	[ -z "${3:-}" ] || printf '   %s   %s' "$(ratio "$(median "$2")" "$(median constant)")" \
		"$(ratio "$(median "$2")" "$(median "$3")")"
	printf '\n'
}

rm -f "$DIR"/{constant,http_advisor,http_user,pg_advisor,pg_user}
rounds
printf '\n  32 connections, %s cores; median of %s rounds (least to most)      (a)    (b)\n' \
	"$(nproc)" "${BENCH_ROUNDS:-3}"
row "(a) a constant reply (/livez)" constant
row "(b) pgbench, the advisor's statement" pg_advisor
row "(b) pgbench, the user's statement" pg_user
row "GET /advisors/{id}" http_advisor pg_advisor
row "GET /users/me, signed in" http_user pg_user
