# shellcheck shell=bash disable=SC2154 # sourced by tests/harness/bench.sh, which sets what is not set here
# Messages a second with both people of each conversation listening: beside pgbench with the same statement and
# beside the Socket.IO peer, which stores into the same tables and stands behind the same nginx; how long a
# message takes to arrive at a fixed rate; and what an idle client costs in memory. No figure of a run that lost one.

TALKS=64
TAG=00000001
IDLE_TALKS=1000
BEHIND_MS=9999 # stands for the time of arrival where a side did not keep up with the rate
RATE=1000
declare -A CHAT_NAME=([post]='POST .../messages' [ws]='op send, WebSocket' [socketio]='Socket.IO, stored in the same tables')

# load MODE OPTIONS...: loads that side; its result is then in $DIR/load, and how busy it was.
load() {
	local url=${SIDE_URL[$1]:-$BASE_URL} TIMEFORMAT='busy %U %S %R'
	{ time STACK_DIR=$DIR DATABASE_URL=$DATABASE_URL "$LOAD" "$@" --url "$url" >"$DIR/load" 2>"$DIR/load.log"; } \
		2>"$DIR/load.time" || die "load $*: $(cat "$DIR/load.log" "$DIR/load")"
}

# loaded NAME: a value of that result; loaded_ms NAME.
loaded() {
	awk -v name="$1" '$1 == name { print $2 }' "$DIR/load"
}
loaded_ms() {
	awk -v us="$(loaded "$1")" 'BEGIN { printf "%.1f\n", us / 1000 }'
}

# --- memory of idle clients ---

# resident PID...: kilobytes.
resident() {
	local pid
	for pid in "$@"; do
		awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
	done | awk '{ sum += $1 } END { print sum }'
}

# Node frees what it does not need when it is asked to, and takes its time over it.
peer_resident() {
	local workers before now=0 tries
	read -ra workers < <(children "${SIDE_PID[socketio]}")
	for ((tries = 0; tries < 10; tries++)); do
		before=$now
		kill -USR2 "${workers[@]}"
		sleep 0.5
		now=$(resident "${workers[@]}")
		[ $((now - before)) -gt 500 ] || [ $((before - now)) -gt 500 ] || break
	done
	echo "$now"
}
events_resident() {
	# shellcheck disable=SC2046 # a list of numbers
	resident $(children "$(cat "$DIR/run/events.pid")")
}
nginx_resident() {
	# shellcheck disable=SC2046
	resident $(children "$(cat "$DIR/run/nginx.pid")")
}

# idle MODE NAME...: what NAME_resident grows by for each idle client of that side.
idle() {
	local mode=$1 name url=${SIDE_URL[$1]:-$BASE_URL} line=''
	local -A before
	shift
	for name in "$@"; do
		before[$name]=$("${name}_resident")
	done
	coproc HOLD {
		STACK_DIR=$DIR DATABASE_URL=$DATABASE_URL "$LOAD" "$mode" --url "$url" --tag 00000002 \
			--talks "$IDLE_TALKS" --idle 2>"$DIR/load.log"
	}
	read -r -t 60 line <&"${HOLD[0]}" || :
	[ "$line" = ready ] || die "load: $(cat "$DIR/load.log")"
	for name in "$@"; do
		figure "memory_${name}_$mode" "$(awk -v a="${before[$name]}" -v b="$("${name}_resident")" \
			-v n=$((2 * IDLE_TALKS)) 'BEGIN { printf "%.1f\n", (b - a) / n }')"
	done
	eval "exec ${HOLD[1]}>&-"
	wait "$HOLD_PID"
}

# --- rounds ---

