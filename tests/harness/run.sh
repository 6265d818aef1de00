#!/usr/bin/env bash
# Runs tests against private servers under build/ and counts: run.sh all | PART...
# Parts: unit db http panel lint fuzz boot soak. "all" is every part in flavour test (fuzz: the corpus only, and
# the API for half a minute; no soak), and beside it unit, db, http and panel in flavour asan. The last line is
# "N passed, N failed", and ", N skipped" when some could not be done on this machine.
#	B	flavour of single parts (test; of soak: release)
#	T	runs only the tests of these names: wallet_hold, not test_wallet_hold.c; 'events* ws' are several
#	FUZZ_S	seconds for each fuzz target; 0 replays the corpus, the API has 30 s
#	FUZZ_SEED	of the API's fuzzer, as it printed it
#	FAIL_FAST	ends the run at the first failure
#	LIMIT_S	ends a test that has not ended by itself after so many seconds, if that is sooner
# Each test's output is kept in build/tests/FLAVOUR/PART/NAME.log.
set -euo pipefail
# shellcheck source=tests/harness/common.sh
. "$(dirname "$0")/common.sh"

STACK=$ROOT/tests/harness/stack.sh
OUT=$ROOT/build
PASSED=0 FAILED=0 SKIPPED=0 FAILURES=() STACKS=() LOGS=''
read -ra WANTED <<<"${T:-}"

# The thread sanitizer of GCC 12 needs the address space as it was before kernels made it more random.
if [ "${B:-}" = tsan ] && [ -z "${CONFAB_FIXED_ADDRESSES:-}" ]; then
	export CONFAB_FIXED_ADDRESSES=1
	! setarch -R true 2>/dev/null || exec setarch -R "$0" "$@"
fi

# --- counting ---

# A CUnit program says "suite: N tests, M asserts ok" and counts as N; anything else counts as one.
tests_in() {
	local n
	n=$(sed -n 's/^.*: \([0-9][0-9]*\) tests, [0-9]* asserts.*$/\1/p' "$1" | tail -n 1)
	echo "${n:-1}"
}

# one NAME SECONDS COMMAND...: runs a test and counts it; the limit is against hanging alone, ten times and more of
# what a test takes. 77 says that this machine cannot do it, and why in the
# last line.
one() {
	local name=$1 limit=$2 log=$LOGS/$1.log started ms rc=0
	shift 2
	[ "${LIMIT_S:-$limit}" -ge "$limit" ] || limit=$LIMIT_S
	started=$(now_ms)
	(cd "$ROOT" && timeout -k 5 "$limit" "$@") >"$log" 2>&1 </dev/null || rc=$?
	ms=$(($(now_ms) - started))
	if [ "$rc" = 0 ]; then
		PASSED=$((PASSED + $(tests_in "$log")))
		printf '  ✓ %-50s %3d.%d s\n' "$name" $((ms / 1000)) $((ms % 1000 / 100))
	elif [ "$rc" = 77 ]; then
		SKIPPED=$((SKIPPED + 1))
		printf '  - %s: %s\n' "$name" "$(tail -n 1 "$log")"
	else
		failed "$name" "$log" "$([ "$rc" != 124 ] || echo "no end after $limit s, ")exit $rc"
	fi
}

# failed NAME LOG WHY
failed() {
	FAILED=$((FAILED + 1))
	FAILURES+=("$1: $3 (${2#"$ROOT"/})")
	printf '  ✗ %s: %s\n' "$1" "$3"
	tail -n 25 "$2" 2>/dev/null | sed 's/^/    | /'
	[ -z "${FAIL_FAST:-}" ] || exit 1
}

