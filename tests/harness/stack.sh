#!/usr/bin/env bash
# A whole private Confab under one directory: PostgreSQL, the programs, nginx.
#	stack.sh start DIR	everything; returns when /readyz answers 200
#	stack.sh start-db DIR	PostgreSQL alone, migrated
#	stack.sh stop DIR	ends what start began, and nothing else
#	stack.sh status DIR	one line a process; fails unless all run
#	stack.sh clock DIR BY	moves the time of all of it on, by 90s, 30m, 2h or 1d (builds dev and test)
# From the environment:
#	PORT		of nginx on 127.0.0.1; 0 (the default here) takes a free one
#	BIN		the programs (build/release/bin)
#	STACK_SEED=1	loads the demo data
#	STACK_FAST=1	does without fsync (tests)
#	EVENTS_COUNT=2	two events programs behind nginx's hash
#	NGINX_CACHE=on	as it is installed; tests and figures want the programs' own replies, so off is the default
#	STACK_CONF_EXTRA	more lines for confab.conf; and any setting of lib/base/conf.def by name
#	QUIET=1		no progress lines
# Leaves in DIR: env (shell variables for clients), run/NAME.pid, log/NAME.log, confab.conf; of a test build
# and of one of `make run` also test.map, by which the running programs take orders (order.sh, confab clock).
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/harness/stack_db.sh
. "$(dirname "$0")/stack_db.sh"
# shellcheck source=tests/harness/stack_nginx.sh
. "$(dirname "$0")/stack_nginx.sh"

FASTCGI=$(programs_of SERVE)
DAEMONS=$(programs_of DAEMON)
for ((i = 2; i <= ${EVENTS_COUNT:-1}; i++)); do
	FASTCGI+=" events-$i"
done
# What stack.sh itself decides; the other keys of conf.def pass through from the environment.
OWN_KEYS=" ENVIRONMENT BASE_URL DATABASE_URL SECRET_KEYS FIELD_KEYS LOOKUP_KEY RUN_DIR TEMPLATE_DIR \
SQL_DIR "

# --- configuration ---

conf_keys() {
	sed -n 's/^CONF_[A-Z]*([a-z0-9_]*, "\([A-Z0-9_]*\)".*/\1/p' "$ROOT/lib/base/conf.def"
}

# secret NAME [PREFIX]: a file with 32 random bytes in hexadecimal, made once.
secret() {
	[ -s "$DIR/$1" ] || (
		umask 077
		printf '%s%s\n' "${2:-}" "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" >"$DIR/$1"
	)
}

write_conf() {
	local key
	secret secret_keys demo:
	secret field_keys demo:
	secret lookup_key
	{
		echo "# Written by tests/harness/stack.sh at each start."
		echo "ENVIRONMENT=development"
		echo "BASE_URL=http://127.0.0.1:$PORT"
		echo "DATABASE_URL=$DATABASE_URL"
		for key in SECRET_KEYS FIELD_KEYS LOOKUP_KEY; do
			echo "${key}_FILE=$DIR/${key,,}"
		done
		echo "RUN_DIR=$RUN_DIR"
		echo "TEMPLATE_DIR=$ROOT/templates"
		echo "SQL_DIR=$ROOT/sql"
		for key in $(conf_keys); do
			if [[ $OWN_KEYS != *" $key "* && -n ${!key:-} ]]; then
				echo "$key=${!key}"
			fi
		done
		[ -z "${STACK_CONF_EXTRA:-}" ] || printf '%s\n' "$STACK_CONF_EXTRA"
	} >"$DIR/confab.conf"
}

write_env() {
	{
		echo "# Shell variables for clients of this stack."
		[ -z "${1:-}" ] || printf 'BASE_URL=%q\n' "$1"
		printf '%s_EMAIL=%s@demo.test\n' USER user ADVISOR advisor ADMIN admin
		printf '%s_PASSWORD=demo-%s-2468\n' USER user ADVISOR advisor ADMIN admin
		printf 'DATABASE_URL=%q\n' "$DATABASE_URL"
	} >"$DIR/env.new"
	mv "$DIR/env.new" "$DIR/env"
}

# --- programs ---

