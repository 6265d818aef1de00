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

# The statements of directory_get (lib/domain/market/directory.c) and user_get
# (lib/domain/people/user.c), as the programs send them.
reads_statements() {
	cat >"$DIR/advisor.sql" <<-END
		SELECT a.id, u.display_name, a.headline, to_json(a.languages) AS languages,
		to_json(a.specializations) AS specializations, a.experience_years, a.rate_minor, a.currency,
		CASE WHEN EXISTS (SELECT FROM session s WHERE s.advisor_id = a.id
		AND s.state IN ('REQUESTED', 'ACCEPTED', 'ONGOING')) THEN 'BUSY'
		WHEN a.online THEN 'ONLINE' ELSE 'OFFLINE' END AS status,
		round(a.rating_sum::numeric / nullif(a.rating_count, 0), 2) AS rating_average,
		a.rating_count, a.session_count, a.bio, a.created_at
		FROM advisor a JOIN user_account u ON u.id = a.id
		WHERE a.id = '$1' AND a.state = 'APPROVED' AND u.state = 'ACTIVE';
	END
	cat >"$DIR/user.sql" <<-END
		SELECT id, email, display_name, role, bio, gender, birth_date, locale, timezone,
		presence_hidden, created_at, updated_at, phone_sealed AS _phone_sealed, version AS _version
		FROM user_account WHERE id = '$2' AND state <> 'DELETED';
	END
}

bench_reads() {
	local advisor token me i
	stack_start
	advisor=$(curl -sf "$API/advisors?limit=1" | jq -er '.items[0].id')
	token=$(curl -sf -H 'Content-Type: application/json' "$API/auth/login" --data \
		"$(jq -nc --arg i "$USER_EMAIL" --arg p "$USER_PASSWORD" '{identifier: $i, password: $p}')" |
		jq -er .access_token)
	me=$(curl -sf -H "Authorization: Bearer $token" "$API/users/me" | jq -er .id)
	reads_statements "$advisor" "$me"
	for ((i = 0; i < ROUNDS; i++)); do
		figure constant "$(wrk_rate "$BASE_URL/livez")"
		figure http_advisor "$(wrk_rate "$API/advisors/$advisor")"
		figure http_user "$(wrk_rate "$API/users/me" "Authorization: Bearer $token")"
		figure pg_advisor "$(pg_rate "$DIR/advisor.sql")"
		figure pg_user "$(pg_rate "$DIR/user.sql")"
	done
	printf '\n  %s connections, %s cores; median of %s rounds (least to most), ratio to (a), to (b)\n' \
		"$CLIENTS" "$(nproc)" "$ROUNDS"
	row /s "(a) a constant reply (/livez)" constant
	row /s "(b) pgbench, the advisor's statement" pg_advisor
	row /s "(b) pgbench, the user's statement" pg_user
	row /s "GET /advisors/{id}" http_advisor constant pg_advisor
	row /s "GET /users/me, signed in" http_user constant pg_user
}
