#!/usr/bin/env bash
# The operator's command: its help, words it does not know, the release, and the keys it makes.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh
: "${STACK_DIR:?}" "${BIN:?the folder of the programs}"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
version=$(sed -n 's/^VERSION := //p' Makefile)

fail() {
	echo "$1" >&2
	cat "$dir/out" "$dir/said" >&2
	exit 1
}

# status WANTED COMMAND...: ends with that; what it says is in out and said.
status() {
	local wanted=$1 rc=0
	shift
	"$@" >"$dir/out" 2>"$dir/said" </dev/null || rc=$?
	[ "$rc" = "$wanted" ] || fail "$* ended with $rc instead of $wanted"
}

# --- no settings are needed for what does not use them ---

confab=(env CONFAB_CONF="$dir/absent/confab.conf" "$BIN/confab")
status 0 "${confab[@]}" --version
[ "$(cat "$dir/out")" = "confab $version" ] || fail "--version does not say $version"
status 0 "${confab[@]}" version
for name in $(programs_of STAY); do
	status 0 "$BIN/$name" --version
	[ "$(cat "$dir/out")" = "confab $name $version" ] || fail "$name --version does not say $version"
done
status 0 "${confab[@]}" help
for word in migrate 'keys create \[DIR\]' 'config print' 'admin create EMAIL NAME' 'help \[WORD\]'; do
	grep -q "^  confab $word" "$dir/out" || fail "help does not tell of $word"
done
status 0 "${confab[@]}" help config
[ "$(grep -c '^  confab config ' "$dir/out")" = 2 ] || fail "help config does not tell of its two"
[ "$(grep -c '^  confab ' "$dir/out")" = 2 ] || fail "help config tells of more"

# --- what it does not know ---

status 2 "${confab[@]}"
grep -q 'confab migrate' "$dir/said" || fail "nothing at all does not get the list"
status 2 "${confab[@]}" migrat
grep -q 'no command "migrat"; is "migrate" meant' "$dir/said" || fail "a word with a fault is not known again"
status 2 "${confab[@]}" frobnicate
grep -q 'no command "frobnicate"$' "$dir/said" || fail "a strange word is not named"
status 2 "${confab[@]}" help frobnicate
status 2 "${confab[@]}" config
grep -q 'confab config check' "$dir/said" || fail "half a command does not get its other half"
status 2 "${confab[@]}" migrate now
grep -q 'confab migrate' "$dir/said" || fail "too many words do not get the usage"
[ ! -s "$dir/out" ] || fail "a refusal speaks on standard output"

# --- settings that cannot be used are said to people, in one line ---

status 78 "${confab[@]}" status
grep -qx "confab: $dir/absent/confab.conf: the settings file cannot be read: No such file or directory" \
	"$dir/said" || fail "the missing settings file is not named"

# --- keys ---

status 0 "${confab[@]}" keys create
[ "$(stat -c %a "$dir/absent")" = 700 ] || fail "the folder is open to others"
for name in secret_keys field_keys lookup_key; do
	[ "$(stat -c '%a %h' "$dir/absent/$name")" = "600 1" ] || fail "$name is open to others, or has two names"
	grep -q "^created  $dir/absent/$name: " "$dir/out" || fail "$name is not told of"
done
grep -qxE 'k1:[0-9a-f]{64}' "$dir/absent/secret_keys" || fail "the form of secret_keys"
grep -qxE 'f1:[0-9a-f]{64}' "$dir/absent/field_keys" || fail "the form of field_keys"
grep -qxE '[0-9a-f]{64}' "$dir/absent/lookup_key" || fail "the form of lookup_key"
[ "$(cut -d: -f2 "$dir"/absent/*key* | sort -u | wc -l)" = 3 ] || fail "two keys are the same"
[ "$(find "$dir/absent" -type f | wc -l)" = 3 ] || fail "something else was left there"

# A key that is there stays, though it is empty or leads nowhere; what is missing is made.
: >"$dir/absent/field_keys"
before=$(cat "$dir/absent/secret_keys")
rm "$dir/absent/lookup_key"
status 3 "${confab[@]}" keys create
[ "$(cat "$dir/absent/secret_keys")" = "$before" ] || fail "a key was overwritten"
[ ! -s "$dir/absent/field_keys" ] || fail "an empty file was overwritten"
[ -s "$dir/absent/lookup_key" ] || fail "what was missing was not made"
[ "$(grep -c '^kept' "$dir/out")" = 2 ] || fail "not said which were there"
mkdir "$dir/other"
ln -s "$dir/nowhere" "$dir/other/secret_keys"
status 3 "${confab[@]}" keys create "$dir/other"
[ ! -e "$dir/nowhere" ] || fail "it wrote where a link leads"
status 1 "${confab[@]}" keys create "$dir/no/such"
grep -q "file=$dir/no/such, error=No such file" "$dir/said" || fail "a folder that cannot be made is not named"

# Two at once: each key is whole and made once.
for _ in 1 2 3 4; do
	"${confab[@]}" keys create "$dir/race" >>"$dir/raced" &
done
wait
[ "$(grep -c '^created' "$dir/raced")" = 3 ] || fail "four at once made other than three keys"

# --- the keys are found beside the settings, by one who may read them ---

sed 's#^\(SECRET_KEYS\|FIELD_KEYS\|LOOKUP_KEY\)_FILE=.*/#\1_FILE=%d/#' "$STACK_DIR/confab.conf" \
	>"$dir/race/confab.conf"
chmod 755 "$dir" "$dir/race"
chmod 644 "$dir/race/confab.conf"
status 0 env CONFAB_CONF="$dir/race/confab.conf" "$BIN/confab" config check
if [ "$(id -u)" = 0 ]; then
	cp "$BIN/confab" "$dir/confab"
	status 78 setpriv --reuid=65534 --regid=65534 --clear-groups \
		env CONFAB_CONF="$dir/race/confab.conf" "$dir/confab" status
	grep -q "SECRET_KEYS_FILE names a file, $dir/race/secret_keys: Permission denied" "$dir/said" ||
		fail "the key that may not be read is not named"
fi
echo "command: ok"
