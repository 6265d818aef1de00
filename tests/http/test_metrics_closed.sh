#!/usr/bin/env bash
# nginx shows /metrics to this machine's own addresses alone: 127.0.0.1 and ::1 are let in, 127.0.0.2 and a
# client that says it is 127.0.0.1 are not.
set -euo pipefail
: "${BASE_URL:?run it as: make http T=metrics_closed}"
rc=0

# answers STATUS URL [CURL-OPTION...]
answers() {
	local wanted=$1 url=$2 status
	shift 2
	status=$(curl -sS -g --max-time 60 -o /dev/null -w '%{http_code}' "$@" "$url") || :
	[ "$status" = "$wanted" ] || {
		echo "GET $url $* answers $status, not $wanted" >&2
		rc=1
	}
}

answers 200 "$BASE_URL/metrics" --interface 127.0.0.1
answers 403 "$BASE_URL/metrics" --interface 127.0.0.2
answers 403 "$BASE_URL/metrics" --interface 127.0.0.2 -H 'X-Forwarded-For: 127.0.0.1' -H 'X-Real-IP: 127.0.0.1'
answers 200 "$BASE_URL/livez" --interface 127.0.0.2
if grep -qs '^0*1 ' /proc/net/if_inet6; then
	answers 200 "http://[::1]:${BASE_URL##*:}/metrics"
fi
exit $rc
