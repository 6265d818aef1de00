#!/usr/bin/env bash
# shellcheck disable=SC2016 # hashes have signs of money
# Accounts of another system: whoever comes with a hash of bcrypt signs in with the password they know.
set -euo pipefail
: "${BASE_URL:?}" "${STACK_DIR:?}" "${BIN:?the folder of the programs}" "${DATABASE_URL:?}"
export CONFAB_CONF=$STACK_DIR/confab.conf
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mark=import$RANDOM$RANDOM
hash='$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e' # of "correct horse"

fail() {
	echo "$1" >&2
	cat "$dir/said" >&2
	exit 1
}
accounts() {
	psql -qAtX -d "$DATABASE_URL" -c "SELECT count(*) FROM user_account WHERE email LIKE '$mark%'"
}
# status_of PASSWORD: of signing in as the first
status_of() {
	curl -sS -o "$dir/reply" -w '%{http_code}' -H 'Content-Type: application/json' \
		-d "{\"identifier\":\"$mark.1@example.org\",\"password\":\"$1\"}" "$BASE_URL/api/v1/auth/login"
}
# refused LINE TEXT: nothing is stored when this is the third line, and TEXT is said of it
refused() {
	{ line 1; line 2; printf '%s\n' "$1"; line 4; } >"$dir/users"
	! "$BIN/confab" user import "$dir/users" >"$dir/said" 2>&1 || fail "taken: $1"
	grep -qF "users:3: $2" "$dir/said" || fail "not said: $2"
	[ "$(accounts)" = 0 ] || fail "half of the file was stored"
}
line() {
	printf '{"email":"%s.%s@example.org","display_name":"Person %s","password_hash":"%s"}\n' "$mark" "$1" "$1" "$hash"
}

refused 'no object' ''
refused '[]' 'is no JSON object'
refused '{"email":"x@example.org"}' 'display_name is missing'
refused '{"email":"nobody","display_name":"X"}' 'email '
refused '{"display_name":"X"}' 'email is missing'
refused '{"email":"x@example.org","display_name":"X","password":"secret"}' 'password '
refused '{"email":"x@example.org","display_name":"X","role":"ADMIN"}' 'role '
refused '{"email":"x@example.org","display_name":"X","password_hash":"$1$salt$qJH7.N4xYta3aEG/dfqo/0"}' 'password_hash is of no kind'
refused "$(line 1)" 'the e-mail address or phone number belongs'

{ line 1; line 2; } >"$dir/users"
"$BIN/confab" user import "$dir/users" >"$dir/said" 2>&1 || fail "a good file was refused"
grep -q '^2 accounts were imported$' "$dir/said" || fail "it does not say how many"
grep -q 'set BCRYPT_COST' "$dir/said" || fail "it does not tell of the setting"
[ "$(accounts)" = 2 ] || fail "they are not there"
[ "$(status_of 'correct horsf')" = 401 ] || fail "a wrong password"
[ "$(status_of 'correct horse')" = 200 ] || fail "the right password"
[ "$(status_of 'correct horse')" = 200 ] || fail "the right password, by the new hash"
! "$BIN/confab" user import "$dir/absent" >"$dir/said" 2>&1 || fail "a file that is not there"
