# shellcheck shell=bash disable=SC2016,SC2034 # awk and apt expand them; boot.sh uses them
# A Debian 12 machine for boot.sh: its root is built with mmdebstrap from the mirror this machine uses, kept
# as build/boot/root-KEY.tar, and booted by systemd-nspawn without a network. Sourced, not run. Uses ROOT, BOOT.

MACHINE=confab-boot-$$
NSPAWN=0
LEADER=0

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

# place_take: PLACE is build/boot/place, in memory where there is plenty: installing and a database's start are
# mostly waiting for a disk that nobody needs here.
place_take() {
	PLACE=$BOOT/place
	place_give
	mkdir -p "$PLACE"
	if [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -gt $((5 << 20)) ]; then
		as_root mount -t tmpfs -o size=4g,mode=755 confab-boot "$PLACE"
	fi
}

# Also what a run that was killed left.
place_give() {
	! mountpoint -q "$PLACE" || as_root umount -l "$PLACE"
	as_root rm -rf "$PLACE"
}

# Debian's own lines of this machine's sources: the same mirror, security updates included.
sources() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN) $(COMPONENT)' 'Identifier: Packages' |
		awk '$2 ~ /^bookworm(-|$)/ && $3 == "Debian" && $4 == "main" { print "deb", $1, $2, $4 }' | sort -u
}

# What this machine's apt needs to reach it.
apt_options() {
	apt-config dump | sed -n -E \
		-e 's/^(Acquire::(http|https)::Proxy[^ ]* ".+";)$/--aptopt=\1/p' \
		-e 's/^(Acquire::Check-Valid-Until ".+";)$/--aptopt=\1/p'
}

# root_make PACKAGE...: the root's archive, made anew only when the packages or the mirror changed. Prints it.
root_make() {
	local names key tar options lines
	names=$(printf '%s\n' "$@" | sort -u | paste -sd,)
	lines=$(sources)
	[ -n "$lines" ] || {
		as_root apt-get -q update >&2
		lines=$(sources)
	}
	key=$(printf '%s %s' "$names" "$lines" | sha256sum | cut -c 1-16)
	tar=$BOOT/root-$key.tar
	if [ ! -s "$tar" ]; then
		rm -f "$BOOT"/root-*.tar
		mapfile -t options < <(apt_options)
		as_root env "TMPDIR=$PLACE" mmdebstrap --quiet --format=tar --variant=minbase "--include=$names" "${options[@]}" \
			--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Languages "none"' \
			bookworm "$tar.new" - <<<"$lines" >&2 || return 1
		mv "$tar.new" "$tar"
	fi
	echo "$tar"
}

# root_unpack TAR DIR
root_unpack() {
	as_root rm -rf "$2"
	as_root mkdir -p "$2"
	as_root tar -xf "$1" -C "$2"
}

# machine_boot DIR [NSPAWN-OPTION...]: true when its systemd has started everything.
machine_boot() {
	local dir=$1
	shift
	as_root setsid systemd-nspawn --quiet --directory="$dir" "--machine=$MACHINE" --boot --private-network \
		--register=no --keep-unit --console=pipe --resolv-conf=off --timezone=off --link-journal=no "$@" \
		</dev/null >>"$BOOT/console.log" 2>&1 9>&- &
	NSPAWN=$!
	machine_up
}

# The machine's process 1, which nspawn's helpers are not.
machine_leader() {
	local pid=$NSPAWN children
	while children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null) && [ -n "$children" ]; do
		for pid in $children; do
			case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
			/*/systemd/systemd\ * | /sbin/init\ *)
				LEADER=$pid
				return 0
				;;
			esac
		done
	done
	return 1
}

machine_is_up() {
	local state
	machine_leader || return 1
	state=$(inside systemctl is-system-running 2>/dev/null) || [ "$state" = degraded ]
}

machine_up() {
	local end=$((SECONDS + 60))
	until machine_is_up; do
		[ -d "/proc/$NSPAWN" ] && [ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# machine_reboot DIR [NSPAWN-OPTION...]: nspawn ends with 133 when its machine asks to be started again.
machine_reboot() {
	local rc=0
	inside systemctl reboot || : # it may be gone before it is told
	wait "$NSPAWN" || rc=$?
	NSPAWN=0
	[ "$rc" = 133 ] && machine_boot "$@"
}

# Ends it at once; its root is thrown away.
machine_end() {
	local end=$((SECONDS + 10))
	[ "$NSPAWN" != 0 ] || return 0
	! machine_leader || as_root kill -KILL "$LEADER" 2>/dev/null || :
	while [ -d "/proc/$NSPAWN" ] && [ "$SECONDS" -lt "$end" ]; do
		sleep 0.05
	done
	[ ! -d "/proc/$NSPAWN" ] || as_root kill -KILL "$NSPAWN" || :
	wait "$NSPAWN" 2>/dev/null || :
	NSPAWN=0
}

# inside COMMAND...: as root in the machine, with the environment of a root shell and nothing of ours.
inside() {
	as_root nsenter --all --target "$LEADER" /usr/bin/env -i HOME=/root LOGNAME=root USER=root \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