# wanted NAME: T is empty, or a word of it names the test.
wanted() {
	local word
	[ -n "${T:-}" ] || return 0
	for word in "${WANTED[@]}"; do
		# shellcheck disable=SC2053 # words are patterns
		[[ $1 != $word && ${1#test_} != $word && ${1#fuzz_} != $word ]] || return 0
	done
	return 1
}

# each PATTERN: the tests that match and are wanted.
each() {
	local file name
	for file in $1; do
		name=$(basename "$file")
		name=${name%.*}
		if [ -e "$file" ] && wanted "$name"; then
			printf '%s\n' "$file"
		fi
	done
}

# --- parts; FLAVOUR is set ---

part() {
	LOGS=$OUT/tests/$FLAVOUR/$1
	rm -rf "$LOGS"
	mkdir -p "$LOGS"
	printf '%s (%s)\n' "$1" "$FLAVOUR"
	"part_$1"
}

# programs_of DIR: each program's path for the tests of a part; their sources decide, so that what an
# older checkout left in build/ is not run.
c_tests() {
	local file
	while read -r file; do
		file=${file%.c}
		one "$(basename "$file")" 600 "$OUT/$FLAVOUR/$file"
	done < <(cd "$ROOT" && each "tests/$1/test_*.c")
}

part_unit() {
	c_tests unit
}

# stack COMMAND NAME: a private stack that is stopped at the end of the part or of the run.
stack() {
	local dir=$OUT/tests/$FLAVOUR/stack-$2 log=$LOGS/stack.log
	STACKS+=("$dir")
	BIN=$OUT/$FLAVOUR/bin QUIET=1 STACK_FAST=1 PORT=0 "$STACK" stop "$dir" >/dev/null 2>&1 || :
	discard "$dir"
	BIN=$OUT/$FLAVOUR/bin QUIET=1 STACK_FAST=1 STACK_SEED=1 PORT=0 RATE_PERCENT="${RATE_PERCENT:-1000000}" PRESENCE_GRACE_S=2 \
		CONFAB_PATIENCE="${CONFAB_PATIENCE:-5}" "$STACK" "$1" "$dir" >"$log" 2>&1 8>&- || {
		failed "stack-$2" "$log" "it did not start"
		return 1
	}
	set -a
	# shellcheck source=/dev/null
	. "$dir/env"
	set +a
	export STACK_DIR=$dir BIN=$OUT/$FLAVOUR/bin
}

# Stops the part's stack; what a sanitizer or an assertion wrote to a program's log is a failure too.
stack_end() {
	local dir=${STACKS[-1]} found
	"$STACK" stop "$dir" >"$LOGS/stop.log" 2>&1 || failed "stack-stop" "$LOGS/stop.log" "exit $?"
	if [ -s "$LOGS/stop.log" ]; then
		failed "stack-stop" "$LOGS/stop.log" "a process had to be killed"
	fi
	found=$(grep -lE 'Sanitizer|runtime error:|Assertion .* failed' "$dir"/log/*.log) || :
	[ -z "$found" ] || {
		grep -hE -A 15 'Sanitizer|runtime error:|Assertion .* failed' "$dir"/log/*.log \
			>"$LOGS/faults.log"
		failed "faults in programs" "$LOGS/faults.log" "${found//$'\n'/ }"
	}
	private_end
	unset 'STACKS[-1]' BASE_URL DATABASE_URL STACK_DIR BIN
}

# Private stacks of tests (tests/harness/private.h) that were killed, and the data of all of them.
private_end() {
	local dir
	for dir in "$OUT/tests/$FLAVOUR"/private-*; do
		[ -d "$dir" ] || continue
		"$STACK" stop "$dir" >/dev/null 2>&1 || :
		discard "$dir"
	done
}

part_db() {
	stack start-db db || return 0
	c_tests db
	[ ! -f "$ROOT/tests/lint/comments.sh" ] || ! wanted comments ||
		one comments 600 bash tests/lint/comments.sh
	stack_end
}

part_http() {
	stack start http || return 0
	c_tests http
	while read -r file; do
		one "$(basename "$file" .sh)" 600 bash "$file"
	done < <(cd "$ROOT" && each "tests/http/test_*.sh")
	while read -r file; do
		one "$(basename "$file" .mjs)" 600 node "$file"
	done < <(cd "$ROOT" && each "tests/http/test_*.mjs")
	# It judges what all of them called together.
	[ -n "${T:-}" ] || one contract 600 bash tests/http/contract.sh
	stack_end
}

part_panel() {
	local file
	export CORS_ORIGINS=http://friend.test
	stack start panel || return 0
	export SCREENSHOTS=$OUT/tests/$FLAVOUR/screenshots
	export NODE_PATH=$OUT/npm/node_modules
	mkdir -p "$SCREENSHOTS"
	while read -r file; do
		one "$(basename "$file" .mjs)" 600 node "$file"
	done < <(cd "$ROOT" && each "tests/panel/*.mjs")
	unset CORS_ORIGINS
	stack_end
}

# comments.sh asks a database and belongs to that part.
part_lint() {
	local file
	while read -r file; do
		[ "$file" = tests/lint/comments.sh ] || one "$(basename "$file" .sh)" 600 bash "$file"
	done < <(cd "$ROOT" && each "tests/lint/*.sh")
}

# The whole API on a stack of its own, whose logs the contract of the HTTP tests does not count.
fuzz_api() {
	wanted api || return 0
	build tests || return 0
	stack start fuzz || return 0
	one api $((API_S + 600)) env API_S="$API_S" node tests/fuzz/api/run.mjs
	grep '^api: ' "$LOGS/api.log" | sed 's/^/    /'
	stack_end
}

part_fuzz() {
	local file name corpus args API_S=${FUZZ_S:-0}
	[ "$API_S" != 0 ] || API_S=30
	fuzz_api
	FLAVOUR=fuzz build fuzzers || return 0
	while read -r file; do
		name=$(basename "$file" .c)
		corpus=tests/fuzz/corpus/${name#fuzz_}
		[ -d "$ROOT/$corpus" ] || {
			failed "$name" /dev/null "it has no corpus in $corpus"
			continue
		}
		args=(-runs=0 -timeout=60 "$corpus")
		if [ "${FUZZ_S:-0}" != 0 ]; then
			mkdir -p "$OUT/fuzz/found/$name"
			args=("-max_total_time=$FUZZ_S" -timeout=5 -rss_limit_mb=1024
				"-artifact_prefix=build/fuzz/found/" "build/fuzz/found/$name" "$corpus")
		fi
		one "$name" $((${FUZZ_S:-0} + 600)) "build/fuzz/tests/fuzz/$name" "${args[@]}"
	done < <(cd "$ROOT" && each "tests/fuzz/fuzz_*.c")
}

# README's chapter of production, on a machine made and booted for it, and its other commands on this one.
part_boot() {
	! wanted readme || one readme 600 bash tests/boot/readme.sh
	wanted boot || return 0
	one boot 1200 bash tests/boot/boot.sh
	sed -n -E 's/^  (✓|…|✗)/    \1/p' "$LOGS/boot.log"
}

# soak NAME SECONDS COMMAND...: a test at full size, if wanted; what it measured is printed.
soak() {
	wanted "$1" || return 0
	one "$@"
	sed 's/^/    /' "$LOGS/$1.log"
}

# What tests/http shows small, at the size that was promised.
part_soak() {
	stack start soak || return 0
	soak mixed $((${SOAK_S:-600} + 120)) node tests/soak/mixed.mjs
	soak race 600 env PARK_RACES=100000 "$OUT/$FLAVOUR/tests/http/test_park_race"
	soak kill 600 env KILL_MESSAGES=10000 KILL_PEOPLE=50 KILL_S=100 KILL_EVENTS_S=2 KILL_CHAT_S=5 \
		KILL_STREAM_S=7 node tests/http/test_kill.mjs
	soak held 300 bash tests/soak/held.sh
	soak growth 2400 bash tests/soak/growth.sh
	soak panel 7200 env NODE_PATH="$OUT/npm/node_modules" bash tests/soak/panel.sh
	soak docs 1200 env ALL=1 NODE_PATH="$OUT/npm/node_modules" node tests/panel/docs.mjs
	soak faults 600 env FAULTS_S=10 FAULTS_FAST= bash tests/http/test_faults.sh
	stack_end
	wanted batch || return 0
	stack start-db batch || return 0 # alone: no worker that answers in the assistant's conversation
	soak batch 1200 env BATCHES=10000 "$OUT/$FLAVOUR/tests/db/test_message_batch"
	stack_end
}

# --- the run ---

# goals PART...: what make builds for these parts; with T only the tests of those names, and the programs
# unless the part is unit.
goals() {
	local name file
	if [ -z "${T:-}" ]; then
		echo tests
		return 0
	fi
	for name in "$@"; do
		[ "$name" = unit ] || echo load
		[ "$name" != soak ] || echo tests
		while read -r file; do
			echo "build/$FLAVOUR/${file%.c}"
		done < <(cd "$ROOT" && each "tests/$name/test_*.c")
	done
}

# build GOAL...
build() {
	local log=$OUT/build-$FLAVOUR.log cc=()
	mkdir -p "$OUT"
	[ "$FLAVOUR" != fuzz ] || cc=(CC=clang)
	step "build $FLAVOUR"
	"${MAKE:-make}" -C "$ROOT" --no-print-directory -j"$(nproc)" "B=$FLAVOUR" "${cc[@]}" "$@" \
		>"$log" 2>&1 </dev/null || {
		[ ! -t 1 ] || printf '\r\033[K'
		failed "build $FLAVOUR" "$log" "make B=$FLAVOUR $* failed"
		return 1
	}
	step_done ''
}

finish() {
	local rc=$? dir
	trap '' INT TERM
	for lane in "${LANES[@]}"; do
		kill -TERM "${lane%%:*}" 2>/dev/null || :
		wait "${lane%%:*}" || :
	done
	for dir in "${STACKS[@]}"; do
		"$STACK" stop "$dir" || :
	done
	[ "$rc" = 0 ] || [ "$FAILED" -gt 0 ] || FAILED=1
	if [ "$((PASSED + FAILED + SKIPPED))" = 0 ]; then
		echo "no test of that name"
		FAILED=1
	fi
	[ ${#FAILURES[@]} = 0 ] || printf '\nfailed:\n' && printf '  %s\n' "${FAILURES[@]}"
	printf '\n%d passed, %d failed' "$PASSED" "$FAILED"
	[ "$SKIPPED" = 0 ] || printf ', %d skipped' "$SKIPPED"
	printf '\n'
	[ "$FAILED" = 0 ] || exit 1
	exit 0
}

run_parts() {
	local name
	for name in "$@"; do
		part "$name"
	done
}

# --- two at a time: most tests wait, for a process to end or a time to pass ---

LANES=()

# lane FLAVOUR PART...: in the background, by a run of its own, which finds everything built. Its lines come as
# they are made, behind the flavour.
lane() {
	local flavour=$1
	shift
	B=$flavour T='' "$ROOT/tests/harness/run.sh" "$@" \
		> >(tee "$OUT/lane-$flavour.log" | sed -u "s/^/$flavour	/") 2>&1 </dev/null &
	LANES+=("$!:$flavour")
}

# When all are through, what they counted is added, and what failed is said again.
lanes_end() {
	local lane log counts passed failed skipped
	for lane in "${LANES[@]}"; do
		wait "${lane%%:*}" || :
		log=$OUT/lane-${lane#*:}.log
		counts=$(sed -n -E 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 \4/p' "$log" | tail -n 1)
		read -r passed failed skipped <<<"${counts:-0 1}"
		PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + ${skipped:-0}))
		while read -r line; do
			FAILURES+=("$line")
		done < <(sed -n 's/^  ✗ //p' "$log")
	done
	LANES=()
}

[ $# -gt 0 ] || die "usage: run.sh all | unit | db | http | panel | lint | fuzz | boot | soak ..."
for name in "$@"; do
	[ "$name" = all ] || declare -F "part_$name" >/dev/null || die "there is no part $name"
done
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=0:exitcode=66:second_deadlock_stack=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
"$ROOT/tests/harness/deps.sh" test
if [ "$1" = all ]; then
	FLAVOUR=asan build tests
	FLAVOUR='test' build tests
	lane asan unit db http panel
	lane 'test' unit db http panel lint fuzz boot
	lanes_end
else
	FLAVOUR=${B:-test}
	[ "$*" != soak ] || FLAVOUR=${B:-release}
	mapfile -t wanted_goals < <(goals "$@")
	case $* in
	fuzz | lint | boot) ;;
	*) [ ${#wanted_goals[@]} = 0 ] || build "${wanted_goals[@]}" ;;
	esac
	run_parts "$@"
fi
