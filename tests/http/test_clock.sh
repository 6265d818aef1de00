#!/usr/bin/env bash
# `make clock`: the time of a running system goes on, of its programs and of its database alike; a word that
# is no time moves nothing, and a start after a stop goes on from there.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh
out=$(mktemp)

# advance STATUS BY
advance() {
	local rc=0
	tests/harness/stack.sh clock "$STACK_DIR" "$2" >"$out" 2>&1 || rc=$?
	[ "$rc" = "$1" ] || die "clock $2 ends with $rc, not $1: $(cat "$out")"
}

# shift_is SECONDS: the database's clock is so far ahead, and so are the access tokens that auth makes.
shift_is() {
	local said before=$EPOCHSECONDS after
	said=$(psql -XAtqd "$DATABASE_URL" -c "SELECT extract(epoch FROM app_now() - now())::bigint")
	[ "$said" = "$1" ] || die "the database is $said s ahead, not $1"
	sign_in
	after=$EPOCHSECONDS
	said=$(($(cut -d. -f2 <<<"$TOKEN" | tr '_-' '/+' | base64 -di 2>/dev/null | jq .iat) - $1))
	[[ $said -ge $((before - 1)) && $said -le $((after + 1)) ]] ||
		die "the programs make it $said there, here it is $before to $after"
}

sign_in() {
	TOKEN=$(curl -sSf -H 'Content-Type: application/json' "$BASE_URL/api/v1/auth/login" --data \
		"$(jq -nc --arg i "$USER_EMAIL" --arg p "$USER_PASSWORD" '{identifier: $i, password: $p}')" |
		jq -re .access_token)
}

me() {
	curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $TOKEN" "$BASE_URL/api/v1/users/me"
}

private_start clock
shift_is 0
advance 0 90s
grep -qE '^it is [0-9-]{10}T[0-9:.]*Z now$' "$out" || die "the new time is not told: $(cat "$out")"
shift_is 90
[ "$(me)" = 200 ] || die "a good token is refused"
advance 0 1d
[ "$(me)" = 401 ] || die "a day later an access token is still good"
advance 0 2h
advance 0 10m
advance 0 0s
total=$((90 + 86400 + 7200 + 600))
shift_is $total
for word in '' d 1 1w -1s 1.5h 3651d 99999999999999999999s '1 d' 1dd; do
	advance 2 "$word"
	grep -q 'is no time to go on by: 90s, 30m, 2h, 1d' "$out" || die "\"$word\" is not explained: $(cat "$out")"
done
shift_is $total
[ "$(curl -sS -o /dev/null -w '%{http_code}' "$BASE_URL/readyz")" = 200 ] || die "it is not ready any more"

private_stop
env QUIET=1 STACK_FAST=1 PORT=0 tests/harness/stack.sh start "$STACK_DIR"
# shellcheck source=/dev/null
. "$STACK_DIR/env"
shift_is $total

# Without a system there is nothing to move, and one that takes no orders does not know the word.
rc=0
tests/harness/stack.sh clock "$STACK_DIR/none" 1d >"$out" 2>&1 || rc=$?
[[ $rc = 1 && $(cat "$out") == *"make run starts one"* ]] || die "a clock of nothing: $rc $(cat "$out")"
rc=0
CONFAB_CONF=$STACK_DIR/confab.conf "$BIN/confab" clock advance 1d >"$out" 2>&1 || rc=$?
[[ $rc = 1 && $(cat "$out") == *CONFAB_TEST_FILE* ]] || die "a clock that no program shares: $rc $(cat "$out")"
shift_is $total
rm -f "$out"
echo "clock: ok"
