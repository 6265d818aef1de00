#!/usr/bin/env bash
# The commands of README outside the chapter "In production" (boot.sh runs that), and those of the guide's page on
# testing: word for word, on a free port and in a folder of their own. A block that neither runs is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh
DIR=$ROOT/build/readme
PORT=$(free_port)
BASE=http://127.0.0.1:$PORT
RUNS=0
# For every make below, as if each command named them.
export MAKEFLAGS="DEMO=$DIR PORT=$PORT"
unset BASE_URL BIN STACK_DIR DATABASE_URL CONFAB_CONF

finish() {
	local rc=$?
	[ "$RUNS" = 0 ] || kill -INT -- "-$RUNS" 2>/dev/null || :
	tests/harness/stack.sh stop "$DIR" || rc=1
	discard "$DIR"
	exit $rc
}
trap finish EXIT
mkdir -p "$DIR"

said() {
	printf '  ✓ %s\n' "$*"
}

# --- README: what stands in a box, or indented, outside the chapter that boot.sh runs ---

blocks=$(awk '/^## / { chapter = ($0 == "## In production") }
	/^```/ { fence = !fence; next }
	!chapter && (fence || /^    [^ ]/) { sub(/^    /, ""); print }' README.md)
[ "$blocks" = $'make run\nmake tour\nmake test' ] ||
	die "README has commands that nothing runs, or lacks one: $blocks"

# `make test` is what runs this.
set -m
make run >"$DIR/run.log" 2>&1 </dev/null &
RUNS=$!
set +m
wait_for 400 grep -q '^  Next: make tour' "$DIR/run.log" || die "make run does not come to its end: $(cat "$DIR/run.log")"
grep -q "^  Site  *$BASE\$" "$DIR/run.log" || die "make run does not say where: $(cat "$DIR/run.log")"
said "make run starts a system and says where it is"
make tour >"$DIR/tour.log" 2>&1 || die "make tour fails: $(tail -n 5 "$DIR/tour.log")"
said "make tour does the main job"
curl -sSf "$BASE/docs/testing" >"$DIR/page"
kill -INT -- "-$RUNS"
wait "$RUNS" || :
RUNS=0
grep -q 'everything has stopped' "$DIR/run.log" || die "Ctrl-C does not stop it: $(tail -n 3 "$DIR/run.log")"
! port_in_use "$PORT" || die "somebody still listens after Ctrl-C"
said "Ctrl-C stops it all"

# --- every other command that README names is one ---

while read -r goal; do
	make -n -s "$goal" >/dev/null 2>&1 || die "README names make $goal, which is none"
done < <(grep -o '`make [a-z-]*' README.md | cut -d' ' -f2 | sort -u)
said "every command of README's table is there"

# --- the guide's page on testing ---

perl -0777 -ne 'while (/<pre[^>]* data-make><code>(.*?)<\/code>/gs) {
	my $block = $1;
	$block =~ s/&lt;/</g; $block =~ s/&gt;/>/g; $block =~ s/&quot;/"/g; $block =~ s/&#39;/\x27/g; $block =~ s/&amp;/&/g;
	print "$block\n"; }' "$DIR/page" | sed -e "s/PORT=9000/PORT=$PORT/" -e "s#build/demo/#$DIR/#" >"$DIR/blocks"
for wanted in 'make start' 'make clock' 'make tour' 'make stop'; do
	grep -q "^$wanted" "$DIR/blocks" || die "the page on testing has no $wanted"
done
bash -e "$DIR/blocks" >"$DIR/blocks.log" 2>&1 || die "the page on testing fails: $(tail -n 15 "$DIR/blocks.log")"
grep -q 'it is .* now$' "$DIR/blocks.log" || die "the clock does not say what it is: $(cat "$DIR/blocks.log")"
! port_in_use "$PORT" || die "somebody still listens after make stop"
said "the commands of the guide's page on testing"
