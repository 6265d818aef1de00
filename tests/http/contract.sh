#!/usr/bin/env bash
# Runs after all HTTP tests: the access logs must show that every route of the API was called with
# success (pages have tests of their own in a browser) and tried with each role it forbids; and every
# route that answers with JSON has a table for its reply.
# (That the replies matched the tables was checked while they were made: lib/web/reply_check.c.)
#
# The same for events: each type of the API's description was emitted (those that are stored nowhere:
# delivered), no type was emitted that it does not have, and none was delivered that broke its schema
# (which lib/shape/event_type.c sees).
set -euo pipefail
: "${STACK_DIR:?}" "${BIN:?the folder of the programs}"

routes=$("$BIN/confab" routes "$BIN" | jq -s .)
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh

# Each process of nginx writes its lines at most a second after the first that waits. A mark in the file, and
# then another: by then every process has written what it had when this began.
for mark in one two; do
	curl -s -o /dev/null -H "X-Request-Id: contract-$$-$mark" "$BASE_URL/api/v1/specializations"
	wait_for 60 grep -q "\"request_id\":\"contract-$$-$mark\"" "$STACK_DIR/log/access.log" || die "the access log stands still"
done
calls=$(cat "$STACK_DIR"/log/access.log "$STACK_DIR"/../private-*/log/access.log |
	jq -R 'fromjson? | select(.route != "") | [.route, (if .role == "" then "anon" else .role end), .status]' |
	jq -s 'unique')

types=$(TEMPLATE_DIR=templates "$BIN/confab" openapi "$BIN" | jq '[.components.schemas[] | .properties?
	| select(.type?.const? and .data?) | {type: .type.const, stored: (.seq.type != "null")}]')
stored=$(psql -XAtq "$DATABASE_URL" -c "SELECT coalesce(json_agg(DISTINCT type), '[]') FROM event
	WHERE type NOT LIKE 'test.%'")
logged=$(cat "$STACK_DIR"/log/*.log "$STACK_DIR"/../private-*/log/*.log | grep -a '"msg":"event ' |
	jq -R 'fromjson? | {msg, type}' | jq -s unique)

# shellcheck disable=SC2016 # jq's own variables
jq -rn --argjson types "$types" --argjson stored "$stored" --argjson logged "$logged" '
	[($types[] | .type as $t | select(if .stored then $stored | index($t) | not else
		any($logged[]; .msg == "event delivered" and .type == $t) | not end) |
		"\(.type) was never emitted"),
	($stored[] as $t | select(any($types[]; .type == $t) | not) | "\($t) is not described"),
	($logged[] | select(.msg == "event breaks its contract") | "\(.type) was delivered broken")
	] as $faults |
	$faults[], "contract: \($types | length) event types, \($faults | length) faults",
	if $faults == [] then empty else halt_error(1) end'

# shellcheck disable=SC2016 # jq's own variables
jq -rn --argjson routes "$routes" --argjson calls "$calls" '
	def seen(name; test): any($calls[]; .[0] == name and test);
	[$routes[] | . as $r | (
		(select(($r.hidden or seen($r.name; .[2] < 400)) | not) | "was never called with success"),
		(select($r.has_reply | not) | "has no reply table"),
		(select(($r.page or ($r.roles | index("anon"))) | not) |
			(["anon", "user", "advisor", "admin"] - $r.roles)[] | . as $role |
			select(seen($r.name; .[1] == $role and (.[2] == 401 or .[2] == 403)) | not) |
			"was not tried as \($role)")
	) | "\($r.method) \($r.path): \(.)"] as $faults |
	$faults[], "contract: \($routes | length) routes, \($faults | length) faults",
	if $faults == [] then empty else halt_error(1) end'
