# shellcheck shell=bash disable=SC2154 # sourced by tests/harness/bench.sh, which sets what is not set here
# Messages a second with both people of each conversation listening: through nginx, beside pgbench with the
# same statement and beside the Socket.IO peer, which stores into the same tables; how long a message takes
# to arrive at a fixed rate; and what an idle client costs in memory. No figure of a run that lost one.

TALKS=64
TAG=00000001
IDLE_TALKS=1000
RATE=1000
PEER_PID='' PEER_URL=''

# load MODE OPTIONS...: loads that side; its result is then in $DIR/load.
load() {
	local url=$BASE_URL
	[ "$1" != socketio ] || url=$PEER_URL
	STACK_DIR=$DIR DATABASE_URL=$DATABASE_URL "$LOAD" "$@" --url "$url" >"$DIR/load" 2>"$DIR/load.log" ||
		die "load $*: $(cat "$DIR/load.log" "$DIR/load")"
}

# loaded NAME: a value of that result.
loaded() {
	awk -v name="$1" '$1 == name { print $2 }' "$DIR/load"
}

# --- the peer ---

peer_start() {
	local port
	rm -f "$DIR/log/peer.log"
	port=$(free_port)
	PEER_URL=http://127.0.0.1:$port
	DATABASE_URL=$DATABASE_URL SECRET_KEYS=$(cat "$DIR/secret_keys") PORT=$port NODE_ENV=production \
		NODE_PATH=$ROOT/build/peers/node_modules \
		node --expose-gc "$ROOT/tests/bench/peers/socketio.cjs" >"$DIR/log/peer.log" 2>&1 &
	PEER_PID=$!
	wait_for 20 grep -qs "^ready" "$DIR/log/peer.log" || die "the peer: $(cat "$DIR/log/peer.log")"
}

peer_stop() {
	[ -n "$PEER_PID" ] || return 0
	kill "$PEER_PID" 2>/dev/null || :
	wait "$PEER_PID" 2>/dev/null || :
	PEER_PID=''
}

# --- memory ---

children() {
	cat "/proc/$1/task/$1/children"
}

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
	read -ra workers < <(children "$PEER_PID")
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
	local mode=$1 name url=$BASE_URL line=''
	local -A before
	shift
	[ "$mode" != socketio ] || url=$PEER_URL
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
		figure "memory_$name" "$(awk -v a="${before[$name]}" -v b="$("${name}_resident")" \
			-v n=$((2 * IDLE_TALKS)) 'BEGIN { printf "%.1f\n", (b - a) / n }')"
	done
	eval "exec ${HOLD[1]}>&-"
	wait "$HOLD_PID"
}

# --- rounds ---

# throughput MODE: messages a second; settled NAME MODE: times of arrival at the fixed rate, in ms.
throughput() {
	load "$1" --tag "$TAG" --talks "$TALKS" --in-flight "$CLIENTS" --seconds "$SECONDS_EACH"
	figure "chat_$1" "$(loaded acked_per_s)"
}
arrival() {
	load "$1" --tag "$TAG" --talks "$TALKS" --in-flight 256 --seconds "$SECONDS_EACH" --rate "$RATE"
	figure "p50_$1" "$(awk -v us="$(loaded delivery_p50_us)" 'BEGIN { printf "%.1f\n", us / 1000 }')"
	figure "p99_$1" "$(awk -v us="$(loaded delivery_p99_us)" 'BEGIN { printf "%.1f\n", us / 1000 }')"
}

chat_round() {
	stack_start
	idle ws events nginx
	peer_start
	idle socketio peer
	peer_stop
	stack_start
	throughput post
	figure chat_pg "$(pg_rate "$ROOT/tests/bench/send.sql" -D n=0 -D "talks=$TALKS" -D "clients=$CLIENTS" \
		-D "tag=$TAG" -D "run=$(od -An -N4 -tx1 /dev/urandom | tr -d ' ')")"
	throughput ws
	arrival post
	peer_start
	throughput socketio
	arrival socketio
	peer_stop
}

bench_chat() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		chat_round
	done
	printf '\n  %s conversations, both people listening, %s messages under way, %s cores;\n' \
		"$TALKS" "$CLIENTS" "$(nproc)"
	printf '  median of %s rounds (least to most), ratio to (c), to (d)\n' "$ROUNDS"
	row /s "(c) pgbench, the statement of sending" chat_pg
	row /s "(d) Socket.IO, stored in the same tables" chat_socketio chat_pg
	row /s "POST .../messages through nginx" chat_post chat_pg chat_socketio
	row /s "op send over WebSockets through nginx" chat_ws chat_pg chat_socketio
	printf '\n  a message arrives, at %s a second, ratio to Socket.IO\n' "$RATE"
	row ms "p50, POST" p50_post p50_socketio
	row ms "p50, Socket.IO" p50_socketio
	row ms "p99, POST" p99_post p99_socketio
	row ms "p99, Socket.IO" p99_socketio
	printf '\n  an idle client, of %s over WebSockets, ratio to Socket.IO\n' $((2 * IDLE_TALKS))
	row KB "events" memory_events memory_peer
	row KB "nginx in front of it" memory_nginx
	row KB "Socket.IO's workers" memory_peer
}
