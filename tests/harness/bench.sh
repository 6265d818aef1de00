#!/usr/bin/env bash
# shellcheck disable=SC2034 # the parts use them
# `make bench`: what the system does a second, beside what it stands on and beside others, all in one
# run on this machine, the sides taking turns. Each part is a file of tests/bench: reads, chat (T=NAME:
# one of them; T=callgrind, only when asked for, counts a worker's instructions). The stack is private and
# does real fsync.
#	BENCH_ROUNDS	how often; a figure is the median of its rounds (3)
#	BENCH_S		seconds for each figure (5)
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/common.sh"

ROUNDS=${BENCH_ROUNDS:-3}
SECONDS_EACH=${BENCH_S:-5}
CLIENTS=32
DIR=$ROOT/build/bench
STACK=$ROOT/tests/harness/stack.sh
LOAD=$ROOT/build/release/tests/bench/load
PG=$(find /usr/lib/postgresql/*/bin -maxdepth 0 | sort -V | tail -n 1)

# --- what the parts use ---

stack_start() {
	QUIET=1 PORT=0 STACK_SEED=1 RATE_PERCENT=1000000 LOG_LEVEL=warn "$STACK" start "$DIR"
	# shellcheck source=/dev/null
	. "$DIR/env"
	API=$BASE_URL/api/v1
}

# An access token of the demo's user.
sign_in() {
	curl -sf -H 'Content-Type: application/json' "$API/auth/login" --data \
		"$(jq -nc --arg i "$USER_EMAIL" --arg p "$USER_PASSWORD" '{identifier: $i, password: $p}')" |
		jq -er .access_token
}

# pg_rate FILE [-D NAME=VALUE...]: transactions a second, prepared.
pg_rate() {
	local file=$1
	shift
	"$PG/pgbench" -n -M prepared -c "$CLIENTS" -j 2 -T "$SECONDS_EACH" "$@" -f "$file" \
		"$DATABASE_URL" 2>"$DIR/pgbench.log" | awk '/^tps/ { printf "%d\n", $3; ok = 1 } END { exit !ok }' ||
		die "pgbench: $(cat "$DIR/pgbench.log")"
}

# figure NAME VALUE: one more round of it.
figure() {
	echo "$2" >>"$DIR/figures/$1"
}

median() {
	sort -n "$DIR/figures/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

spread() {
	sort -n "$DIR/figures/$1" | sed -n '1p;$p' | paste -sd- | sed 's/-/ to /'
}

# ratio FIGURE FIGURE: of their medians.
ratio() {
	awk -v a="$(median "$1")" -v b="$(median "$2")" 'BEGIN { printf "%.2f\n", a / b }'
}

# row UNIT TEXT FIGURE [FIGURE...]: its median and spread, then its ratios to the others.
row() {
	local unit=$1 text=$2 name=$3 other
	shift 3
	printf '  %-40s %7s %-6s %-20s' "$text" "$(median "$name")" "$unit" "($(spread "$name"))"
	for other in "$@"; do
		printf '  %s' "$(ratio "$name" "$other")"
	done
	printf '\n'
}

# --- the run ---

parts=(reads chat)
[ -z "${T:-}" ] || parts=("$T")
"$ROOT/tests/harness/deps.sh" bench
mkdir -p "$ROOT/build"
step "build release"
"${MAKE:-make}" -C "$ROOT" --no-print-directory -j"$(nproc)" B=release load >"$ROOT/build/bench.log" 2>&1 ||
	step_failed "make load failed" "$ROOT/build/bench.log"
step_done ''
rm -rf "$DIR/figures"
mkdir -p "$DIR/figures"
finish() {
	[ -z "$(declare -F peer_stop)" ] || peer_stop
	"$STACK" stop "$DIR"
}
trap finish EXIT
for part in "${parts[@]}"; do
	[ -f "$ROOT/tests/bench/$part.sh" ] || die "there is no part $part"
	# shellcheck source=/dev/null
	. "$ROOT/tests/bench/$part.sh"
	"bench_$part"
done
