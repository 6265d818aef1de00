# shellcheck shell=bash disable=SC2154,SC2034 # sourced by bench.sh, which sets what is not set here
# The sides of a comparison: Confab and its peers (tests/bench/peers), each behind the stack's own nginx with the
# same configuration, and what a side takes: time of the processors and memory, by its processes. A peer is
# known by the id it was started under and ended by that.

declare -A SIDE_PID=() SIDE_URL=() # "ours", "constant" and, where nginx caches replies, "cached" are sides too

# --- peers ---

# Built anew when its text changed; Debian's Go needs no network for it.
peer_build() {
	local log=$ROOT/build/peers/gin.log
	GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$ROOT/build/peers/go go build \
		-o "$ROOT/build/peers/gin" "$ROOT/tests/bench/peers/gin.go" >"$log" 2>&1 || die "go build: $(cat "$log")"
}

peer_ready() {
	grep -qs "^ready" "$DIR/log/peer-$1.log" || [ ! -d "/proc/${SIDE_PID[$1]}" ]
}

# peer_start NAME...: each listens on a socket beside those of the programs, nginx before it.
peer_start() {
	local name run command issuer=$BASE_URL
	run=$(readlink -f "$DIR/run")
	for name in "$@"; do
		command=(node --expose-gc "$ROOT/tests/bench/peers/$name.cjs")
		[ "$name" != gin ] || command=("$ROOT/build/peers/gin")
		: >"$DIR/log/peer-$name.log"
		env DATABASE_URL="$DATABASE_URL" SECRET_KEYS="$(cat "$DIR/secret_keys")" ISSUER="$issuer" \
			SOCKET="$run/peer-$name.sock" NODE_ENV=production \
			NODE_PATH="$ROOT/build/peers/node_modules" ADVISOR_SQL="$("$LOAD" statement directory_get)" \
			USER_SQL="$("$LOAD" statement user_get)" "${command[@]}" >"$DIR/log/peer-$name.log" 2>&1 &
		SIDE_PID[$name]=$!
	done
	for name in "$@"; do
		wait_for 20 peer_ready "$name" || :
		grep -qs "^ready" "$DIR/log/peer-$name.log" || die "$name: $(cat "$DIR/log/peer-$name.log")"
	done
	peer_nginx "$run" "$@"
}

peer_stop() {
	local name
	for name in "${!SIDE_PID[@]}"; do
		kill "${SIDE_PID[$name]}" 2>/dev/null || :
		wait "${SIDE_PID[$name]}" 2>/dev/null || :
	done
	SIDE_PID=()
}

# --- nginx before them ---

# site NAME SED...: a server more, of Confab's own site with its locations made over. Caches are left out: who
# answers is the side itself.
site() {
	local name=$1 out=$DIR/nginx port
	shift
	port=$(free_port)
	SIDE_URL[$name]=http://127.0.0.1:$port
	sed -E -e '/fastcgi_(cache|no_cache)|\/cached\.conf;/d' "$@" "$out/routes.conf" >"$out/side-$name-routes.conf"
	sed "s#$out/routes.conf#$out/side-$name-routes.conf#" "$out/server.conf" >"$out/side-$name-server.conf"
	printf 'server {\n\tlisten 127.0.0.1:%s;\n\tinclude %s;\n}\n' "$port" "$out/side-$name-server.conf"
}

# peer_site RUN NAME: HTTP where Confab has FastCGI, for all paths alike: the same group of upstreams with its
# kept connections, the same locations, headers, limits and log.
peer_site() {
	local run=$1 name=$2 out=$DIR/nginx
	site "$name" -e '/fastcgi_(keep_conn|param)/d' -e "s#$out/fastcgi.conf#$out/side-proxy.conf#" \
		-e "s#fastcgi_pass confab_[a-z]+;#proxy_pass http://peer_$name;#" -e 's#fastcgi_#proxy_#' \
		-e 's#location = /api/v1/ws \{#location /socket.io/ {#' -e "s#http://confab_ws;#http://peer_$name;#"
	sed -n -e '/^upstream confab_people {/,/^}/p' "$out/http.conf" |
		sed -e "s#confab_people#peer_$name#" -e "s#unix:.*/people.sock#unix:$run/peer-$name.sock#"
}

# A reply that nginx makes by itself, about as long as an advisor's, with the same headers and the same log.
constant_site() {
	site constant -e "1i location = /constant { default_type application/json; return 200 '{\"text\":\"$(
		head -c 434 /dev/zero | tr '\0' x)\"}'; }"
}

nginx_has() {
	local now name
	now=$(children "$(cat "$DIR/run/nginx.pid")")
	for name in "${!SIDE_URL[@]}"; do
		port_in_use "${SIDE_URL[$name]##*:}" || return 1
	done
	[[ " $now " != *" ${1%% *} "* ]]
}

