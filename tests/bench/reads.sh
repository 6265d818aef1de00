# shellcheck shell=bash disable=SC2154 # sourced by tests/harness/bench.sh, which sets what is not set here
# Requests a second through nginx, against a constant reply through the same nginx and against pgbench
# with the same statement. The constant is /livez: ops has as many workers and kept connections as the
# programs it is compared with, so that what differs is their work.

# wrk_rate URL [HEADER]: requests a second; fails when a reply was not 2xx.
wrk_rate() {
	local out
	out=$(wrk -t2 "-c$CLIENTS" "-d${SECONDS_EACH}s" ${2:+-H "$2"} "$1")
	! grep -q 'Non-2xx' <<<"$out" || die "$1 did not answer 2xx: $out"
	awk '/^Requests\/sec:/ { printf "%d\n", $2 }' <<<"$out"
}

# pg_statement NAME: that statement of the programs, as it is, for pgbench with :id.
pg_statement() {
	# shellcheck disable=SC2016 # no variable of ours
	"$LOAD" statement "$1" | sed 's/\$1/:id/g' >"$DIR/$1.sql"
}

bench_reads() {
	local advisor token me i
	stack_start
	advisor=$(curl -sf "$API/advisors?limit=1" | jq -er '.items[0].id')
	token=$(sign_in)
	me=$(curl -sf -H "Authorization: Bearer $token" "$API/users/me" | jq -er .id)
	pg_statement directory_get
	pg_statement user_get
	for ((i = 0; i < ROUNDS; i++)); do
		figure constant "$(wrk_rate "$BASE_URL/livez")"
		figure http_advisor "$(wrk_rate "$API/advisors/$advisor")"
		figure http_user "$(wrk_rate "$API/users/me" "Authorization: Bearer $token")"
		figure pg_advisor "$(pg_rate "$DIR/directory_get.sql" -D "id=$advisor")"
		figure pg_user "$(pg_rate "$DIR/user_get.sql" -D "id=$me")"
	done
	printf '\n  %s connections, %s cores; median of %s rounds (least to most), ratio to (a), to (b)\n' \
		"$CLIENTS" "$(nproc)" "$ROUNDS"
	row /s "(a) a constant reply (/livez)" constant
	row /s "(b) pgbench, the advisor's statement" pg_advisor
	row /s "(b) pgbench, the user's statement" pg_user
	row /s "GET /advisors/{id}" http_advisor constant pg_advisor
	row /s "GET /users/me, signed in" http_user constant pg_user
}
