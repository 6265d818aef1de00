#!/usr/bin/env bash
# An events program of its own, with room for two polls and without a decoding stream: the third poll
# is told to come later, events still arrive, and SIGTERM answers what is parked and ends with 0.
set -euo pipefail
: "${STACK_DIR:?}" "${DATABASE_URL:?}" "${BASE_URL:?}"

program=$(readlink "/proc/$(cat "$STACK_DIR/run/events.pid")/exe")
dir=$(mktemp -d /tmp/confab-held-XXXXXX)
pids=()
end() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || :
	done
	wait
	rm -rf "$dir"
}
trap end EXIT

fail() {
	echo "FAILED: $*" >&2
	tail -n 5 "$dir"/*.log >&2
	exit 1
}

# until_true WHAT COMMAND...: within a minute.
until_true() {
	local what=$1 i
	shift
	for ((i = 0; i < 3000; i++)); do
		if "$@"; then
			return 0
		fi
		read -rt 0.02 <> <(:) || :
	done
	fail "$what"
}

mkdir "$dir/tmp"
cat >"$dir/nginx.conf" <<END
user $(id -un) $(id -gn);
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $dir/tmp;
	proxy_temp_path $dir/tmp;
	fastcgi_temp_path $dir/tmp;
	uwsgi_temp_path $dir/tmp;
	scgi_temp_path $dir/tmp;
	server {
		listen unix:$dir/http.sock;
		location / {
			fastcgi_pass unix:$dir/events.sock;
			fastcgi_param REQUEST_METHOD \$request_method;
			fastcgi_param PATH_INFO \$uri;
			fastcgi_param QUERY_STRING \$query_string;
			fastcgi_param REMOTE_ADDR 127.0.0.1;
			fastcgi_param REQUEST_ID \$request_id;
		}
	}
}
END
[ "$(id -u)" = 0 ] || sed -i '/^user /d' "$dir/nginx.conf"
"$(command -v nginx || echo /usr/sbin/nginx)" -e "$dir/nginx.log" -c "$dir/nginx.conf" -g 'daemon off;' &
pids+=($!)

mkdir "$dir/run"
env -u BASE_URL CONFAB_CONF="$STACK_DIR/confab.conf" RUN_DIR="$dir/run" POLL_HELD_MAX=2 \
	CONFAB_NO_STREAM=1 "$program" --socket "$dir/events.sock" --pid-file "$dir/events.pid" \
	2>"$dir/events.log" &
events=$!
pids+=("$events")

sign_up() {
	curl -sf "$BASE_URL/api/v1/auth/register" -H 'Content-Type: application/json' -d "{
		\"email\": \"held-$RANDOM$RANDOM$RANDOM@test.test\", \"password\": \"correct horse battery 9\",
		\"display_name\": \"Held\", \"role\": \"USER\"}"
}
person=$(sign_up) || fail "cannot register"
token=${person#*\"access_token\":\"} id=${person#*\"id\":\"}
token=${token%%\"*} id=${id%%\"*}
epoch=$(psql -XAtq "$DATABASE_URL" -c 'SELECT epoch FROM epoch')

# poll QUERY [CURL OPTION...]
poll() {
	local query=$1
	shift
	curl -s --unix-socket "$dir/http.sock" -H "Authorization: Bearer $token" "$@" \
		"http://events/api/v1/events?$query"
}
# park NAME SEQ: a poll that comes again while a probe below has its place.
park() {
	local status=503
	while [ "$status" = 503 ]; do
		status=$(poll "cursor=$epoch-$2&wait=20" -o "$dir/$1" -w '%{http_code}')
	done
	echo "$status" >"$dir/$1.status"
}
answers() {
	[ "$(poll "wait=0" -o /dev/null -w '%{http_code}')" = "$1" ]
}

until_true "the program does not answer" answers 200
park one 0 &
one=$!
park two 0 &
two=$!
until_true "a third poll is not refused" answers 503
poll "wait=0" -D "$dir/head" -o "$dir/third"
grep -qi '^Retry-After: [1-9]' "$dir/head" || fail "no Retry-After"
grep -q '"error":"busy"' "$dir/third" || fail "not busy: $(cat "$dir/third")"

psql -XAtq "$DATABASE_URL" -c "SELECT event_emit(ARRAY['$id'::uuid], 'test.held', '{}')" >/dev/null
wait "$one" "$two"
for reply in one two; do
	[ "$(cat "$dir/$reply.status")" = 200 ] || fail "$reply: status"
	grep -q '"type":"test.held"' "$dir/$reply" || fail "$reply: $(cat "$dir/$reply")"
done

began=$SECONDS
park one 1 &
one=$!
park two 1 &
two=$!
until_true "not parked again" answers 503
kill "$events"
wait "$one" "$two"
[ $((SECONDS - began)) -lt 20 ] || fail "they were answered when their wait was over"
rc=0
wait "$events" || rc=$?
[ "$rc" = 0 ] || fail "exit $rc"
for reply in one two; do
	[ "$(cat "$dir/$reply")" = "{\"events\":[],\"cursor\":\"$epoch-1\"}" ] ||
		fail "$reply: $(cat "$dir/$reply.status" "$dir/$reply")"
done
echo "events_held: ok"