peer_nginx() {
	local run=$1 out=$DIR/nginx name before pid
	shift
	SIDE_URL=()
	cat >"$out/side-proxy.conf" <<-'END'
		proxy_http_version 1.1;
		proxy_set_header Connection "";
		proxy_set_header Host $http_host;
		proxy_set_header X-Request-Id $confab_request_id;
		proxy_set_header X-Real-IP $remote_addr;
	END
	{
		constant_site
		site ours
		for name in "$@"; do
			peer_site "$run" "$name"
		done
	} >"$out/sides.conf"
	! grep -q '/cache-on\.conf;' "$out/site.conf" || SIDE_URL[cached]=$BASE_URL
	grep -q sides.conf "$out/site.conf" || echo "include $out/sides.conf;" >>"$out/site.conf"
	pid=$(cat "$DIR/run/nginx.pid")
	before=$(children "$pid")
	kill -HUP "$pid"
	wait_for 10 nginx_has "$before" || die "nginx: $(tail -n 5 "$DIR/log/nginx-error.log")"
}

# --- what a side takes ---

children() {
	cat "/proc/$1/task/$1/children"
}

# side_pids SIDE: its processes; of Confab those of the programs that are asked. nginx alone and pgbench have none.
side_pids() {
	local parents=() names='' pid
	case $1 in
	ours | cached) names="advisors people" ;;
	post | ws) names="chat events" ;;
	all) names=$(programs_of STAY) ;;
	nginx | postgres) names=$1 ;;
	constant | pg) ;;
	*) parents=("${SIDE_PID[$1]}") ;;
	esac
	for pid in $names; do
		parents+=("$(head -n 1 "$DIR/run/$pid.pid")")
	done
	for pid in "${parents[@]}"; do
		echo "$pid"
		children "$pid" | tr ' ' '\n'
	done | sed '/^$/d'
}

# cpu_ms SIDE: milliseconds of the processors so far, those of children that have ended among them.
cpu_ms() {
	local pid
	for pid in $(side_pids "$1"); do
		sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || :
	done | awk -v hz="$(getconf CLK_TCK)" '{ sum += $12 + $13 + $14 + $15 } END { printf "%d\n", sum * 1000 / hz }'
}

# pss SIDE: kilobytes, what is shared counted in parts.
pss() {
	local pid
	for pid in $(side_pids "$1"); do
		awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || :
	done | awk '{ sum += $1 } END { print sum + 0 }'
}

# taken_from SIDE, taken_until SIDE AT REQUESTS: what it took in between, for each of them, as figures of AT.
declare -A TAKEN=()
taken_from() {
	TAKEN=([own]=$(cpu_ms "$1") [nginx]=$(cpu_ms nginx) [postgres]=$(cpu_ms postgres))
}
taken_until() {
	local name from
	for name in own nginx postgres; do
		from=${TAKEN[$name]}
		figure "cpu_${name}_$2" "$(awk -v ms=$(($(cpu_ms "${name/#own/$1}") - from)) -v n="$3" \
			'BEGIN { printf "%d\n", ms * 1000 / n }')"
	done
	figure "pss_$2" "$(pss "$1")"
}

# side_head TITLE RATIO; side_row TEXT AT [A B]: figures rate_AT, p50_AT, p99_AT (ms) and what was taken, and the
# ratio of figure A to figure B, round by round.
side_head() {
	printf '\n  %-34s %8s %-18s %-20s %6s %7s %6s  %4s %5s %5s  %s\n' "$1" 'a second' '' "$2" p50 p99 PSS own nginx PG load
}
side_row() {
	local text=$1 at=$2 ratio=''
	[ -z "${3:-}" ] || ratio=$(rounds_ratio "$3" "$4")
	printf '  %-34s %8s %-18s %-20s %6s %7s %6s  %4s %5s %5s  %3s%%\n' "$text" "$(median "rate_$at")" "($(spread "rate_$at"))" \
		"$ratio" "$(median "p50_$at")" "$(median "p99_$at")" "$(median "pss_$at" | awk '{ printf "%.1f\n", $1 / 1024 }')" \
		"$(median "cpu_own_$at")" "$(median "cpu_nginx_$at")" "$(median "cpu_postgres_$at")" "$(median "load_$at")"
}
side_legend() {
	printf '\n  %s connections, %s cores; median of %s rounds (least to most). p50, p99: ms. PSS: MB of its programs.\n' \
		"$CLIENTS" "$(nproc)" "$ROUNDS"
	printf '  own, nginx, PG: µs of the processors a request. load: how busy the client that asks was.\n'
}