# throughput MODE: messages a second; arrival MODE: times of arrival at the fixed rate, in ms.
throughput() {
	taken_from "$1"
	load "$1" --tag "$TAG" --talks "$TALKS" --in-flight "$CLIENTS" --seconds "$SECONDS_EACH"
	taken_until "$1" "$1" "$(loaded messages)"
	figure "rate_$1" "$(loaded acked_per_s)"
	figure "p50_$1" "$(loaded_ms ack_p50_us)"
	figure "p99_$1" "$(loaded_ms ack_p99_us)"
	figure "load_$1" "$(awk '{ printf "%.0f\n", 100 * ($2 + $3) / $4 }' "$DIR/load.time")"
	[ "$1" = socketio ] || figure pss_all "$(pss all | awk '{ printf "%.1f\n", $1 / 1024 }')"
}
arrival() {
	load "$1" --tag "$TAG" --talks "$TALKS" --in-flight 256 --seconds "$SECONDS_EACH" --rate "$RATE"
	if [ "$(loaded counted)" -ge $((RATE * SECONDS_EACH * 9 / 10)) ]; then
		figure "arrival_p50_$1" "$(loaded_ms delivery_p50_us)"
		figure "arrival_p99_$1" "$(loaded_ms delivery_p99_us)"
	else
		figure "arrival_p50_$1" "$BEHIND_MS"
		figure "arrival_p99_$1" "$BEHIND_MS"
	fi
}
statement() {
	figure rate_pg "$(pg_rate "$ROOT/tests/bench/send.sql" -D n=0 -D "talks=$TALKS" -D "clients=$CLIENTS" \
		-D "tag=$TAG" -D "run=$(od -An -N4 -tx1 /dev/urandom | tr -d ' ')")"
}

# chat_round NUMBER: every other round the other way round.
chat_round() {
	local steps=("throughput post" "throughput socketio" statement "throughput ws" "arrival post" "arrival socketio"
		"arrival ws") i
	stack_start
	idle ws events nginx
	peer_start socketio
	idle socketio peer nginx
	peer_stop
	stack_start
	peer_start socketio
	load ws --tag "$TAG" --talks "$TALKS" --in-flight "$CLIENTS" --seconds 1
	load socketio --tag "$TAG" --talks "$TALKS" --in-flight "$CLIENTS" --seconds 1
	for i in "${!steps[@]}"; do
		[ $(($1 % 2)) = 0 ] || i=$((${#steps[@]} - 1 - i))
		# shellcheck disable=SC2086 # a command and its argument
		${steps[$i]}
	done
	peer_stop
}

bench_chat() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		chat_round "$i"
	done
	side_legend
	side_head "$TALKS conversations, both listening" "ratio to Socket.IO"
	for i in post ws socketio; do
		side_row "${CHAT_NAME[$i]}" "$i" "rate_$i" rate_socketio
	done
	row /s "pgbench, the statement of sending" rate_pg
	printf '\n  a message arrives, at %s a second (%s: the side did not keep up)\n' "$RATE" "$BEHIND_MS"
	for i in post ws socketio; do
		row ms "p50, ${CHAT_NAME[$i]}" "arrival_p50_$i"
		row ms "p99, ${CHAT_NAME[$i]}" "arrival_p99_$i"
	done
	printf '\n  an idle client, of %s over WebSockets, ratio to Socket.IO\n' $((2 * IDLE_TALKS))
	row KB "events" memory_events_ws memory_peer_socketio
	row KB "nginx in front of it" memory_nginx_ws memory_nginx_socketio
	row KB "Socket.IO's workers" memory_peer_socketio
	row KB "nginx in front of them" memory_nginx_socketio
	aims_begin
	aim "POST .../messages, of Socket.IO" rate_post rate_socketio 2.5
	aim "POST .../messages, of pgbench" rate_post rate_pg 1.5
	aim "op send, of Socket.IO" rate_ws rate_socketio 3
	aim_value "op send arrives, p50 in ms" arrival_p50_ws below 3
	aim_value "op send arrives, p99 in ms" arrival_p99_ws below 15
	aim_value "all programs under that load, MB of PSS" pss_all below 60
}
