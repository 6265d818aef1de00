#!/usr/bin/env bash
# Runs after all HTTP tests: the programs' logs must show that every route of the API was called with
# success (pages have tests of their own in a browser) and tried with each role it forbids; and every
# route that answers with JSON has a table for its reply.
# (That the replies matched the tables was checked while they were made: lib/web/reply_check.c.)
set -euo pipefail
: "${STACK_DIR:?}" "${BIN:?the folder of the programs}"

routes=$("$BIN/confab" routes "$BIN" | jq -s .)
# The lines of programs that were killed may end anywhere.
calls=$(cat "$STACK_DIR"/log/*.log "$STACK_DIR"/../private-*/log/*.log | grep -a '"msg":"request"' |
	jq -R 'fromjson? | select(.route != "") | [.route, .role, .status]' | jq -s 'unique')

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
