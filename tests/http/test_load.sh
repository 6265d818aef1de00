#!/usr/bin/env bash
# The load client of `make bench` finds nothing wrong in any of its modes, and says so when a message is
# lost: a trigger empties one person's events.
set -euo pipefail

bin=$(dirname "$(readlink "/proc/$(cat "$STACK_DIR/run/worker.pid")/exe")")
out=$(mktemp /tmp/confab-load-XXXXXX)
tag=$(od -An -N4 -tx1 /dev/urandom | tr -d ' ')

sql() {
	psql -XAtq -v ON_ERROR_STOP=1 "$DATABASE_URL" -c "$1"
}

finish() {
	sql "DROP TRIGGER IF EXISTS lose ON event; DROP FUNCTION IF EXISTS lose()" 2>/dev/null || :
	rm -f "$out"
}
trap finish EXIT

load() {
	"$bin/../tests/bench/load" "$1" --url "$BASE_URL" --tag "$tag" --talks 4 --in-flight 3 --warm 0 --seconds 1 \
		"${@:2}" >"$out" 2>&1
}

fail() {
	echo "$1" >&2
	cat "$out" >&2
	exit 1
}

for mode in post poll ws; do
	load "$mode" || fail "$mode: a loss"
	grep -q '^messages [1-9]' "$out" || fail "$mode: nothing was sent"
done
load post --rate 50 || fail "at a rate: a loss"
grep -qE '^messages ([1-9]|[1-4][0-9]|50)$' "$out" || fail "at 50 a second more was sent, or nothing"

sql "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN NEW.type := ''test.lost''; NEW.payload := ''{}''; RETURN NEW; END'"
sql "CREATE TRIGGER lose BEFORE INSERT ON event FOR EACH ROW
	WHEN (NEW.user_id = '$tag-0002-7000-8000-000000000001') EXECUTE FUNCTION lose()"
! load post --rate 50 --settle 1 || fail "lost messages were not seen"
grep -q '^lost [1-9]' "$out" || fail "failed for another reason"
