# shellcheck shell=bash disable=SC2034 # DATABASE_URL is for stack.sh
# PostgreSQL for stack.sh; sourced, not run. A private cluster on a unix socket: no TCP, no password,
# the kernel says who connects (peer), and only who started it is let in.

# Sets PG_BIN and, when root runs us, PG_AS: initdb and postgres refuse to be root.
db_tools() {
	PG_BIN=${PG_BIN:-$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1)}
	[ -x "$PG_BIN/postgres" ] || step_failed "PostgreSQL is not installed; make deps installs it"
	PG_USER=$(id -un)
	PG_AS=()
	if [ "$(id -u)" = 0 ]; then
		PG_USER=postgres
		id "$PG_USER" >/dev/null 2>&1 || PG_USER=nobody
		[ ! -d "$PGDIR/data" ] || PG_USER=$(stat -c %U "$PGDIR/data")
		PG_AS=(setpriv "--reuid=$PG_USER" "--regid=$(id -gn "$PG_USER")" --clear-groups
			--inh-caps=-all --)
	fi
}

as_pg() {
	(cd / && env -i PATH="$PATH" LANG=C.UTF-8 "${PG_AS[@]}" "$@")
}

# Where the cluster lies: DIR/pg, or a directory in /var/tmp where the account cannot reach that.
db_place() {
	if [ ! -d "$PGDIR" ]; then
		PGDIR=$DIR/pg
		mkdir -p "$PGDIR"
		if ! as_pg test -x "$PGDIR"; then
			rmdir "$PGDIR"
			PGDIR=$(mktemp -d /var/tmp/confab-pg-XXXXXXXX)
			chmod 755 "$PGDIR"
		fi
		echo "$PGDIR" >"$DIR/pgdir"
	fi
	PGSOCK=$(short_dir "$PGDIR/sock")
	chmod 700 "$PGSOCK"
	[ "$(id -u)" != 0 ] || chown "$PG_USER" "$PGDIR" "$PGSOCK"
}

db_init() {
	[ ! -s "$PGDIR/data/PG_VERSION" ] || return 0
	rm -rf "$PGDIR/data"
	as_pg "$PG_BIN/initdb" -D "$PGDIR/data" -U postgres -A peer -E UTF8 --locale=C.UTF-8 \
		--data-checksums ${STACK_FAST:+--no-sync} >"$DIR/log/initdb.log" 2>&1 ||
		step_failed "initdb failed" "$DIR/log/initdb.log"
}

db_settings() {
	cat <<-END
		listen_addresses = ''
		unix_socket_directories = '$PGSOCK'
		unix_socket_permissions = 0700
		max_connections = 200
		wal_level = logical
		max_wal_senders = 20
		max_replication_slots = 20
		log_line_prefix = '%m [%p] %a '
		log_min_duration_statement = 1000
		timezone = 'UTC'
		log_timezone = 'UTC'
	END
	[ "${STACK_FAST:-}" != 1 ] || printf '%s = off\n' fsync full_page_writes
}

db_write() {
	local user
	db_settings | as_pg tee "$PGDIR/data/confab.conf" >/dev/null
	grep -qx "include 'confab.conf'" <(as_pg cat "$PGDIR/data/postgresql.conf") ||
		echo "include 'confab.conf'" | as_pg tee -a "$PGDIR/data/postgresql.conf" >/dev/null
	printf 'local all postgres peer map=stack\nlocal all confab peer map=stack\n' |
		as_pg tee "$PGDIR/data/pg_hba.conf" >/dev/null
	for user in $(printf '%s\n' "$(id -un)" "$PG_USER" | sort -u); do
		printf 'stack "%s" %s\n' "$user" postgres "$user" confab
	done | as_pg tee "$PGDIR/data/pg_ident.conf" >/dev/null
}

db_sql() {
	"$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$PGSOCK" -U postgres "$@"
}

# The role the programs use owns its database and may stream from it, and is no superuser. What only
# a superuser can create in the database belongs here (nothing yet).
db_role() {
	db_sql -d postgres -tA >"$DIR/log/bootstrap.log" 2>&1 <<-'END' ||
		SELECT 'CREATE ROLE confab LOGIN REPLICATION'
		 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'confab') \gexec
		SELECT 'CREATE DATABASE confab OWNER confab'
		 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'confab') \gexec
	END
		step_failed "the database could not be made" "$DIR/log/bootstrap.log"
}

db_answers() {
	"$PG_BIN/pg_isready" -q -h "$PGSOCK" -U postgres || [ ! -d "/proc/$1" ]
}

db_deserted() {
	! readlink /proc/[0-9]*/cwd 2>/dev/null | grep -qx "$PGDIR/data"
}

db_reaped() {
	! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null
}

# A killed postmaster that nobody waited for (containers without an init) still owns its number, and
# its successor would refuse to start. Its pid file goes once the last of its children has left.
db_forget_dead() {
	local pid
	pid=$(as_pg head -n 1 "$PGDIR/data/postmaster.pid" 2>/dev/null) || return 0
	! wait_for 5 db_reaped "$pid" || return 0
	wait_for 60 db_deserted || step_failed "its last run still has processes in $PGDIR/data"
	as_pg rm -f "$PGDIR/data/postmaster.pid" "$PGSOCK/.s.PGSQL.5432.lock"
}

db_start() {
	local pid
	step "PostgreSQL"
	db_tools
	db_place
	db_init
	db_write
	db_forget_dead
	(
		cd /
		env -i PATH="$PATH" LANG=C.UTF-8 setsid "${PG_AS[@]}" "$PG_BIN/postgres" \
			-D "$PGDIR/data" </dev/null >>"$DIR/log/postgres.log" 2>&1 9>&- &
		echo $! >"$RUN_DIR/postgres.pid"
	)
	pid=$(cat "$RUN_DIR/postgres.pid")
	wait_for 60 db_answers "$pid" || step_failed "it does not answer" "$DIR/log/postgres.log"
	[ "$(as_pg head -n 1 "$PGDIR/data/postmaster.pid" 2>/dev/null)" = "$pid" ] ||
		step_failed "it ended at start" "$DIR/log/postgres.log"
	db_role
	DATABASE_URL="postgresql:///confab?host=$PGSOCK&user=confab"
	step_done
}
