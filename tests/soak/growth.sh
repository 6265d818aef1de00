#!/usr/bin/env bash
# A message, the newest page and a search for a word that few have said cost the same in a conversation of a million
# messages, in a table of ten million, as in one of a thousand in a table of ten thousand: at most 1.3 times as
# much. The programs' own calls on a PostgreSQL of its own, a kept connection to each of two databases, one call
# here, one call there, so that what else the machine does falls on both alike (tests/bench/load_growth.c). No
# worker runs: what it does each second, putting the words of new messages into the index, is done between turns,
# on both sides, and measured too.
# What grows is printed and not held to it: a search reads all that a word's index holds when it may be unfinished, and
# all its messages in the conversation.
#	GROWTH_ROWS	messages in the large table (10000000); a tenth of them is the conversation's
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

ROWS=${GROWTH_ROWS:-10000000}
SMALL_ROWS=10000
LOAD=${BIN%/bin}/tests/bench/load

# start: PostgreSQL alone, with a database for each size beside confab's own. While it is filled it keeps no log for
# replication, which halves what is written; then it is as the harness starts it.
start() {
	local size
	PRIVATE=$(dirname "${STACK_DIR:?}")/private-growth
	tests/harness/stack.sh stop "$PRIVATE" >/dev/null 2>&1 || :
	rm -rf "$PRIVATE"
	trap stop EXIT
	start_db
	sql postgres -c 'ALTER SYSTEM SET wal_level = minimal' -c 'ALTER SYSTEM SET max_wal_senders = 0' \
		-c 'ALTER SYSTEM SET autovacuum = off' -c "ALTER SYSTEM SET maintenance_work_mem = '1GB'" \
		-c 'ALTER SYSTEM SET max_parallel_maintenance_workers = 0'
	start_db
	for size in small large; do
		sql postgres -c "CREATE DATABASE $size TEMPLATE confab OWNER confab"
	done
	fill small "$SMALL_ROWS"
	fill large "$ROWS"
	sql postgres -c 'ALTER SYSTEM RESET ALL'
	start_db
}

# Gigabytes; what it has logged stays.
stop() {
	private_stop
	rm -rf "$(cat "$PRIVATE/pgdir")"
}

start_db() {
	env QUIET=1 STACK_FAST=1 PORT=0 tests/harness/stack.sh start-db "$PRIVATE"
	# shellcheck source=/dev/null
	. "$PRIVATE/env"
}

# fill DATABASE ROWS: the index on words takes longer than all the others together, so it is built beside them.
fill() {
	local words
	sql "$1" -v "rows=$2" -f tests/soak/growth.sql
	sql "$1" -c 'REINDEX INDEX message_words' &
	words=$!
	sql "$1" <<-'END'
		SELECT 'REINDEX INDEX ' || indexrelid::regclass FROM pg_index
			WHERE indrelid = 'message'::regclass AND indexrelid <> 'message_words'::regclass \gexec
	END
	wait "$words"
	sql "$1" -c 'UPDATE conversation c SET last_message_at = (SELECT m.created_at FROM message m
		WHERE m.conversation_id = c.id AND m.seq = c.last_seq)'
	sql "$1" -c 'VACUUM ANALYZE'
}

# sql DATABASE ARGUMENTS...: psql there, as superuser.
sql() {
	psql -X -q -v ON_ERROR_STOP=1 "$(url "$1" postgres)" "${@:2}"
}

# url DATABASE ROLE
url() {
	local url=${DATABASE_URL/\/confab\?//$1?}
	echo "${url/user=confab/user=$2}"
}

start
printf '%-48s %18s %18s %18s\n' "us: median (quartiles); messages in all:" "$SMALL_ROWS" "$ROWS" ratio
"$LOAD" growth "$(url small confab)" "$(url large confab)"
