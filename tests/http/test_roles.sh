#!/usr/bin/env bash
# Every route that is not for everybody refuses everybody it does not name: without a token 401, with
# the token of another role 403. The list of routes is the programs' own (confab routes).
set -euo pipefail
: "${BASE_URL:?}" "${BIN:?the folder of the programs}"

NOBODY=0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80
WRONG=0 TRIED=0

# sign_in JSON PATH: the access token of the reply.
sign_in() {
	curl -sS -f -H 'Content-Type: application/json' -d "$1" "$BASE_URL/api/v1/auth/$2" |
		jq -re .access_token
}

account() {
	jq -nc --arg role "$1" --arg email "roles-$RANDOM$RANDOM-$$@example.test" \
		'{email: $email, password: "correct horse battery 9", display_name: "Role", role: $role}'
}

declare -A TOKEN WANTED=([anon]="401 unauthorized" [user]="403 forbidden"
	[advisor]="403 forbidden" [admin]="403 forbidden")
TOKEN[user]=$(sign_in "$(account USER)" register)
TOKEN[advisor]=$(sign_in "$(account ADVISOR)" register)
TOKEN[admin]=$(sign_in "$(jq -nc --arg e "$ADMIN_EMAIL" --arg p "$ADMIN_PASSWORD" \
	'{identifier: $e, password: $p}')" login)

# try ROLE METHOD PATH
try() {
	local reply got args=(-sS -X "$2" -H 'Content-Type: application/json' -w '\n%{http_code}')
	[ "$2" = GET ] || [ "$2" = DELETE ] || args+=(-d '{}')
	[ "$1" = anon ] || args+=(-H "Authorization: Bearer ${TOKEN[$1]}")
	reply=$(curl "${args[@]}" "$BASE_URL$3")
	got="${reply##*$'\n'} $(jq -r '.error // "-"' <<<"${reply%$'\n'*}" 2>/dev/null || echo -)"
	TRIED=$((TRIED + 1))
	if [ "$got" != "${WANTED[$1]}" ]; then
		WRONG=$((WRONG + 1))
		echo "$2 $3 as $1: $got, wanted ${WANTED[$1]}"
	fi
}

# shellcheck disable=SC2016 # jq's own variable
LIST=$("$BIN/confab" routes "$BIN" | jq -r 'select(.page | not) |
	select(.roles | index("anon") | not) | . as $r |
	((["anon", "user", "advisor", "admin"] - .roles) | join(",")) as $refused |
	"\($refused) \($r.method) \($r.path)"')
while read -r refused method path; do
	# shellcheck disable=SC2001 # no pattern of the shell says it as shortly
	path=$(sed "s/{[a-z_]*}/$NOBODY/g" <<<"$path")
	for role in ${refused//,/ }; do
		try "$role" "$method" "$path"
		# A ticket opens the stream of events, by its handler, and nothing else.
		[ "$role" != anon ] || try anon "$method" "$path?ticket=x"
	done
done <<<"$LIST"

# What the tables may say. Everything of administrators is for them alone, but for the form to sign in and
# its sending; and these, and no others, are for everybody.
# shellcheck disable=SC2016 # jq's own variables
said=$("$BIN/confab" routes "$BIN" | jq -r 'select(.path | test("^/(api/v1/)?admin")) |
	select(.roles != ["admin"]) | "\(.method) \(.path)"' | sort | paste -sd ,)
[ "$said" = "GET /admin/login,POST /admin/login" ] || {
	echo "not for administrators alone: $said"
	WRONG=$((WRONG + 1))
}
said=$("$BIN/confab" routes "$BIN" | jq -r 'select(.roles | index("anon")) | .name' | sort | paste -sd ' ')
wanted="advisor_get advisor_list advisor_ratings auth_login auth_refresh auth_register front hook_twilio livez metrics panel_login panel_login_form readyz specialization_list"
[ "$said" = "$wanted" ] || {
	echo "open to everybody: $said"
	WRONG=$((WRONG + 1))
}

echo "roles: $TRIED refusals tried, $WRONG wrong"
[ "$WRONG" = 0 ] && [ "$TRIED" -gt 20 ]
