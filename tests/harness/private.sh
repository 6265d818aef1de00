# shellcheck shell=bash
# A whole system of a shell test's own, as private.h is for a test in C; sourced, not run.

# private_start NAME KEY=VALUE...: beside the shared stack, with these settings and of these programs (BIN).
# BASE_URL, DATABASE_URL and STACK_DIR then lead to it; it ends with the shell.
private_start() {
	PRIVATE=$(dirname "${STACK_DIR:?}")/private-$1
	shift
	tests/harness/stack.sh stop "$PRIVATE" >/dev/null 2>&1 || :
	rm -rf "$PRIVATE"
	trap private_stop EXIT
	private_run "$@"
}

# private_run KEY=VALUE...: over what is in $PRIVATE already.
private_run() {
	env QUIET=1 STACK_FAST=1 STACK_SEED=1 PORT=0 RATE_PERCENT=1000000 WORKERS=2 COMMIT_WORKERS=2 "$@" \
		tests/harness/stack.sh start "$PRIVATE"
	set -a
	# shellcheck source=/dev/null
	. "$PRIVATE/env"
	STACK_DIR=$PRIVATE
	set +a
}

private_stop() {
	tests/harness/stack.sh stop "$PRIVATE"
}
