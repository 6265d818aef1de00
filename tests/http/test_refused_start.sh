#!/usr/bin/env bash
# What cannot be started says why in lines of the log, also before its settings are known, and ends with the
# status that its unit takes as "do not start it again".
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh
: "${STACK_DIR:?}" "${BIN:?the folder of the programs}"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
	echo "$1" >&2
	cat "$dir/said" >&2
	exit 1
}

# refused PATTERN COMMAND...: ends with 78; all it says is JSON lines, one of them an error like PATTERN.
refused() {
	local pattern=$1 rc=0
	shift
	"$@" >"$dir/out" 2>"$dir/said" </dev/null || rc=$?
	[ "$rc" = 78 ] || fail "$* ended with $rc instead of 78"
	jq -e . "$dir/said" >/dev/null 2>&1 || fail "$* says what is no JSON"
	jq -es --arg pattern "$pattern" 'any(.[]; .level == "error" and (.msg | test($pattern)))' \
		"$dir/said" >/dev/null || fail "$* does not say $pattern"
}

sed "s#^SECRET_KEYS_FILE=.*#SECRET_KEYS_FILE=%d/secret_keys#" "$STACK_DIR/confab.conf" >"$dir/keys.conf"
sed "s/^ENVIRONMENT=.*/WORKER=7/" "$STACK_DIR/confab.conf" >"$dir/word.conf"
sed "s#^BASE_URL=.*#BASE_URL=nowhere#" "$STACK_DIR/confab.conf" >"$dir/rule.conf"
sed "s#^TEMPLATE_DIR=.*#TEMPLATE_DIR=$dir/absent#" "$STACK_DIR/confab.conf" >"$dir/templates.conf"
for name in $(programs_of STAY); do
	refused "keys.conf:[0-9]+: SECRET_KEYS_FILE names a file, $dir/secret_keys: No such file" \
		env -i CONFAB_CONF="$dir/keys.conf" "$BIN/$name"
	refused 'word.conf:[0-9]+: WORKER is not a known setting' env -i CONFAB_CONF="$dir/word.conf" "$BIN/$name"
	refused 'BASE_URL must be a URL' env -i CONFAB_CONF="$dir/rule.conf" "$BIN/$name"
	refused 'absent.conf: the settings file cannot be read' env -i CONFAB_CONF="$dir/absent.conf" "$BIN/$name"
done
refused 'templates cannot be read' env -i CONFAB_CONF="$dir/templates.conf" "$BIN/admin" --socket "$dir/sock"

# A warning before the log is open is a line of it too.
install -m 600 "$STACK_DIR/secret_keys" "$dir/secret_keys"
sed -i 's/^ENVIRONMENT=.*/ENVIRONMENT=production/; s#^BASE_URL=.*#BASE_URL=https://a.test#' "$dir/keys.conf"
env -i CONFAB_CONF="$dir/keys.conf" "$BIN/ops" --check >"$dir/out" 2>"$dir/said" || fail "ops does not start"
for key in AI_PROVIDER SMS_PROVIDER MAIL_PROVIDER; do
	jq -es --arg key "$key" 'any(.level == "warn" and .program == "ops" and .key == $key)' "$dir/said" \
		>/dev/null || fail "the built-in $key is not warned of"
done
echo "refused start: ok"
