#!/usr/bin/env bash
# The front page: what it leads to is there, its demo logins are good, and no page of production has any.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh
page=$(mktemp)

# get PATH [ARGS]: the status; the body goes to $page, the head to $page.head.
get() {
	curl -sS -o "$page" -D "$page.head" -w '%{http_code}' "${@:2}" "$BASE_URL$1"
}

# gives STATUS PATH [ARGS]
gives() {
	local got
	got=$(get "${@:2}")
	[ "$got" = "$1" ] || die "$2 gives $got, not $1"
}

has() {
	grep -qF -- "$1" "$page" || die "the page has no $1"
}

header() {
	tr -d '\r' <"$page.head" | grep -qiE "^$1: $2$" || die "$1 is not $2: $(cat "$page.head")"
}

SITE_NAME='<i>Site</i> & "Co"' private_start front
gives 200 /
header Content-Type 'text/html; charset=utf-8'
header Content-Security-Policy "default-src 'none'; style-src 'self'; .*base-uri 'none'"
header X-Frame-Options DENY
header X-Content-Type-Options nosniff
header Referrer-Policy no-referrer
header Cache-Control no-store
has '&lt;i&gt;Site&lt;/i&gt; &amp; &quot;Co&quot;'
! grep -qF '<i>' "$page" || die "the name of the site is not escaped"
links=$(grep -o '<a [^>]*href="[^"]*"' "$page" | cut -d'"' -f4)
[ "$(wc -l <<<"$links")" = 4 ] || die "not four links: $links"
for link in $links; do
	[[ $(get "$link" -L) = 200 ]] || die "$link leads nowhere"
done

# The logins as they are shown: in the order e-mail, password.
gives 200 /
mapfile -t said < <(grep -oE '<code>[^<]*</code>' "$page" | sed 's/<[^>]*>//g')
[ "${#said[@]}" = 6 ] || die "not three logins: ${said[*]}"
for i in 0 2 4; do
	body=$(jq -nc --arg i "${said[i]}" --arg p "${said[i + 1]}" '{identifier: $i, password: $p}')
	gives 200 /api/v1/auth/login -H 'Content-Type: application/json' -d "$body"
done
gives 200 /
# What the page tells to paste works as it stands.
sed -n '/<pre/,/<\/pre>/p' "$page" | sed 's/<[^>]*>//g; s/&quot;/"/g; s/&#39;/'"'"'/g; s/&amp;/\&/g' >"$page.sh"
bash "$page.sh" 2>/dev/null | jq -e .access_token >/dev/null || die "the command of the page fails: $(cat "$page.sh")"
psql -qXd "$DATABASE_URL" -c "UPDATE user_account SET state = 'BLOCKED' WHERE email = '$ADVISOR_EMAIL'"
gives 200 /
has "$USER_EMAIL"
! grep -qF "$ADVISOR_EMAIL" "$page" || die "a login that is none is shown"

gives 200 / -I
header Content-Type 'text/html; charset=utf-8'
for method in POST PUT DELETE PATCH; do
	gives 405 / -X "$method"
	header Allow 'GET, HEAD'
done
gives 404 /index.html
gives 200 /favicon.ico
header Content-Type image/svg.xml
gives 200 /robots.txt
header Content-Type text/plain
has 'Disallow: /'

# The same programs as production: no logins, though the accounts are there.
sed -i 's/^ENVIRONMENT=.*/ENVIRONMENT=production/; s#^BASE_URL=http:#BASE_URL=https:#' "$STACK_DIR/confab.conf"
kill -HUP "$(cat "$STACK_DIR/run/admin.pid")"
without_logins() {
	gives 200 /
	! grep -q 'demo' "$page"
}
wait_for 60 without_logins || die "a page of production has demo logins: $(cat "$page")"
has '/docs'
rm -f "$page" "$page".*
echo "front: ok"
