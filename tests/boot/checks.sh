# shellcheck shell=bash disable=SC2016,SC2119,SC2120 # the machine expands them
# What boot.sh asks of the machine; each is true or says what is wrong. Sourced, not run. Uses BOOT, DIR, inside().

SERVICES=$(programs_of STAY)

# sh_inside SCRIPT: a script of a few lines in the machine.
sh_inside() {
	inside bash -euc "$1"
}

get() {
	inside curl -sS --max-time 20 --cacert /etc/ssl/certs/confab.pem "$@"
}

# --- is it up ---

# ready_good [FILTER]: 200, every check good, and the filter true of it.
ready_good() {
	local status
	status=$(get -o /tmp/ready -w '%{http_code}' https://confab.example/readyz) || :
	echo "$status"
	inside cat /tmp/ready
	[ "$status" = 200 ] && inside jq -e ".ready and (.checks | all(.good)) and (${1:-true})" /tmp/ready
}

unit_runs() {
	[ "$(inside systemctl show --property=ActiveState,SubState --value "$1" | paste -sd' ')" = "active running" ] || {
		inside systemctl status --no-pager "$1"
		return 1
	}
}

units_good() {
	inside systemctl --failed --no-pager --no-legend --plain >"$BOOT/failed"
	cat "$BOOT/failed"
	[ ! -s "$BOOT/failed" ]
}

# Of the whole machine, with no exception.
journal_clean() {
	inside journalctl --boot --priority=err --no-pager --quiet >"$BOOT/errors"
	cat "$BOOT/errors"
	[ ! -s "$BOOT/errors" ]
}

# --- the site ---

nginx_silent() {
	inside nginx -t 2>&1 | tee "$BOOT/nginx"
	! grep -qv -e 'syntax is ok$' -e 'test is successful$' "$BOOT/nginx"
}

http_redirects() {
	local said
	said=$(get -o /dev/null -w '%{http_code} %{redirect_url}' 'http://confab.example/docs?a=b')
	echo "$said"
	[ "$said" = '308 https://confab.example/docs?a=b' ] && sh_inside 'test -e /etc/nginx/sites-enabled/default'
}

# The machine's own address counts as another machine's: it is neither 127.0.0.1 nor ::1.
metrics_closed() {
	local from status rc=0
	for from in 127.0.0.1:200 ::1:200 127.0.0.2:403; do
		status=$(get -o /dev/null -w '%{http_code}' --interface "${from%:*}" https://confab.example/metrics) || :
		[ "$status" = "${from##*:}" ] || {
			echo "from ${from%:*}: $status, not ${from##*:}"
			rc=1
		}
	done
	return $rc
}

tour_passes() {
	cat >"$BOOT/tour.env" <<-END
		BASE_URL=https://confab.example
		ADMIN_EMAIL=admin@confab.example
		ADMIN_PASSWORD='$1'
		export CURL_CA_BUNDLE=/etc/ssl/certs/confab.pem
	END
	as_root cp "$BOOT/tour.env" "$DIR/root/tour.env"
	inside bash /usr/src/confab/tests/harness/tour.sh /root/tour.env
}

# --- confinement, as the kernel has it ---

main_pid() {
	inside systemctl show --property=MainPID --value "confab@$1"
}

programs_confined() {
	local name pid rc=0
	for name in $SERVICES; do
		pid=$(main_pid "$name")
		sh_inside "
			status=/proc/$pid/status
			test \$(stat -c %U /proc/$pid) = confab-$name
			grep -qx 'NoNewPrivs:	1' \$status
			grep -qx 'Seccomp:	2' \$status
			grep -qx 'CapEff:	0*' \$status
			grep -qx 'CapBnd:	0*' \$status
			test \$(readlink /proc/$pid/ns/mnt) != \$(readlink /proc/1/ns/mnt)
			test \$(readlink /proc/$pid/ns/user) != \$(readlink /proc/1/ns/user)
			test \$(readlink /proc/$pid/ns/ipc) != \$(readlink /proc/1/ns/ipc)" || {
			echo "$name: $(inside grep -E '^(Uid|NoNewPrivs|Seccomp|Cap)' "/proc/$pid/status")"
			rc=1
		}
	done
	return $rc
}

# limits_own PROGRAM:MIB:FILES...: systemd took these limits from the template and the program's drop-ins.
limits_own() {
	local wanted name mib files said rc=0
	for wanted in "$@"; do
		IFS=: read -r name mib files <<<"$wanted"
		said=$(inside systemctl show --property=MemoryMax,LimitNOFILE --value "confab@$name" | sort -n | paste -sd' ')
		[ "$said" = "$files $((mib << 20))" ] || {
			echo "$name: $said"
			rc=1
		}
	done
	return $rc
}

# The journal knows each program by the name README tells.
programs_named() {
	local name rc=0
	for name in $SERVICES; do
		inside journalctl --boot --no-pager --quiet --lines=1 "--identifier=confab-$name" | grep . || {
			echo "nothing of confab-$name"
			rc=1
		}
	done
	return $rc
}

# pids_same: since pids_note no program was started anew.
pids_note() {
	local name
	for name in $SERVICES; do
		main_pid "$name"
	done >"$BOOT/pids.before"
}

pids_same() {
	local name
	for name in $SERVICES; do
		unit_runs "confab@$name" || return 1
		main_pid "$name"
	done | diff "$BOOT/pids.before" -
}

# --- upgrading ---

# What is the administrator's.
mine_sum() {
	sh_inside "sha256sum $SITE /etc/confab/confab.conf /etc/confab/*_key*
		stat -c '%n %i %a %U:%G' $SITE /etc/confab/confab.conf /etc/confab/*_key*"
}

mine_same() {
	mine_sum | diff "$BOOT/mine.before" -
}

# One client that asks again and again until it is told to end, each request on a connection of its own.
clients_begin() {
	pids_note
	sh_inside 'rm -f /tmp/clients.end; : >/tmp/clients.said'
	sh_inside '
		while [ ! -e /tmp/clients.end ]; do
			curl -sS --max-time 30 --cacert /etc/ssl/certs/confab.pem -w "%{http_code}\n" \
				-o /dev/null https://confab.example/api/v1/specializations \
				-o /dev/null https://confab.example/livez || echo $?
		done >/tmp/clients.said 2>&1' </dev/null &
	CLIENTS=$!
}

clients_end() {
	sh_inside 'touch /tmp/clients.end'
	wait "$CLIENTS" || :
	inside cat /tmp/clients.said | sort | uniq -c | tee "$BOOT/clients"
	[ "$(awk '{ print $2 }' "$BOOT/clients")" = 200 ] && [ "$(awk '{ print $1 }' "$BOOT/clients")" -gt 20 ]
}

programs_newer() {
	local name pid rc=0
	for name in $SERVICES; do
		unit_runs "confab@$name" || rc=1
		pid=$(main_pid "$name")
		if grep -qx "$pid" "$BOOT/pids.before"; then
			echo "$name was not started anew"
			rc=1
		fi
	done
	return $rc
}

# --- stopping and starting ---

# ours: what there is of our processes and sockets; a socket's line has its path.
ours() {
	sh_inside '
		for p in /proc/[0-9]*; do
			exe=$(readlink $p/exe 2>/dev/null) || continue
			user=$(stat -c %U $p 2>/dev/null) || continue
			case "$exe $user" in */confab/* | *" confab"*) echo "process ${p#/proc/} $exe $user" ;; esac
		done
		grep "/run/confab/" /proc/net/unix || :
		[ ! -d /run/confab ] || find /run/confab -type s' | tee "$BOOT/ours"
}

ours_none() {
	[ -z "$(ours)" ]
}

# Leaving takes what TimeoutStopSec= allows at most; the target itself is inactive before.
stop_leaves_nothing() {
	local end=$((SECONDS + 25))
	inside systemctl stop confab.target
	until ours_none; do
		[ "$SECONDS" -lt "$end" ] || {
			ours
			return 1
		}
		sleep 0.1
	done
}

key_missing() {
	local rc=0 want='AssertPathExists=/etc/confab/lookup_key was not met'
	sh_inside 'mv /etc/confab/lookup_key /root/'
	! inside systemctl start confab.target >"$BOOT/said" 2>&1 || {
		echo "systemctl start succeeds"
		rc=1
	}
	inside systemctl start confab@worker.service confab@chat.socket >>"$BOOT/said" 2>&1 || :
	inside systemctl status --no-pager --lines=0 confab.target confab@worker.service confab@chat.socket \
		>>"$BOOT/said" 2>&1 || :
	cat "$BOOT/said"
	[ "$(grep -c "$want" "$BOOT/said")" = 3 ] || rc=1
	ours_none || rc=1
	[ "$(inside systemctl show --property=NRestarts --value confab@worker)" = 0 ] || rc=1
	units_good || rc=1
	sh_inside 'mv /root/lookup_key /etc/confab/'
	return $rc
}

start_again() {
	inside systemctl start confab.target && ready_good
}

# --- leaving ---

# Every path of the machine's own file system. A log, a cache, the database's files and those of this test come
# and go by themselves.
files_all() {
	inside find / -xdev \( -path /usr/src/confab -o -path /var/lib/postgresql -o -path /var/cache -o -path /var/lib/apt -o -path /tmp \
		-o -path /var/tmp -o -path /var/log -o -path /var/lib/systemd -o -path /root -o -path /var/lib/nginx \) \
		-prune -o -print | sort
}

nothing_left() {
	local rc=0
	files_all | comm -13 "$BOOT/files.before" - >"$BOOT/files.new"
	# Copies that the account tools make, and what the first boot wrote.
	sed -i -E '/^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/d; /^\/etc\/\.pwd\.lock$/d' "$BOOT/files.new"
	cat "$BOOT/files.new"
	[ ! -s "$BOOT/files.new" ] || rc=1
	ours_none || rc=1
	cat "$BOOT/ours"
	! sh_inside 'grep -rl confab /etc --exclude="*-" --exclude=hosts; find /var/log -name "*confab*" | grep .' || rc=1
	! sh_inside 'getent passwd | grep confab; getent group | grep confab' || rc=1
	! sh_inside 'systemctl list-units --all --no-legend --plain "confab*" | grep .' || rc=1
	! sh_inside "su -c 'psql -Atc \"SELECT rolname FROM pg_roles UNION SELECT datname FROM pg_database\"' postgres |
		grep confab" || rc=1
	return $rc
}
