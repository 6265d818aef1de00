# shellcheck shell=bash disable=SC2154 # sourced by tests/harness/bench.sh, which sets what is not set here
# The worker's own instructions a request, by valgrind's count of them: one worker of the release build and one
# kept connection, once with WARM requests and once with COUNTED more; the difference is theirs. What the
# kernel, nginx and PostgreSQL do is not in it, so it hardly differs from run to run, on whatever machine: what
# was won in the program shows at once. By library, and by file of ours, to standard output; callgrind's own
# files stay (callgrind_annotate --inclusive=yes build/bench/callgrind/NAME.more).

COUNTED=1000
WARM=100

# counted_run NAME PROGRAM COUNT PATH [TOKEN]: leaves callgrind's file as NAME.
counted_run() {
	local name=$1 program=$2 parent worker
	(
		cd /
		exec env -i PATH="$PATH" CONFAB_CONF="$DIR/confab.conf" valgrind --tool=callgrind \
			--callgrind-out-file="$OUT/%p.out" "$ROOT/build/release/bin/$program" --workers 1 \
			--socket "$OUT/$program.sock" --pid-file "$OUT/$program.pid"
	) </dev/null >"$OUT/$program.log" 2>&1 &
	parent=$!
	wait_for 60 socket_listens "$OUT/$program.sock" || die "$program: $(cat "$OUT/$program.log")"
	node "$ROOT/tests/bench/fcgi_ask.mjs" "$OUT/$program.sock" "${@:3}" ||
		die "$program: a reply was not 200; $(cat "$OUT/$program.log")"
	worker=$(cat "/proc/$parent/task/$parent/children")
	kill -TERM "$parent"
	wait "$parent" || :
	mv "$OUT/${worker// /}.out" "$OUT/$name"
}

# by_group FILE: "instructions library", files of ours by their names.
by_group() {
	callgrind_annotate --auto=no --inclusive=no --threshold=100 "$1" 2>/dev/null | sed -nE '
		s/^ *([0-9,]+) .*PROGRAM TOTALS.*/\1 all/p
		s|^ *([0-9,]+) \([ 0-9.]+%\)  (.*/)?(lib/[a-z]+/[a-z_/]+\.[ch]):.*|\1 \3|p; t
		s|^ *([0-9,]+) \([ 0-9.]+%\) .*\[.*/([^]/]*)\]$|\1 \2|p' | tr -d , |
		awk '{ sum[$2] += $1 } END { for (name in sum) printf "%d %s\n", sum[name], name }' | sort -k 2
}

# counted NAME PROGRAM PATH [TOKEN]
counted() {
	local name=$1
	counted_run "$name.warm" "$2" "$WARM" "${@:3}"
	counted_run "$name.more" "$2" $((WARM + COUNTED)) "${@:3}"
	printf '\n  %s: instructions a request\n' "$name"
	join -1 2 -2 2 -a 2 -e 0 -o 0,1.1,2.1 <(by_group "$OUT/$name.warm") <(by_group "$OUT/$name.more") |
		awk -v n="$COUNTED" '$3 - $2 >= 20 * n { printf "  %9.0f  %s\n", ($3 - $2) / n, $1 }' | sort -rn
}

bench_callgrind() {
	local advisor token
	OUT=$DIR/callgrind
	rm -rf "$OUT"
	mkdir -p "$OUT"
	stack_start
	advisor=$(curl -sf "$API/advisors?limit=1" | jq -er '.items[0].id')
	token=$(curl -sf -H 'Content-Type: application/json' "$API/auth/login" --data \
		"$(jq -nc --arg i "$USER_EMAIL" --arg p "$USER_PASSWORD" '{identifier: $i, password: $p}')" |
		jq -er .access_token)
	counted advisor_get advisors "/api/v1/advisors/$advisor"
	counted advisor_list advisors /api/v1/advisors
	counted user_get people /api/v1/users/me "$token"
}
