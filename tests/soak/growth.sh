#!/usr/bin/env bash
# A message, the newest page and a search cost the same in a conversation of a million messages, in a table of
# ten million, as in one of a thousand in a table of ten thousand: at most so many times as much. The programs'
# own statements on a PostgreSQL of their own, two databases taking turns; a figure is the median of each turn,
# a ratio the median of the turns' ratios.
#	GROWTH_ROWS	messages in the large table (10000000); a tenth of them is the conversation's
# Measured: at 1000000 under three minutes, nearly all for making the rows, and 2 GB of disk with the log; full size is
# ten times that: at most 40 minutes and 10 GB (600 bytes for each row, and the log).
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

ROWS=${GROWTH_ROWS:-10000000}
SMALL_ROWS=10000
TURNS=${GROWTH_TURNS:-11}
RATIO_MAX=1.3
SETTLE=50	# calls of each turn that do not count: the connection makes its plans
CALLS=350
PLACE="'a0a0a0a0-0000-7000-8000-000000000000'"
PERSON="'a0a0a0a0-0001-7000-8000-000000000000'"
LOAD=${BIN%/bin}/tests/bench/load
PG_BIN=$(find /usr/lib/postgresql/*/bin -maxdepth 0 | sort -V | tail -n 1)
declare -A TITLE=([send]='a message is sent' [page]='the newest page' [seldom]='search: a word said 20 times'
	[often]='search: a word in every message (not held to it)')

# start: PostgreSQL alone, with a database for each size beside confab's own.
start() {
	local size
	PRIVATE=$(dirname "${STACK_DIR:?}")/private-growth
	tests/harness/stack.sh stop "$PRIVATE" >/dev/null 2>&1 || :
	rm -rf "$PRIVATE"
	trap private_stop EXIT
	env QUIET=1 STACK_FAST=1 PORT=0 tests/harness/stack.sh start-db "$PRIVATE"
	# shellcheck source=/dev/null
	. "$PRIVATE/env"
	for size in small large; do
		psql -X -q "$(url postgres postgres)" -c "CREATE DATABASE $size TEMPLATE confab OWNER confab"
	done
	psql -X -q "$(url small postgres)" -v "rows=$SMALL_ROWS" -f tests/soak/growth.sql
	psql -X -q "$(url large postgres)" -v "rows=$ROWS" -f tests/soak/growth.sql
}

# url DATABASE ROLE
url() {
	local url=${DATABASE_URL/\/confab\?//$1?}
	echo "${url/user=confab/user=$2}"
}

# statement NAME VALUE...: the programs' statement with these values, for pgbench.
statement() {
	local text i=0 value
	text=$("$LOAD" statement "$1")
	shift
	for value in "$@"; do
		text=${text//\$$((++i))/$value}
	done
	echo "$text;"
}

# Every call has a client_id and an id of its own.
statements() {
	local id="(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' ||
		substr(md5(random()::text), 1, 19))::uuid"
	statement message_send "$PLACE" "$PERSON" "$id" "random()::text" "'text'" \
		"'I will be at the station at ten past six, shall we walk along the river from there?'" NULL NULL \
		>"$PRIVATE/send.sql"
	statement message_list_before "$PLACE" "$PERSON" 9223372036854775807 50 >"$PRIVATE/page.sql"
	statement message_search "$PERSON" "'seldom'" 20 NULL NULL >"$PRIVATE/seldom.sql"
	statement message_search "$PERSON" "'river'" 20 NULL NULL >"$PRIVATE/often.sql"
}

# turn WHAT SIZE: the median of the calls, us.
turn() {
	local calls=$CALLS settle=$SETTLE
	if [ "$1" = often ]; then
		calls=9 settle=2
	fi
	rm -f "$PRIVATE"/calls.*
	"$PG_BIN/pgbench" -n -M prepared -t "$calls" --log --log-prefix="$PRIVATE/calls" -f "$PRIVATE/$1.sql" \
		"$(url "$2" confab)" >"$PRIVATE/pgbench.log" 2>&1 || {
		cat "$PRIVATE/pgbench.log"
		exit 1
	}
	cat "$PRIVATE"/calls.* | awk -v "settle=$settle" 'NR > settle { print $3 }' | median
}

median() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# measure WHAT: its medians and their ratio; false when that is too much.
measure() {
	local i small large
	rm -f "$PRIVATE/turns"
	for ((i = 0; i < TURNS; i++)); do
		if ((i % 2)); then
			large=$(turn "$1" large)
			small=$(turn "$1" small)
		else
			small=$(turn "$1" small)
			large=$(turn "$1" large)
		fi
		echo "$small $large" >>"$PRIVATE/turns"
	done
	awk '{ print $2 / $1 }' "$PRIVATE/turns" | median >"$PRIVATE/ratio"
	printf '%-50s %8d us %8d us %7.2f\n' "${TITLE[$1]}" "$(cut -d' ' -f1 "$PRIVATE/turns" | median)" \
		"$(cut -d' ' -f2 "$PRIVATE/turns" | median)" "$(cat "$PRIVATE/ratio")"
	awk -v "most=$RATIO_MAX" '{ exit !($1 <= most) }' "$PRIVATE/ratio"
}

start
statements
printf '%-50s %11s %11s %7s\n' "median, messages in the conversation:" $((SMALL_ROWS / 10)) $((ROWS / 10)) ratio
TURNS=3 measure often || :
rc=0
for what in page seldom send; do
	measure "$what" || {
		rc=1
		echo "^ more than $RATIO_MAX times as much"
	}
done
exit $rc
