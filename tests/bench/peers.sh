# shellcheck shell=bash disable=SC2154 # sourced by tests/harness/bench.sh, which sets what is not set here
# Two reads on Confab and on its peers (tests/bench/peers), all behind one nginx with the same configuration, from
# the same database by the same statement. Nothing is measured before all answer the same (peers/same.cjs). In
# each round every side has its turn, another one first each time, and nginx alone shows how the machine drifts; a
# ratio is of the two figures of one round.

PEERS=(gin fastify express)
WORKS=(advisor user)
declare -A SIDE_NAME=([gin]='Gin + pgx' [fastify]='Fastify + pg' [express]='Express + pg')
declare -A WORK_NAME=([advisor]='GET /advisors/{id}' [user]='GET /users/me, signed in')
declare -A WORK_PATH=() WORK_TOKEN=()
WRK_THREADS=2
WARM_S=2

# wrk_run SIDE WORK SECONDS: requests, seconds, p50 and p99 in µs, and the share of its threads wrk was busy.
wrk_run() {
	local url=${SIDE_URL[$1]}${WORK_PATH[$2]} out busy TIMEFORMAT='busy %U %S'
	out=$({ time wrk -s "$ROOT/tests/bench/wrk.lua" "-t$WRK_THREADS" "-c$CLIENTS" "-d${3}s" \
		${WORK_TOKEN[$2]:+-H "Authorization: Bearer ${WORK_TOKEN[$2]}"} "$url"; } 2>&1) || die "wrk: $out"
	busy=$(awk -v all=$((WRK_THREADS * $3)) '/^busy/ { printf "%.0f", 100 * ($2 + $3) / all }' <<<"$out")
	awk -v busy="$busy" '/^figures/ && $6 == 0 { print $2, $3, $4, $5, busy; ok = 1 } END { exit !ok }' <<<"$out" ||
		die "$url did not answer 2xx: $out"
}

# measure SIDE WORK: one more of each figure.
measure() {
	local side=$1 work=$2 at=$2_$1 requests seconds p50 p99 busy
	wrk_run "$side" "$work" 1 >/dev/null
	taken_from "$side"
	read -r requests seconds p50 p99 busy < <(wrk_run "$side" "$work" "$SECONDS_EACH")
	taken_until "$side" "$at" "$requests"
	figure "rate_$at" "$(awk -v n="$requests" -v s="$seconds" 'BEGIN { printf "%d\n", n / s }')"
	figure "p50_$at" "$(awk -v us="$p50" 'BEGIN { printf "%.2f\n", us / 1000 }')"
	figure "p99_$at" "$(awk -v us="$p99" 'BEGIN { printf "%.2f\n", us / 1000 }')"
	figure "load_$at" "$busy"
}

peers_same() {
	local side words=()
	for side in ours "${PEERS[@]}"; do
		words+=("$side=${SIDE_URL[$side]}")
	done
	step "replies compared"
	SECRET_KEYS=$(cat "$DIR/secret_keys") ISSUER=$BASE_URL ADVISOR=$1 EMAIL=$USER_EMAIL PASSWORD=$USER_PASSWORD \
		NODE_PATH=$ROOT/build/peers/node_modules node "$ROOT/tests/bench/peers/same.cjs" "${words[@]}" \
		>"$DIR/log/same.log" 2>&1 || step_failed "the sides differ, nothing is measured" "$DIR/log/same.log"
	step_done
}

peers_begin() {
	local advisor side work
	NGINX_CACHE=on stack_start
	peer_build
	peer_start "${PEERS[@]}"
	advisor=$(curl -sf "$API/advisors?limit=1" | jq -er '.items[0].id')
	peers_same "$advisor"
	WORK_PATH=([advisor]=/api/v1/advisors/$advisor [user]=/api/v1/users/me [constant]=/constant)
	WORK_TOKEN[user]=$(sign_in)
	for side in ours "${PEERS[@]}"; do
		for work in "${WORKS[@]}"; do
			wrk_run "$side" "$work" "$WARM_S" >/dev/null
		done
	done
}

# An access token lasts ten minutes: every round has its own.
peers_round() {
	local sides=(ours "${PEERS[@]}") i work
	WORK_TOKEN[user]=$(sign_in)
	measure constant constant
	[ -z "${SIDE_URL[cached]:-}" ] || measure cached advisor
	for work in "${WORKS[@]}"; do
		for ((i = 0; i < ${#sides[@]}; i++)); do
			measure "${sides[($1 + i) % ${#sides[@]}]}" "$work"
		done
	done
	figure pss_all "$(awk -v kb="$(pss all)" 'BEGIN { printf "%.1f\n", kb / 1024 }')"
}

bench_peers() {
	local i work side
	peers_begin
	for ((i = 0; i < ROUNDS; i++)); do
		peers_round "$i"
	done
	peer_stop
	side_legend
	side_head "nginx alone, as many bytes" ''
	side_row "" constant_constant
	for work in "${WORKS[@]}"; do
		side_head "${WORK_NAME[$work]}" "Confab's ratio"
		side_row Confab "${work}_ours"
		[ ! -f "$DIR/figures/rate_${work}_cached" ] || side_row "Confab, public and cached" "${work}_cached"
		for side in "${PEERS[@]}"; do
			side_row "${SIDE_NAME[$side]}" "${work}_$side" "rate_${work}_ours" "rate_${work}_$side"
		done
	done
	peers_aims
}

# What it must show; a miss is said.
peers_aims() {
	local side
	aims_begin
	aim "GET /advisors/{id}, of Gin" rate_advisor_ours rate_advisor_gin 2.2
	aim "GET /advisors/{id}, of Fastify" rate_advisor_ours rate_advisor_fastify 3.3
	aim "GET /advisors/{id}, of Express" rate_advisor_ours rate_advisor_express 7
	for side in "${PEERS[@]}"; do
		aim "its p99, of ${SIDE_NAME[$side]}'s" p99_advisor_ours "p99_advisor_$side" below 1
	done
	[ -z "${SIDE_URL[cached]:-}" ] ||
		aim "public and cached, of nginx alone" rate_advisor_cached rate_constant_constant 0.5
	aim "GET /users/me, of Gin" rate_user_ours rate_user_gin 3
	aim "GET /users/me, of Fastify" rate_user_ours rate_user_fastify 4
	aim "GET /users/me, of Express" rate_user_ours rate_user_express 8
	aim_value "all programs, MB of PSS" pss_all below 60
}
