#!/usr/bin/env bash
# What the worker does without being asked, each in its rounds: late requests expire, sessions that everybody
# left end, devices of a responder that is gone are forgotten, and old rows go.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh

sql() {
	psql -XAtq -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "$1"
}

# person ROLE: a fresh account; its id.
person() {
	sql "INSERT INTO user_account (id, email, display_name, role) SELECT id, id || '@rounds.test', 'Round', '$1'
		FROM gen_random_uuid() id RETURNING id"
}

# session STATE: one of fresh people, as old as can be; its id.
session() {
	local user advisor
	user=$(person USER) advisor=$(person ADVISOR)
	sql "WITH a AS (INSERT INTO advisor (id, state) VALUES ('$advisor', 'APPROVED')),
		c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'SESSION') RETURNING id)
		INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id, expires_at, requested_at,
			started_at) SELECT gen_random_uuid(), 'CHAT', '$1', '$user', '$advisor', c.id,
			app_now() - interval '1 hour', app_now() - interval '2 days',
			CASE '$1' WHEN 'ONGOING' THEN app_now() - interval '2 days' END FROM c RETURNING id"
}

late=$(session REQUESTED) left=$(session ONGOING) someone=$(person USER)
sql "INSERT INTO idempotency (user_id, key, request_hash, created_at)
	VALUES ('$someone', 'rounds', 'x', app_now() - interval '10 days')"
sql "WITH n AS (INSERT INTO presence_node (id, beat_at, until_at) VALUES (gen_random_uuid(),
		app_now() - interval '1 hour', app_now() - interval '1 hour') RETURNING id),
	p AS (INSERT INTO presence (user_id, status) VALUES ('$someone', 'ONLINE'))
	INSERT INTO presence_device (user_id, login_id, node_id) SELECT '$someone', gen_random_uuid(), id FROM n"

worker=$(readlink "/proc/$(cat "$STACK_DIR/run/worker.pid")/exe")
dir=$(mktemp -d /tmp/confab-rounds-XXXXXX)
CONFAB_CONF=$STACK_DIR/confab.conf "$worker" --pid-file "$dir/pid" 2>"$dir/log" &
pid=$!
trap 'kill "$pid"; wait "$pid" || :; rm -rf "$dir"' EXIT

# is SQL TEXT: that is its answer.
is() {
	[ "$(sql "$1")" = "$2" ]
}
wait_for 60 is "SELECT state FROM session WHERE id = '$late'" EXPIRED || die "a late request does not expire"
wait_for 60 is "SELECT state FROM session WHERE id = '$left'" ENDED || die "a session that was left goes on"
wait_for 60 is "SELECT count(*) FROM presence_device WHERE user_id = '$someone'" 0 ||
	die "the devices of a lost responder are still there"
wait_for 60 is "SELECT status FROM presence WHERE user_id = '$someone'" OFFLINE || die "and they are shown as present"
wait_for 60 is "SELECT count(*) FROM idempotency WHERE key = 'rounds'" 0 || die "old rows stay"
