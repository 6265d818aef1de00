#!/usr/bin/env bash
# shellcheck disable=SC2034 # the parts use them
# `make bench`: what the system does a second, beside what it stands on and beside others, all in one
# run on this machine, the sides taking turns. Each part is a file of tests/bench: reads, peers, chat
# (T=NAME: one of them; T=callgrind, only when asked for, counts a worker's instructions). The stack is
# private and does real fsync.
#	BENCH_ROUNDS	how often; a figure is the median of its rounds (5)
#	BENCH_S		seconds for each figure (5)
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/harness/bench_side.sh
. "$(dirname "$0")/bench_side.sh"

ROUNDS=${BENCH_ROUNDS:-5}
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

# median_if NAME: nothing when there is no such figure.
median_if() {
	[ ! -f "$DIR/figures/$1" ] || median "$1"
}

# rounds_ratios A B: of each round's two figures, so that what the machine does in a round falls on both.
rounds_ratios() {
	paste "$DIR/figures/$1" "$DIR/figures/$2" | awk '{ printf "%.2f\n", $1 / $2 }' | sort -n
}

# rounds_ratio A B: their median (least to most).
rounds_ratio() {
	rounds_ratios "$1" "$2" | awk '{ v[NR] = $1 }
		END { printf "%.2f (%.2f to %.2f)\n", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

# --- what must be shown ---

aims_begin() {
	printf '\n  %-40s %8s  %s\n' 'must show' aim measured
}

# aim_line TEXT AIM MEASURED ("median ..."): whether it holds is judged by the median.
aim_line() {
	printf '  %-40s %8s  %-24s %s\n' "$1" "$2" "$3" \
		"$(awk -v aim="$2" -v got="$3" 'BEGIN { split(aim, a, " "); split(got, g, " ")
			print (a[1] == "<" ? g[1] + 0 < a[2] + 0 : g[1] + 0 >= a[2] + 0) ? "held" : "missed" }')"
}

# aim TEXT A B [below] BOUND: the ratio of A to B, round by round, is at least BOUND, or below it.
aim() {
	if [ "$4" = below ]; then
		aim_line "$1" "< $5" "$(rounds_ratio "$2" "$3")"
	else
		aim_line "$1" ">= $4" "$(rounds_ratio "$2" "$3")"
	fi
}

# aim_value TEXT A below BOUND
aim_value() {
	aim_line "$1" "< $4" "$(median "$2") ($(spread "$2"))"
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

parts=(reads peers chat)
[ -z "${T:-}" ] || parts=("$T")
"$ROOT/tests/harness/deps.sh" bench
mkdir -p "$ROOT/build"
step "build release"
"${MAKE:-make}" -C "$ROOT" --no-print-directory -j"$(nproc)" B=release load >"$ROOT/build/bench.log" 2>&1 ||
	step_failed "make load failed" "$ROOT/build/bench.log"
step_done ''
"$STACK" stop "$DIR"
discard "$DIR" # of another tree, or with the messages of the last run
mkdir -p "$DIR/figures"
finish() {
	peer_stop
	"$STACK" stop "$DIR"
}
trap finish EXIT
for part in "${parts[@]}"; do
	[ -f "$ROOT/tests/bench/$part.sh" ] || die "there is no part $part"
	# shellcheck source=/dev/null
	. "$ROOT/tests/bench/$part.sh"
	"bench_$part"
done
