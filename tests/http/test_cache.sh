#!/usr/bin/env bash
# What nginx keeps for a second, by nginx/cache-on.conf; see cache.mjs. First without: each reading reaches the
# program, and is counted to the caller.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh

for _ in 1 2; do
	curl -s -o /dev/null -D - "$BASE_URL/api/v1/specializations" | grep -qi '^RateLimit-Limit:' ||
		die "a reply of the program does not tell its limit"
done

private_start cache NGINX_CACHE=on CORS_ORIGINS=https://friend.test,https://other.test
node tests/http/cache.mjs
