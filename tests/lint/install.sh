#!/usr/bin/env bash
# `make install` puts everything a site needs under DESTDIR, names no path of the build machine, and
# follows PREFIX. Installs the programs of the flavour under test.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$(pwd -P)
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
progs=$(sed -n 's/^PROGS := //p' Makefile)
want=$(
	for name in $progs; do
		case $name in
		confab) echo usr/sbin/confab ;;
		*) echo "usr/lib/confab/$name" && echo "usr/lib/systemd/system/confab-$name.service" ;;
		esac
	done
	for file in sql/*.sql; do
		echo "usr/share/confab/$file"
	done
	cat <<-END
		usr/share/confab/api/openapi.json
		usr/share/confab/api/docs.html
		usr/share/confab/templates
		usr/lib/systemd/system/confab.target
		usr/lib/systemd/system/confab-events.socket
		usr/lib/systemd/system/confab-events-ws.socket
		usr/lib/systemd/system/confab-migrate.service
		usr/lib/systemd/system/confab-.service.d/10-confab.conf
		usr/lib/sysusers.d/confab.conf
		usr/lib/tmpfiles.d/confab.conf
		etc/confab/confab.conf.example
		etc/nginx/confab/routes.conf
		etc/nginx/confab/limits.conf
		etc/nginx/confab/fastcgi.conf
		etc/nginx/sites-available/confab
	END
)
for file in $want; do
	[ -s "$tmp/a/$file" ] || fail "$file is missing or empty"
done
jq -e '.openapi | startswith("3.1")' "$tmp/a/usr/share/confab/api/openapi.json" >/dev/null ||
	fail "openapi.json is not an OpenAPI 3.1 document"
for file in $(cd "$tmp/a" && find usr/lib/confab usr/sbin -type f); do
	[ -x "$tmp/a/$file" ] || fail "$file is not executable"
done
found=$(grep -rlF "$ROOT" "$tmp/a/etc" "$tmp/a/usr/lib/systemd" "$tmp/a/usr/share") || :
[ -z "$found" ] || fail "the build directory is named in $found"

env -u MAKEFLAGS make -s "B=${B:-test}" "DESTDIR=$tmp/b" PREFIX=/opt/c install >"$tmp/log" 2>&1 ||
	fail "make install PREFIX=/opt/c failed: $(cat "$tmp/log")"
grep -q '^ExecStart=/opt/c/lib/confab/auth' "$tmp/b/opt/c/lib/systemd/system/confab-auth.service" ||
	fail "the units do not follow PREFIX"
grep -q 'alias /opt/c/share/confab/api/' "$tmp/b/etc/nginx/confab/routes.conf" ||
	fail "nginx does not follow PREFIX"
exit $rc