# Nothing of the caller's environment reaches the programs but what is named here: a BASE_URL left
# over from reading DIR/env must not override the configuration. Replaces the shell: call it in one
# of its own.
clean_env() {
	local name keep=()
	for name in PATH HOME LANG TZ TMPDIR ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS TSAN_OPTIONS \
		"${!CONFAB_@}"; do
		[ -z "${!name:-}" ] || keep+=("$name=${!name}")
	done
	exec env -i "${keep[@]}" CONFAB_CONF="$DIR/confab.conf" LIBFCGI_OS_CLOSE_POLL_TIMEOUT=100 "$@"
}

# program NAME ARGS...: starts one; its command line carries the pid file's path, by which stop knows
# it again.
program() {
	local name=$1
	shift
	rm -f "$RUN_DIR/$name.pid"
	(
		cd /
		clean_env setsid "$BIN/${name%-[0-9]}" "$@" --pid-file "$RUN_DIR/$name.pid"
	) </dev/null >>"$DIR/log/$name.log" 2>&1 9>&- &
	echo $! >"$RUN_DIR/$name.started"
}

program_ready() {
	socket_listens "$RUN_DIR/$1.sock" || ! program_alive "$1"
}

program_alive() {
	[ -d "/proc/$(cat "$RUN_DIR/$1.started")" ]
}

start_programs() {
	local name
	step "programs"
	mkdir -p "$RUN_DIR/metrics" "$RUN_DIR/shared"
	for name in $FASTCGI; do
		: >"$DIR/log/$name.log"
		rm -f "$RUN_DIR/$name.sock"
		case $name in
		events) program events --socket "$RUN_DIR/events.sock" --ws-socket "$RUN_DIR/events-ws.sock" ;;
		events-*) program "$name" --instance "${name#events-}" --socket "$RUN_DIR/$name.sock" \
			--ws-socket "$RUN_DIR/$name-ws.sock" ;;
		*) program "$name" --socket "$RUN_DIR/$name.sock" ;;
		esac
	done
	for name in $DAEMONS; do
		: >"$DIR/log/$name.log"
		program "$name"
	done
	for name in $FASTCGI; do
		wait_for 60 program_ready "$name" || true
		socket_listens "$RUN_DIR/$name.sock" ||
			step_failed "$name does not listen" "$DIR/log/$name.log"
	done
	for name in $FASTCGI $DAEMONS; do
		wait_for 60 test -s "$RUN_DIR/$name.pid" ||
			step_failed "$name wrote no pid file" "$DIR/log/$name.log"
	done
	step_done "$(wc -w <<<"$FASTCGI $DAEMONS") of $(wc -w <<<"$FASTCGI $DAEMONS")"
}

confab() {
	(cd / && clean_env "$BIN/confab" "$@")
}

start_migrate() {
	step "migrations"
	confab migrate >"$DIR/log/migrate.log" 2>&1 </dev/null ||
		step_failed "confab migrate failed" "$DIR/log/migrate.log"
	step_done
}

# Programs whose clock can be moved take orders from one file, and the clock of their database moves with theirs:
# tests/harness/stack.h, order.sh, confab clock. Those of a release know of none.
start_orders() {
	confab help clock >/dev/null 2>&1 || return 0
	: >>"$DIR/test.map"
	export CONFAB_TEST_FILE=$DIR/test.map
	"$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URL" >"$DIR/log/orders.log" 2>&1 <<-'END' ||
		SET client_min_messages = warning;
		CREATE SCHEMA IF NOT EXISTS test;
		CREATE TABLE IF NOT EXISTS test.clock (
			one bool PRIMARY KEY DEFAULT true CHECK (one),
			shift interval NOT NULL
		);
		INSERT INTO test.clock (shift) VALUES ('0') ON CONFLICT DO NOTHING;
		CREATE OR REPLACE FUNCTION public.app_now() RETURNS timestamptz LANGUAGE sql STABLE
			AS 'SELECT now() + (SELECT shift FROM test.clock)';
	END
		step_failed "the database takes no orders" "$DIR/log/orders.log"
}

