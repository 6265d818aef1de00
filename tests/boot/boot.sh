#!/usr/bin/env bash
# An installation that works: README's chapter "In production", word for word, on a Debian 12 machine that is
# made for it, booted, booted again, upgraded, stopped and cleared of us. Says each check as a sentence.
# Ends with 77 where a machine cannot be booted at all, bare as Debian makes it.
#	KEEP=1	leaves the machine's root in build/boot/place/root
# The journal of the last boot stays in build/boot/journal.log.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh
BOOT=$ROOT/build/boot
PLACE=$BOOT/place
DIR=$PLACE/root
SITE=/etc/nginx/sites-available/confab
export LC_ALL=C
# shellcheck source=tests/boot/machine.sh
. "$ROOT/tests/boot/machine.sh"
# shellcheck source=tests/boot/checks.sh
. "$ROOT/tests/boot/checks.sh"
PASSED=0 FAILED=0

mkdir -p "$BOOT/objects"
exec 9>"$BOOT/lock"
flock -n 9 || {
	echo "boot: another one runs in $BOOT" >&2
	exit 1
}
: >"$BOOT/console.log"

finish() {
	local rc=$?
	trap '' INT TERM
	if [ "$NSPAWN" != 0 ]; then
		inside journalctl -b --no-pager >"$BOOT/journal.log" 2>&1 || :
		machine_end
	fi
	[ -n "${KEEP:-}" ] || place_give
	exit $rc
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

skip() {
	echo "skipped: $*"
	exit 77
}

took() {
	printf '  … %s: %d s\n' "$1" $((SECONDS - STARTED))
	STARTED=$SECONDS
}
STARTED=0

box() {
	awk -v "STEP=$1" -f tests/boot/chapter.awk README.md
}

# step NAME [INPUT]: does that step of README in the machine; what it says is in build/boot/step.log.
step() {
	box "$1" >"$BOOT/step.sh"
	[ -s "$BOOT/step.sh" ] || {
		echo "README has no step \"$1\" under \"In production\"" >&2
		exit 1
	}
	as_root cp "$BOOT/step.sh" "$DIR/root/step.sh"
	STEPS+=("$1")
	inside bash -ec 'cd /usr/src/confab; set -v; . /root/step.sh' <<<"${2:-}" >"$BOOT/step.log" 2>&1 || {
		cat "$BOOT/step.log"
		echo "  ✗ README's step \"$1\" fails" >&2
		exit 1
	}
	PASSED=$((PASSED + 1))
	took "README: $1"
}
STEPS=()

# check SENTENCE COMMAND...: counts it; what the command says is shown when it fails.
check() {
	local sentence=$1
	shift
	if "$@" >"$BOOT/check.log" 2>&1; then
		PASSED=$((PASSED + 1))
		printf '  ✓ %s\n' "$sentence"
	else
		FAILED=$((FAILED + 1))
		printf '  ✗ %s\n' "$sentence"
		tail -n 30 "$BOOT/check.log" | sed 's/^/    | /'
	fi
}

# --- the machine: what README's first box names, and what a bare Debian has or this test itself takes ---

as_root unshare --mount --pid --net --ipc --uts --fork true 2>"$BOOT/check.log" ||
	skip "no containers here: $(cat "$BOOT/check.log")"
place_take
mapfile -t PACKAGES < <(box Packages | sed -e 's/\\$//' -e 's/.*--no-install-recommends//' | xargs -n 1)
TAR=$(root_make systemd-sysv dbus jq "${PACKAGES[@]}")
took "the root, $((${#PACKAGES[@]} + 3)) packages and what they need"
root_unpack "$TAR" "$DIR"
printf '127.0.0.1 localhost confab.example\n::1 localhost confab.example\n' >"$BOOT/hosts"
as_root cp "$BOOT/hosts" "$DIR/etc/hosts"
as_root mkdir -p "$DIR/usr/src/confab/build"
git ls-files -z --cached --others --exclude-standard | as_root tar -c --null --ignore-failed-read -T - |
	as_root tar -x --no-same-owner -C "$DIR/usr/src/confab"
BIND=--bind=$BOOT/objects:/usr/src/confab/build
machine_boot "$DIR" "$BIND" || {
	machine_end
	root_unpack "$TAR" "$DIR"
	! machine_boot "$DIR" || {
		cat "$BOOT/console.log"
		echo "the bare root boots, and not with the checkout in it" >&2
		exit 1
	}
	skip "a bare Debian does not boot under systemd-nspawn here: $(tail -n 1 "$BOOT/console.log")"
}
took "it boots"

# --- the chapter ---

PASSWORD='nineteen violet otters'
files_all >"$BOOT/files.before"
for name in Packages Install 'Accounts and folders' 'Settings and keys' Database Migrations; do
	step "$name"
done
step Administrator "$PASSWORD"
step 'Site and TLS'
check "nginx has nothing to remark on its configuration" nginx_silent
step Enable
step Check
check "/readyz is 200 and says that all is good" ready_good
check "the worker is alive" unit_runs confab@worker
check "plain HTTP goes to HTTPS, beside Debian's default site" http_redirects
check "/metrics is for this machine alone" metrics_closed
check "the tour passes" tour_passes "$PASSWORD"
took "the tour"
check "each program runs with the confinement of its unit" programs_confined
check "what a program differs in is in force" limits_own people:512:16384 auth:768:16384 admin:768:16384 \
	ops:256:16384 events:1024:20000 worker:512:16384
check "the journal knows each program by its name" programs_named
check "no unit has failed" units_good
check "the journal has no error" journal_clean

pids_note
step 'Changed settings'
check "a reload ends no program" pids_same
check "/readyz is 200 after a reload" ready_good

step 'A second events program'
check "/readyz is 200 with a second events program" ready_good '.checks | any(.name == "events-2")'
check "the second events program has the limits of the first" limits_own events-2:1024:20000

machine_reboot "$DIR" "$BIND"
took "it boots again"
check "/readyz is 200 after a reboot" ready_good '.checks | any(.name == "events-2")'
check "the worker is alive after a reboot" unit_runs confab@worker
check "the second events program is alive after a reboot" unit_runs confab@events-2
check "no unit has failed after a reboot" units_good
check "the journal has no error after a reboot" journal_clean

mine_sum >"$BOOT/mine.before"
clients_begin
step Upgrade
check "clients are answered all through an upgrade" clients_end
check "an upgrade leaves the site, the settings and the keys as they were" mine_same
check "an upgrade starts all programs anew" programs_newer
check "/readyz is 200 after an upgrade" ready_good
check "no unit has failed after an upgrade" units_good
check "the journal has no error after an upgrade" journal_clean

check "stopping the target leaves no process and no socket" stop_leaves_nothing
check "without a key nothing starts, nothing is tried again, and the key is named" key_missing
check "with it back all starts" start_again

step Uninstall
check "uninstalling leaves nothing of ours" nothing_left
check "uninstalling leaves no failed unit" units_good
check "all steps of the chapter were done, in its order" \
	diff <(awk -f tests/boot/chapter.awk README.md) <(printf '%s\n' "${STEPS[@]}")

[ "$FAILED" = 0 ] || {
	echo "boot: $FAILED of $((PASSED + FAILED)) failed"
	exit 1
}
echo "boot: $PASSED tests, $PASSED asserts ok"
