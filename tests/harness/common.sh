# shellcheck shell=bash disable=SC2034,SC2120 # ROOT is for those who source this
# Shared by the scripts beside it; sourced, not run. Progress lines, processes, ports, sockets.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# --- the programs, by lib/web/program.def ---

# programs_of KIND...: the names of those kinds; SERVE are those with a socket, STAY those that run all the time.
programs_of() {
	local kinds=${*//SERVE/FASTCGI|RESPONDER}
	kinds=${kinds//STAY/FASTCGI|RESPONDER|DAEMON}
	sed -n -E "s/^PROGRAM\\(([a-z]*), (${kinds// /|}), .*/\\1/p" "$ROOT/lib/web/program.def" | paste -sd' '
}

# --- progress: one line a step, with a tick and the time it took ---

STEP_NAME='' STEP_STARTED=0

now_ms() {
	local t=${EPOCHREALTIME/[.,]/}
	echo $((t / 1000))
}

step() {
	STEP_NAME=$1
	STEP_STARTED=$(now_ms)
	if [ -z "${QUIET:-}" ] && [ -t 1 ]; then
		printf '  … %s' "$STEP_NAME"
	fi
}

# step_done [NOTE]: the step begun last is finished.
step_done() {
	local ms=$(($(now_ms) - STEP_STARTED))
	[ -z "${QUIET:-}" ] || return 0
	[ ! -t 1 ] || printf '\r\033[K'
	printf '  ✓ %-44s %3d.%d s\n' "$STEP_NAME${1:+ ($1)}" $((ms / 1000)) $((ms % 1000 / 100))
}

# step_failed MESSAGE [LOG]: says what failed, with the end of its log, and exits.
step_failed() {
	[ ! -t 1 ] || printf '\r\033[K'
	printf '  ✗ %s: %s\n' "$STEP_NAME" "$1" >&2
	if [ -n "${2:-}" ] && [ -s "$2" ]; then
		printf -- '---- the end of %s\n' "$2" >&2
		tail -n 20 "$2" >&2
	fi
	exit 1
}

# --- processes ---

# pid_is_ours PID MARK: the process lives and MARK stands in its command line, so that a number that
# the system has given to another process since is left alone.
pid_is_ours() {
	local line
	[ -n "$1" ] && [ -r "/proc/$1/cmdline" ] || return 1
	line=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || return 1
	[[ $line == *"$2"* ]]
}

# wait_gone PID SECONDS: true as soon as the process has ended (a zombie has).
wait_gone() {
	local end=$((SECONDS + $2)) state
	while state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) &&
	    [ -n "$state" ] && [ "$state" != Z ]; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# wait_for SECONDS COMMAND...: true as soon as the command succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# --- ports and sockets ---

port_in_use() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
	local port tries
	for ((tries = 0; tries < 200; tries++)); do
		port=$((20000 + RANDOM % 10000))
		port_in_use "$port" || {
			echo "$port"
			return 0
		}
	done
	die "no free port found between 20000 and 30000"
}

# socket_listens PATH: a process listens on that unix socket.
socket_listens() {
	awk -v path="$1" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' \
		/proc/net/unix
}

# What lies in /tmp is taken up again only when nobody else can have put it there.
owner_known() {
	local owner
	owner=$(stat -Lc %U "$1")
	[ "$owner" = "$(id -un)" ] || [ "$owner" = "${PG_USER:-}" ]
}

# short_dir PATH: makes a directory whose sockets stay below the 107 bytes a unix socket address
# holds, PATH itself or, when that is long, one in /tmp with PATH as a link to it. Prints its name.
short_dir() {
	local path=$1 target
	if [ -L "$path" ] && [ -d "$path" ] && owner_known "$path"; then
		readlink -f "$path"
	elif [ ${#path} -le 80 ]; then
		mkdir -p "$path"
		echo "$path"
	else
		rm -f "$path"
		target=$(mktemp -d /tmp/confab-XXXXXXXX)
		ln -s "$target" "$path"
		echo "$target"
	fi
}

# --- stacks ---

# discard DIR: a stopped stack with all its data, wherever its long paths made it put them.
discard() {
	local pg
	pg=$(cat "$1/pgdir" 2>/dev/null) || pg=$1/pg
	case $pg in
	"$1"/pg | /var/tmp/confab-pg-*) ;;
	*) return 0 ;;
	esac
	case $(readlink "$pg/sock") in /tmp/confab-*) rm -rf "$(readlink "$pg/sock")" ;; esac
	case $(readlink "$1/run") in /tmp/confab-*) rm -rf "$(readlink "$1/run")" ;; esac
	rm -rf "$pg" "$1"
}
