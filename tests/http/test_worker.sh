#!/usr/bin/env bash
# The worker lives through the loss of its database: it waits without spinning, comes back by itself,
# and ends at once when told to. A second worker is started for this, whose way to the server is a link
# that the test makes and breaks.
set -euo pipefail

worker=$(readlink "/proc/$(cat "$STACK_DIR/run/worker.pid")/exe")
dir=$(mktemp -d /tmp/confab-worker-XXXXXX)
sock=${DATABASE_URL#*host=}
sock=${sock%%&*}
pid=

finish() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || :
	rm -rf "$dir"
}
trap finish EXIT

fail() {
	echo "$1" >&2
	tail -n 5 "$dir/log" >&2
	exit 1
}

# until_ COUNT COMMAND...: tries every 20 ms, at most COUNT times.
until_() {
	local left=$1
	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		read -rt 0.02 <> <(:) || :
	done
}

tries() { [ "$(grep -c 'cannot connect' "$dir/log")" -ge "$1" ]; }
children() { cat "/proc/$1/task/$1/children"; }
# Of each worker all children but three have a connection all the time; those three at times.
seats=$(children "$(cat "$STACK_DIR/run/worker.pid")" | wc -w)
connected() { # does one worker have its connections, or do both?
	local count
	count=$(psql -XAtq "$DATABASE_URL" -c "SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'worker'")
	if [ "$1" = 1 ]; then [ "$count" -le "$seats" ]; else [ "$count" -ge $((2 * (seats - 3))) ]; fi
}
cpu_ms() { # of parent and children
	local one
	for one in "$pid" $(children "$pid"); do cat "/proc/$one/stat"; done |
		awk -v hz="$(getconf CLK_TCK)" '{ sum += ($14 + $15) * 1000 / hz } END { print int(sum) }'
}

LOG_LEVEL=debug CONFAB_CONF=$STACK_DIR/confab.conf DATABASE_URL="postgresql:///confab?host=$dir/sock&user=confab" \
	"$worker" --pid-file "$dir/pid" 2>"$dir/log" &
pid=$!
until_ 3000 tries 4 || fail "it does not try to connect"
[ "$(cpu_ms)" -lt 1000 ] || fail "it spins while the database is away: $(cpu_ms) ms"
[ "$(cat "$dir/pid")" = "$pid" ] || fail "the pid file does not hold its pid"

ln -s "$sock" "$dir/sock"
until_ 3000 connected 2 || fail "it does not connect when the database is there"

rm "$dir/sock"
psql -XAtq "$DATABASE_URL" -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE application_name = 'worker'" >/dev/null
until_ 3000 connected 1 || fail "the other worker does not connect again"
kill -0 "$pid" || fail "it ended with its connection"
ln -s "$sock" "$dir/sock"
until_ 3000 connected 2 || fail "it does not connect again"

kill -TERM "$pid"
wait "$pid" || fail "it ended with status $?"
pid=
[ ! -e "$dir/pid" ] || fail "it left its pid file"
! CONFAB_CONF=$STACK_DIR/confab.conf "$worker" --nonsense 2>/dev/null || fail "it takes any option"
CONFAB_CONF=$STACK_DIR/confab.conf "$worker" --check || fail "--check fails"
echo "worker: ok"
