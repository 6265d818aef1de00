#!/usr/bin/env bash
# The main job, as an app and an administrator do it, with curl and the public surface only:
# tour.sh ENV-FILE. Prints each step with its reply; stops at the first one that is not as it should be. TOUR_RECORD
# names a file to which every request of the API goes with its reply, one JSON object a line.
set -euo pipefail

[ -r "${1:-}" ] || {
	echo "tour: ${1:-no file} is not there: start the system first (make run or make start)" >&2
	exit 1
}
# shellcheck source=/dev/null
. "$1"
API=$BASE_URL/api/v1
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
RUN=$(date +%s)-$$
N=0

say() {
	N=$((N + 1))
	printf '\n%2d. %s\n' "$N" "$*"
}

fail() {
	printf '\ntour: step %d failed: %s\n' "$N" "$*" >&2
	exit 1
}

# call METHOD PATH WANTED-STATUS [TOKEN [BODY [HEADER]]]: the reply is in $REPLY and shown.
call() {
	local method=$1 path=$2 wanted=$3 token=${4:-} body=${5:-} header=${6:-} status
	local args=(-sS --max-time 90 -X "$method" -o "$TMP/reply" -w '%{http_code}')
	[ -z "$token" ] || args+=(-H "Authorization: Bearer $token")
	[ -z "$body" ] || args+=(-H "Content-Type: application/json" --data-binary "$body")
	[ -z "$header" ] || args+=(-H "$header")
	: >"$TMP/reply"
	printf '    %s %s%s\n' "$method" "/api/v1$path" "${body:+  $(mask <<<"$body")}"
	status=$(curl "${args[@]}" "$API$path") || fail "curl $path"
	REPLY=$(cat "$TMP/reply")
	printf '    %s %s\n' "$status" "$(shorten <<<"$REPLY")"
	[ -z "${TOUR_RECORD:-}" ] || jq -nc --arg method "$method" --arg path "/api/v1$path" --arg status "$status" \
		--argjson body "${body:-null}" --argjson reply "${REPLY:-null}" '$ARGS.named' >>"$TOUR_RECORD"
	[ "$status" = "$wanted" ] || fail "$method $path answered $status, not $wanted"
}

# Passwords and tokens are not shown.
mask() {
	sed -E 's/("(password|access_token|refresh_token)": ?)"[^"]*"/\1"…"/g'
}

shorten() {
	mask | cut -c 1-400
}

get() {
	jq -er "$1" <<<"$REPLY" 2>/dev/null || fail "the reply has no $1"
}

# expect FILTER: the jq filter is true of the last reply.
expect() {
	jq -e "$@" <<<"$REPLY" >/dev/null || fail "expected: $*"
}

# wait_event TOKEN CURSOR TYPE [FILTER]: long polls until an event of that type comes; sets CURSOR.
wait_event() {
	local token=$1 type=$3 filter=${4:-true} tries
	CURSOR=$2
	for ((tries = 0; tries < 8; tries++)); do
		call GET "/events?cursor=$CURSOR&wait=10" 200 "$token"
		CURSOR=$(get .cursor)
		EVENT=$(jq -c --arg type "$type" \
			"[.events[] | select(.type == \$type) | select($filter)] | first // empty" <<<"$REPLY")
		[ -z "$EVENT" ] || return 0
	done
	fail "no event $type came"
}

# --- the panel, as a browser without scripts does it ---

page() {
	local status
	status=$(curl -sS --max-time 60 -b "$TMP/jar" -c "$TMP/jar" -o "$TMP/page" -w '%{http_code}' \
		"$BASE_URL$1")
	printf '    GET %s\n    %s %s\n' "$1" "$status" "$(sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' "$TMP/page")"
	[ "$status" = 200 ] || fail "GET $1 answered $status"
}

# submit PATH FIELD=VALUE...: posts a form of the page seen last with its hidden token.
submit() {
	local path=$1 csrf status field args=()
	shift
	csrf=$(grep -o 'name="csrf" value="[^"]*"' "$TMP/page" | head -n 1 | cut -d'"' -f4)
	[ -n "$csrf" ] || fail "the page has no token in its form"
	for field in "$@"; do
		args+=(--data-urlencode "$field")
	done
	status=$(curl -sS --max-time 60 -b "$TMP/jar" -c "$TMP/jar" -o "$TMP/page" -w '%{http_code}' \
		-H "Origin: $BASE_URL" -H "Sec-Fetch-Site: same-origin" \
		--data-urlencode "csrf=$csrf" "${args[@]}" "$BASE_URL$path")
	printf '    POST %s\n    %s\n' "$path" "$status"
	[[ $status == 30[23] ]] || fail "POST $path answered $status"
}

# --- the tour ---

say "A user registers"
call POST /auth/register 201 "" "$(jq -nc --arg e "tour-user-$RUN@demo.test" \
	'{email: $e, password: "correct horse battery", display_name: "Tara Tour", role: "USER"}')"
USER=$(get .access_token)

