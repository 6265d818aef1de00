#!/usr/bin/env bash
# What nginx alone does before a program is asked: the share of each address in signing in, and an access
# log that tells no query. From 127.0.0.2, for 127.0.0.1 is not counted.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh

# codes ADDRESS COUNT PATH: the statuses of so many requests, each once with its number.
codes() {
	local urls=() i
	for ((i = 0; i < $2; i++)); do
		urls+=(-o /dev/null "$BASE_URL$3")
	done
	curl -s --interface "$1" -w '%{http_code}\n' "${urls[@]}" | sort | uniq -c | awk '{ print $2 ":" $1 }'
}

# More than a burst, whatever the speed: it is refilled by ten a second.
said=$(codes 127.0.0.2 300 /api/v1/auth/logins)
grep -q '^401:' <<<"$said" || die "no request of 127.0.0.2 came through: $said"
grep -q '^429:' <<<"$said" || die "300 requests to auth at once from one address, and none was refused: $said"
said=$(codes 127.0.0.1 300 /api/v1/auth/logins)
[ "$said" = 401:300 ] || die "127.0.0.1 is counted: $said"
said=$(codes 127.0.0.3 100 /api/v1/specializations)
[ "$said" = 200:100 ] || die "reading has the share of signing in: $said"

reply=$(curl -s -i --interface 127.0.0.2 "$BASE_URL/api/v1/auth/logins?[1-100]" | tr -d '\r')
grep -q '^Retry-After: [1-9]' <<<"$reply" || die "a refusal does not say when to come again"
grep -q '"error":"rate_limited"' <<<"$reply" || die "a refusal has not the shape of all errors"

mark=secret-$RANDOM$RANDOM
curl -s -o /dev/null "$BASE_URL/api/v1/specializations?ticket=$mark" -H "X-Request-Id: $mark-id"
wait_for 60 grep -q "\"request_id\":\"$mark-id\"" "$STACK_DIR/log/access.log" || die "the access log has no such request"
line=$(grep "\"request_id\":\"$mark-id\"" "$STACK_DIR/log/access.log")
[[ $line == *'"path":"/api/v1/specializations"'* ]] || die "the access log has not the path: $line"
! grep -q "ticket=$mark" "$STACK_DIR/log/access.log" || die "the access log has a query"
