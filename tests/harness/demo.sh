#!/usr/bin/env bash
# `make run` and `make start`: demo.sh run|start DIR. From nothing to a running system with demo data;
# run shows its requests and letters, and stops everything on Ctrl-C, start leaves it running.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/common.sh"

[ $# = 2 ] || die "usage: demo.sh run|start DIR"
MODE=$1
mkdir -p "$2"
DIR=$(cd "$2" && pwd -P)
STACK=$ROOT/tests/harness/stack.sh
PORT=${PORT:-8080}

build() {
	step "build"
	"${MAKE:-make}" -C "$ROOT" --no-print-directory -j"$(nproc)" B=dev all \
		>"$DIR/build.log" 2>&1 </dev/null || step_failed "make all failed" "$DIR/build.log"
	step_done ''
}

table() {
	# shellcheck source=/dev/null
	. "$DIR/env"
	cat <<-END

		  Site     $BASE_URL
		  API      $BASE_URL/api/v1        described in $BASE_URL/docs
		  Panel    $BASE_URL/admin
		  Health   $BASE_URL/readyz        numbers in $BASE_URL/metrics

		  demo login   e-mail                  password
		  user         $(printf '%-22s' "$USER_EMAIL")  $USER_PASSWORD
		  advisor      $(printf '%-22s' "$ADVISOR_EMAIL")  $ADVISOR_PASSWORD
		  admin        $(printf '%-22s' "$ADMIN_EMAIL")  $ADMIN_PASSWORD

		  make clock BY=1d moves its time on (s, m, h, d); it never goes back.
		  Logs in ${DIR#"$PWD"/}/log, shell variables in ${DIR#"$PWD"/}/env.
	END
}

start() {
	"$ROOT/tests/harness/deps.sh" run
	build
	PORT=$PORT STACK_SEED=1 NGINX_CACHE=on BIN=$ROOT/build/dev/bin "$STACK" start "$DIR" 8>&-
	table
}

stop() {
	trap '' INT TERM HUP
	trap - EXIT
	printf '\n  stopping …'
	"$STACK" stop "$DIR" 8>&- && printf ' everything has stopped\n'
	exit "${1:-0}"
}

# Requests as they come, one line each, for as long as this script lives.
show_requests() {
	tail "--pid=$$" -n 0 -F "$DIR/log/access.log" 2>/dev/null | jq -Rr --unbuffered '
		fromjson? | "  \(.time[11:19])  \(.status)  \(.method) \(.path)  \(.seconds * 1000 | floor) ms"'
}

# SMS and e-mail that nobody is sent, as they are written.
show_letters() {
	tail "--pid=$$" -n 0 -F "$DIR/run/outbox" 2>/dev/null | jq -Rr --unbuffered '
		fromjson? | "  \(.time[11:19])  \(.channel) to \(.to)\(if .subject then ": \(.subject)" else "" end)",
			(.text | split("\n")[] | "            \(.)")'
}

# Until Ctrl-C, or until one of the processes has gone.
follow() {
	show_requests 8>&- &
	show_letters 8>&- &
	trap 'stop 0' INT
	while "$STACK" status "$DIR" >"$DIR/status" 8>&-; do
		sleep 2 8>&- &
		wait $!
	done
	grep 'not running' "$DIR/status" | sed 's/^/  /' >&2
	stop 1
}

if [ "$MODE" = start ]; then
	start
	printf '\n  Next: make tour, then make stop.\n\n'
	exit 0
fi
exec 8>"$DIR/running"
flock -n 8 || die "it is running already from another terminal; make stop ends it"
trap 'stop 130' INT
trap 'stop 143' TERM HUP
trap 'stop $?' EXIT
start
printf '\n  Next: make tour, in another terminal. Ctrl-C stops everything.\n\n'
follow
