#!/usr/bin/env bash
# The second factor, with codes of oathtool: set up, asked for, good once, guessed at, lost and turned off.
set -euo pipefail
: "${BASE_URL:?}" "${DATABASE_URL:?}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
email=totp$RANDOM$RANDOM@example.org
password='correct horse 9'

fail() {
	echo "$1" >&2
	cat "$dir/reply" >&2
	exit 1
}
sql() {
	psql -qAtX -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -c "$1"
}
# call WANTED METHOD PATH [BODY]: that status; the reply is in reply. With $token.
call() {
	local got
	got=$(curl -sS -o "$dir/reply" -w '%{http_code}' -X "$2" -H 'Content-Type: application/json' \
		${token:+-H "Authorization: Bearer $token"} ${4:+-d "$4"} "$BASE_URL/api/v1$3")
	[ "$got" = "$1" ] || fail "$2 $3 gave $got instead of $1"
}
reply() {
	jq -r "$1" "$dir/reply"
}
says() {
	[ "$(reply .error)" = "$1" ] || fail "the error is not $1"
}
# code SECONDS: the app's code then, by the clock of the programs
code() {
	oathtool --totp --base32 --now "@$(($(sql "SELECT floor(extract(epoch FROM app_clock()))::bigint") + $1))" "$secret"
}
login() {
	token='' call "$1" POST /auth/login \
		"{\"identifier\":\"$email\",\"password\":\"${3-$password}\"${2:+,\"code\":\"$2\"}}"
}
# A code that is none of those about now.
wrong() {
	printf '%06d' $(((10#$(code 0) + 500000) % 1000000))
}

token=''
call 201 POST /auth/register "{\"email\":\"$email\",\"password\":\"$password\",\"display_name\":\"Totp\"}"
token=$(reply .access_token) id=$(reply .user.id)
login 200
other=$(reply .access_token)

# --- set up ---

call 200 GET /auth/totp
[ "$(reply '[.on, .since, .recovery_left] | tostring')" = '[false,null,0]' ] || fail "it is on before"
call 409 POST /auth/totp/confirm '{"code":"123456"}'
sql "UPDATE login SET proved_at = app_now() - interval '301 s' WHERE user_id = '$id'"
call 403 POST /auth/totp/enrol
says reauth_required
call 401 POST /auth/reauth '{"password":"a wrong one"}'
says bad_credentials
call 204 POST /auth/reauth "{\"password\":\"$password\"}"
call 200 POST /auth/totp/enrol
secret=$(reply .secret)
[ "${#secret}" = 32 ] || fail "the secret has not 160 bits"
[[ $(reply .uri) == otpauth://totp/*"?secret=$secret&issuer="* ]] || fail "the address for a QR code"
[[ $(reply .uri) == *:"${email/@/%40}"\?* ]] || fail "the address does not name the account"
[ "$(sql "SELECT count(*) FROM totp WHERE user_id = '$id' AND secret_sealed LIKE '%$secret%'")" = 0 ] ||
	fail "the secret is stored as it is"
login 200 # nothing asks for it yet
call 401 POST /auth/totp/confirm "{\"code\":\"$(wrong)\"}"
says bad_code
call 200 POST /auth/totp/confirm "{\"code\":\"$(code 0)\"}"
mapfile -t recovery < <(reply '.recovery_codes[]')
[ "${#recovery[@]}" = 10 ] || fail "there are not ten recovery codes"
call 409 POST /auth/totp/enrol # it is on
for _ in {1..100}; do # within seconds
	[ "$(curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $other" "$BASE_URL/api/v1/auth/totp")" = 200 ] || break
done
token=$other call 401 GET /auth/totp # the other login has ended
call 200 GET /auth/totp
[ "$(reply '[.on, .recovery_left] | tostring')" = '[true,10]' ] || fail "it is not on"

# --- asked for ---

login 401
says second_factor_required
login 401 "$(code 30)" 'a wrong password'
says bad_credentials # and nothing of the code
next=$(code 30) # a clock may be half a minute off
login 200 "$next"
login 401 "$next"
says bad_code # each is good once
login 401 "$(code 0)"
login 401 "$(code -90)"
login 401 "$(code 120)"
sql "UPDATE rate_bucket SET next_at = NULL, count = 0 WHERE key LIKE 'totp:%'"
login 200 "${recovery[0],,}"
login 401 "${recovery[0]}"
says bad_code
login 200 "${recovery[1]//-/}"
call 200 GET /auth/totp
[ "$(reply .recovery_left)" = 8 ] || fail "used recovery codes are counted"

# --- proved again: with both ---

call 401 POST /auth/reauth "{\"password\":\"$password\"}"
says second_factor_required
call 204 POST /auth/reauth "{\"password\":\"$password\",\"code\":\"${recovery[2]}\"}"
call 200 POST /auth/totp/recovery
old=${recovery[3]}
mapfile -t recovery < <(reply '.recovery_codes[]')
login 401 "$old"
login 200 "${recovery[0]}"

# --- guessed at: five are looked at, from wherever they come, and what the waits let through ---

sql "UPDATE rate_bucket SET next_at = NULL, count = 0 WHERE key LIKE 'totp:%'"
guess=$(wrong) began=$SECONDS
body="{\"identifier\":\"$email\",\"password\":\"$password\",\"code\":\"$guess\"}"
seq 40 | xargs -P 20 -I{} curl -sS -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
	-d "$body" "$BASE_URL/api/v1/auth/login" >"$dir/statuses"
looked=$(grep -c 401 "$dir/statuses") let=5
for ((wait = 1, at = 1; at <= SECONDS - began + 1; wait = wait * 2 < 60 ? wait * 2 : 60, at += wait)); do
	let=$((let + 1))
done
if [ "$looked" -lt 5 ] || [ "$looked" -gt "$let" ]; then
	fail "$looked guesses of 40 were looked at, $let may be"
fi
[ "$(grep -c 429 "$dir/statuses")" = $((40 - looked)) ] || fail "other statuses"
sql "UPDATE rate_bucket SET next_at = app_now() + interval '60 s' WHERE key LIKE 'totp:%'"
login 429 "$(code 30)"
sql "UPDATE rate_bucket SET next_at = NULL, count = 0 WHERE key LIKE 'totp:%'"

# --- turned off ---

sql "UPDATE login SET proved_at = app_now() - interval '301 s' WHERE user_id = '$id'"
call 403 POST /auth/totp/disable
call 204 POST /auth/reauth "{\"password\":\"$password\",\"code\":\"${recovery[1]}\"}"
call 204 POST /auth/totp/disable
call 409 POST /auth/totp/disable
[ "$(sql "SELECT count(*) FROM recovery_code WHERE user_id = '$id'")" = 0 ] || fail "recovery codes are left"
login 200
login 200 "${recovery[2]}" # is not looked at