say "Somebody registers as an advisor"
call POST /auth/register 201 "" "$(jq -nc --arg e "tour-advisor-$RUN@demo.test" --arg n "Anand $RUN" \
	'{email: $e, password: "wise owl in the tree", display_name: $n, role: "ADVISOR"}')"
ADVISOR=$(get .access_token)

say "… and applies with a profile"
call GET /specializations 200
SPECIALIZATION=$(get '.items[0].slug')
call POST /advisors/apply 200 "$ADVISOR" "$(jq -nc --arg s "$SPECIALIZATION" --arg r "tour$RUN" \
	'{headline: "Listens first", bio: ("Talks about love and its weather. " + $r),
	  languages: ["en"], specializations: [$s], experience_years: 7,
	  rate: {amount_minor: 0, currency: "INR"}}')"

say "An administrator signs in to the panel and approves the application"
page /admin/login
submit /admin/login "email=$ADMIN_EMAIL" "password=$ADMIN_PASSWORD"
page "/admin/advisors?state=PENDING&q=$RUN"
APPLICATION=$(grep -o "href=\"/admin/advisors/[^\"]*\">Anand $RUN" "$TMP/page" | cut -d'"' -f2)
[ -n "$APPLICATION" ] || fail "the panel lists no application of Anand $RUN"
page "$APPLICATION"
submit "$APPLICATION/approve"

say "The advisor goes online"
call PUT /advisors/me/status 200 "$ADVISOR" '{"status":"ONLINE"}'

say "The user finds the advisor in the directory"
call GET "/advisors?q=tour$RUN" 200
ADVISOR_ID=$(get '.items[0].id')
expect '.items | length == 1'

say "Both ask where their events stand"
call GET "/events?wait=0" 200 "$USER"
USER_CURSOR=$(get .cursor)
call GET "/events?wait=0" 200 "$ADVISOR"
ADVISOR_CURSOR=$(get .cursor)

say "The user asks for a chat"
call POST /sessions/chat 201 "$USER" "$(jq -nc --arg a "$ADVISOR_ID" '{advisor_id: $a}')" \
	"Idempotency-Key: tour-$RUN"
SESSION=$(get .id)

say "The advisor hears of it and accepts"
wait_event "$ADVISOR" "$ADVISOR_CURSOR" session.requested
ADVISOR_CURSOR=$CURSOR
call POST "/sessions/$SESSION/accept" 200 "$ADVISOR"
CONVERSATION=$(get .conversation_id)

say "The user hears that and joins: both are there, the session is on"
wait_event "$USER" "$USER_CURSOR" session.accepted
USER_CURSOR=$CURSOR
call POST "/sessions/$SESSION/join" 200 "$USER"
expect '.state == "ONGOING"'

say "The user writes while the advisor's poll is waiting"
(
	sleep 1
	curl -sS -o /dev/null -H "Authorization: Bearer $USER" -H "Content-Type: application/json" \
		--data '{"client_id":"tour-1","type":"text","body":"Will she write back?"}' \
		"$API/conversations/$CONVERSATION/messages"
) &
wait_event "$ADVISOR" "$ADVISOR_CURSOR" message.created '.data.body == "Will she write back?"'
ADVISOR_CURSOR=$CURSOR
wait

say "The advisor answers, and the user hears it"
call POST "/conversations/$CONVERSATION/messages" 201 "$ADVISOR" \
	'{"client_id":"tour-2","type":"text","body":"She will, if you ask her something."}'
wait_event "$USER" "$USER_CURSOR" message.created '.data.sender_type == "ADVISOR"'
USER_CURSOR=$CURSOR

say "Sent again with the same client_id, it is the same message"
FIRST=$(jq -r .data.id <<<"$EVENT")
call POST "/conversations/$CONVERSATION/messages" 200 "$ADVISOR" \
	'{"client_id":"tour-2","type":"text","body":"She will, if you ask her something."}'
[ "$(get .id)" = "$FIRST" ] || fail "a second message was made"

say "The session ends, and the user rates it"
call POST "/sessions/$SESSION/end" 200 "$USER"
expect '.state == "ENDED"'
call POST "/sessions/$SESSION/rating" 201 "$USER" '{"stars":5,"review":"Kind and clear."}'

say "The advisor's page shows the new average"
call GET "/advisors/$ADVISOR_ID" 200
expect '.rating_average == 5 and .rating_count == 1'

say "The user asks the assistant, which answers as itself"
call POST /sessions/chat 201 "$USER" '{"ai":true}'
CONVERSATION=$(get .conversation_id)
SESSION=$(get .id)
call POST "/conversations/$CONVERSATION/messages" 201 "$USER" \
	'{"client_id":"tour-3","type":"text","body":"Are you there?"}'
wait_event "$USER" "$USER_CURSOR" message.created \
	'.data.sender_type == "AI" and (.data.body | contains("Are you there?"))'
call POST "/sessions/$SESSION/end" 200 "$USER"

printf '\nThe tour is complete: %d steps, all as they should be.\n' "$N"
