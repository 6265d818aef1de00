#!/usr/bin/env bash
# `make install` puts everything a site needs under DESTDIR, names no path of the build machine, follows PREFIX,
# and leaves alone what an administrator edits; `make uninstall` takes away the rest. Installs the programs of
# the flavour under test.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
rc=0

fail() {
	echo "install: $*" >&2
	rc=1
}

env -u MAKEFLAGS make -s "B=${B:-test}" "DESTDIR=$tmp/a" install >"$tmp/log" 2>&1 || {
	cat "$tmp/log" >&2
	exit 1
}
want=$(
	for name in $(programs_of STAY); do
		echo "usr/lib/confab/$name"
		echo "usr/lib/systemd/system/confab.target.wants/confab@$name.service"
	done
	for file in sql/*.sql sql/code/*.sql; do
		echo "usr/share/confab/$file"
	done
	cat <<-END
		usr/sbin/confab
		usr/share/confab/api/openapi.json
		usr/share/confab/api/docs/index
		usr/share/confab/api/docs/api-auth
		usr/share/confab/api/docs/search.json
		usr/share/confab/templates
		usr/lib/systemd/system/confab.target
		$(cd systemd && find confab@* -type f -o -type l | sed 's#^#usr/lib/systemd/system/#')
		usr/lib/sysusers.d/confab.conf
		usr/lib/tmpfiles.d/confab.conf
		etc/confab/confab.conf.example
		$(printf 'etc/nginx/confab/%s\n' http.conf events-1.conf events-2.conf server.conf redirect.conf \
			routes.conf limits.conf fastcgi.conf keepalive.conf \
			cache-on.conf cache-off.conf cached.conf pages.conf nginx.conf.example)
		etc/nginx/sites-available/confab
	END
)
for file in $want; do
	[ -s "$tmp/a/$file" ] || fail "$file is missing or empty"
done
wanted=$(cd "$tmp/a/usr/lib/systemd/system/confab.target.wants" && echo *)
[ "$(tr ' ' '\n' <<<"$wanted" | sort)" = "$(programs_of STAY | tr ' ' '\n' | sed 's/.*/confab@&.service/' | sort)" ] ||
	fail "confab.target wants $wanted"
for name in $(programs_of STAY) migrate; do
	grep -q "^u confab-$name " "$tmp/a/usr/lib/sysusers.d/confab.conf" || fail "$name has no account"
done
[ "$(grep -c '^[um] ' "$tmp/a/usr/lib/sysusers.d/confab.conf")" = $(($(programs_of STAY | wc -w) * 2 + 2)) ] ||
	fail "other accounts than one a program"
jq -e '.openapi | startswith("3.1")' "$tmp/a/usr/share/confab/api/openapi.json" >/dev/null ||
	fail "openapi.json is not an OpenAPI 3.1 document"
for file in $(cd "$tmp/a" && find usr/lib/confab usr/sbin -type f); do
	[ -x "$tmp/a/$file" ] || fail "$file is not executable"
done
found=$(grep -rlF "$ROOT" "$tmp/a/etc" "$tmp/a/usr/lib/systemd" "$tmp/a/usr/share") || :
[ -z "$found" ] || fail "the build directory is named in $found"

echo '# mine' >>"$tmp/a/etc/nginx/sites-available/confab"
echo '# mine' >"$tmp/a/etc/confab/confab.conf"
echo '# theirs' >>"$tmp/a/etc/nginx/confab/routes.conf"
env -u MAKEFLAGS make -s "B=${B:-test}" "DESTDIR=$tmp/a" install >"$tmp/log" 2>&1 ||
	fail "make install failed the second time: $(cat "$tmp/log")"
[ "$(tail -n 1 "$tmp/a/etc/nginx/sites-available/confab")" = '# mine' ] || fail "the edited site was overwritten"
[ "$(cat "$tmp/a/etc/confab/confab.conf")" = '# mine' ] || fail "the settings were overwritten"
[ "$(tail -n 1 "$tmp/a/etc/nginx/confab/routes.conf")" != '# theirs' ] || fail "routes.conf is not the release's"
env -u MAKEFLAGS make -s "DESTDIR=$tmp/a" uninstall >"$tmp/log" 2>&1 || fail "make uninstall failed: $(cat "$tmp/log")"
left=$(cd "$tmp/a" && find . -type f | sort | paste -sd' ')
[ "$left" = './etc/confab/confab.conf ./etc/nginx/sites-available/confab' ] || fail "make uninstall leaves $left"

env -u MAKEFLAGS make -s "B=${B:-test}" "DESTDIR=$tmp/b" PREFIX=/opt/c install >"$tmp/log" 2>&1 ||
	fail "make install PREFIX=/opt/c failed: $(cat "$tmp/log")"
exec=$(grep -rh '^ExecStart=.' "$tmp/b/opt/c/lib/systemd/system")
! grep -v '^ExecStart=/opt/c/' <<<"$exec" || fail "the units do not follow PREFIX"
grep -q 'alias /opt/c/share/confab/api/' "$tmp/b/etc/nginx/confab/routes.conf" ||
	fail "nginx does not follow PREFIX"
exit $rc