start_seed() {
	step "demo data"
	confab seed demo >"$DIR/log/seed.log" 2>&1 </dev/null ||
		step_failed "confab seed demo failed" "$DIR/log/seed.log"
	step_done
}

start_docs() {
	step "API description"
	mkdir -p "$DIR/share/api"
	{
		confab openapi "$BIN" >"$DIR/share/api/openapi.json" &&
			confab docs "$BIN" "$DIR/share/api/docs"
	} 2>"$DIR/log/openapi.log" </dev/null ||
		step_failed "confab openapi or docs failed" "$DIR/log/openapi.log"
	step_done
}

start_ready() {
	step "ready"
	wait_for 60 curl -sf -o /dev/null "http://127.0.0.1:$PORT/readyz" || {
		curl -s "http://127.0.0.1:$PORT/readyz" >&2 || :
		step_failed "/readyz does not answer 200" "$DIR/log/ops.log"
	}
	step_done "http://127.0.0.1:$PORT"
}

# --- commands ---

prepare() {
	mkdir -p "$DIR/log" 2>/dev/null || :
	[ -w "$DIR/log" ] ||
		die "$DIR belongs to $(stat -c %U "$DIR"): remove it, or be that user"
	DIR=$(cd "$DIR" && pwd -P)
	case $DIR$ROOT in
	*[!A-Za-z0-9/._+-]*) die "please use a path of plain letters and digits, not $DIR" ;;
	esac
	RUN_DIR=$(short_dir "$DIR/run")
	PGDIR=$(cat "$DIR/pgdir" 2>/dev/null) || PGDIR=$DIR/pg
}

# One start or stop at a time for one directory.
lock() {
	exec 9>"$DIR/lock"
	flock -w 120 9 || die "another start or stop of $DIR is still at work"
}

# A failed or interrupted start leaves nothing running. (In a trap a bare return gives the status from
# before the trap, hence return 0 above and below.)
undo() {
	local rc=$?
	trap '' INT TERM
	[ "$rc" = 0 ] || stop_all
	exit "$rc"
}

cmd_start() {
	prepare
	lock
	if [ -n "$(running)" ] && [ -z "${QUIET:-}" ]; then
		echo "  stopping what still runs from before"
	fi
	stop_all
	[ -x "$BIN/confab" ] || die "no programs in $BIN: make all builds them"
	if [ "${PORT:-0}" = 0 ]; then
		PORT=$(free_port)
	elif port_in_use "$PORT"; then
		die "port $PORT is in use by another program; try another one: PORT=$((PORT + 1))"
	fi
	trap undo EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	db_start
	write_conf
	start_migrate
	start_orders
	[ "${STACK_SEED:-}" != 1 ] || start_seed
	start_docs
	start_programs
	nginx_start
	start_ready
	write_env "http://127.0.0.1:$PORT"
}

cmd_start_db() {
	prepare
	lock
	stop_all
	trap undo EXIT
	PORT=0
	db_start
	write_conf
	[ -x "$BIN/confab" ] || die "no programs in $BIN: make all builds them"
	start_migrate
	start_orders
	write_env
}

# The mark by which pid_is_ours knows each process again.
mark() {
	case $1 in
	postgres) echo " -D $PGDIR/data" ;;
	nginx) echo " $DIR/nginx/nginx.conf" ;;
	*) echo "--pid-file $RUN_DIR/$1.pid" ;;
	esac
}

pid_of() {
	local file pid files=("$RUN_DIR/$1.pid" "$RUN_DIR/$1.started")
	[ "$1" != postgres ] || files+=("$PGDIR/data/postmaster.pid")
	for file in "${files[@]}"; do
		pid=$(head -n 1 "$file" 2>/dev/null) || continue
		if pid_is_ours "$pid" "$(mark "$1")"; then
			echo "$pid"
			return 0
		fi
	done
	return 1
}

# The events programs beside those asked for now that an earlier start made.
more_events() {
	local file name
	for file in "$RUN_DIR"/events-[0-9].started; do
		name=$(basename "$file" .started)
		[ ! -e "$file" ] || [[ " $FASTCGI " == *" $name "* ]] || echo "$name"
	done
}

