#!/usr/bin/env bash
# Every page of the panel at SCALE (100) times what a small site has: 5,000 accounts, 500 advisors, 2,000 reports,
# 100,000 messages, 10,000 sessions. A whole system of its own, filled by tests/soak/panel.sql; then an administrator
# walks all pages that lead to each other, again and again, over nginx (panel_walk.mjs): the first byte of 99 in 100
# comes within 50 ms, of the home page within 15 ms. Then axe looks at each of them in four looks (panel_axe.mjs).
#	SCALE	times (100; 1 is quick)
#	ROUNDS	visits of each page (100)
#	KEEP=1	leaves the system where it is when it is over, and begins with one that was left
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

SCALE=${SCALE:-100}

# fill: while it is filled PostgreSQL keeps no log for replication, which halves what is written.
fill() {
	tests/harness/stack.sh stop "$PRIVATE"
	start_db
	sql -c 'ALTER SYSTEM SET wal_level = minimal' -c 'ALTER SYSTEM SET max_wal_senders = 0' \
		-c 'ALTER SYSTEM SET autovacuum = off' -c "ALTER SYSTEM SET maintenance_work_mem = '1GB'" \
		-c 'ALTER SYSTEM SET max_parallel_maintenance_workers = 0'
	start_db
	sql -v "rows=$((SCALE * 100000))" -f tests/soak/growth.sql
	sql -v "scale=$SCALE" -f tests/soak/panel.sql
	index "indexrelid = 'message_words'::regclass" &
	index "indexrelid <> 'message_words'::regclass"
	wait "$!"
	sql -c "UPDATE conversation c SET last_message_at = (SELECT m.created_at FROM message m WHERE m.conversation_id = c.id
		AND m.seq = c.last_seq) WHERE last_seq > 0"
	sql -c 'VACUUM ANALYZE'
	sql -c 'ALTER SYSTEM RESET ALL'
	# Of a page that is slow the walk asks what PostgreSQL did.
	sql -c "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain'"
	touch "$PRIVATE/filled-$SCALE"
}

# index WHERE: builds those that are without rows.
index() {
	sql <<-END
		SELECT 'REINDEX INDEX ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid AND $1 \gexec
	END
}

start_db() {
	env QUIET=1 STACK_FAST=1 PORT=0 tests/harness/stack.sh start-db "$PRIVATE"
	# shellcheck source=/dev/null
	. "$PRIVATE/env"
}

# sql ARGUMENTS...: psql there, as superuser.
sql() {
	psql -X -q -v ON_ERROR_STOP=1 "${DATABASE_URL/user=confab/user=postgres}" "$@"
}

# Gigabytes; what it has logged stays.
stop() {
	private_stop
	[ -n "${KEEP:-}" ] || rm -rf "$(cat "$PRIVATE/pgdir")"
}

PRIVATE=$(dirname "${STACK_DIR:?}")/private-panel
if [ -n "${KEEP:-}" ] && [ -e "$PRIVATE/filled-$SCALE" ]; then
	trap stop EXIT
else
	private_start panel
	trap stop EXIT
	began=$SECONDS
	fill
	echo "filled in $((SECONDS - began)) s"
fi
private_run
[ "${ONLY:-walk}" != walk ] || node tests/soak/panel_walk.mjs
[ "${ONLY:-axe}" != axe ] || node tests/soak/panel_axe.mjs