running() {
	local name
	for name in nginx $FASTCGI $(more_events) $DAEMONS postgres; do
		! pid_of "$name" >/dev/null || echo "$name"
	done
}

# end SECONDS SIGNAL NAME...: signals all, waits for each; what does not leave in time is killed.
end() {
	local seconds=$1 signal=$2 name pid pids=()
	shift 2
	for name in "$@"; do
		if pid=$(pid_of "$name"); then
			kill "-$signal" "$pid" 2>/dev/null || :
			pids+=("$name:$pid")
		else
			rm -f "$RUN_DIR/$name.pid" "$RUN_DIR/$name.started"
		fi
	done
	for pid in "${pids[@]}"; do
		name=${pid%%:*} pid=${pid#*:}
		if ! wait_gone "$pid" "$seconds"; then
			echo "stack.sh: $name ($pid) did not leave within $seconds s: killed" >&2
			kill -KILL "$pid" 2>/dev/null || :
			wait_gone "$pid" 5 || :
		fi
		rm -f "$RUN_DIR/$name.pid" "$RUN_DIR/$name.started" "$RUN_DIR/$name.sock"
	done
}

# Children whose parent was killed: the programs' carry its command line, nginx's are known by the
# log they hold open.
orphans() {
	local dir line
	for dir in /proc/[0-9]*; do
		line=$(tr '\0' ' ' 2>/dev/null <"$dir/cmdline") || continue
		case $line in
		*"--pid-file $RUN_DIR/"*) echo "${dir#/proc/}" ;;
		"nginx: "*)
			[[ $(readlink "$dir"/fd/* 2>/dev/null) != *"$DIR/log/"* ]] ||
				echo "${dir#/proc/}"
			;;
		esac
	done
}

end_orphans() {
	local pid
	for pid in $(orphans); do
		echo "stack.sh: ending $pid, whose parent was killed" >&2
		kill -TERM "$pid" 2>/dev/null || :
		wait_gone "$pid" 60 || kill -KILL "$pid" 2>/dev/null || :
	done
}

# nginx takes no new requests, the parked ones are answered, then the rest leave.
stop_all() {
	local name pid
	for name in $(running); do
		pid=$(pid_of "$name") || continue
		kill -0 "$pid" 2>/dev/null ||
			die "$name ($pid) belongs to $(stat -c %U "/proc/$pid"): only that user, or root, can stop it"
	done
	if pid=$(pid_of nginx); then
		kill -QUIT "$pid" 2>/dev/null || :
	fi
	# shellcheck disable=SC2046,SC2086 # lists of words
	end 60 TERM $(printf '%s\n' $FASTCGI $(more_events) | grep '^events')
	end 60 QUIT nginx
	# shellcheck disable=SC2086 # a list of words
	end 60 TERM $FASTCGI $DAEMONS
	end_orphans
	end 60 INT postgres
}

cmd_stop() {
	[ -d "$DIR" ] || return 0
	prepare
	lock
	stop_all
}

cmd_clock() {
	[ -s "$DIR/confab.conf" ] || die "there is no stack in $DIR: make run starts one"
	prepare
	CONFAB_TEST_FILE=$DIR/test.map confab clock advance "$BY"
}

cmd_status() {
	local name pid all=0
	[ -d "$DIR" ] || die "there is no stack in $DIR"
	prepare
	for name in postgres $FASTCGI $(more_events) $DAEMONS nginx; do
		if pid=$(pid_of "$name"); then
			printf '%-10s %s\n' "$name" "$pid"
		else
			printf '%-10s %s\n' "$name" "not running"
			all=1
		fi
	done
	return $all
}

USAGE="usage: stack.sh start|start-db|stop|status DIR, or stack.sh clock DIR 90s"
case $#:${1:-} in
2:start | 2:start-db | 2:stop | 2:status | 3:clock) ;;
*) die "$USAGE" ;;
esac
DIR=$2
BY=${3:-}
BIN=$(realpath -m "${BIN:-$ROOT/build/release/bin}")
PORT=${PORT:-0}
case $1 in
start) cmd_start ;;
start-db) cmd_start_db ;;
stop) cmd_stop ;;
status) cmd_status ;;
clock) cmd_clock ;;
esac
