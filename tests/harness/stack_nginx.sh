# shellcheck shell=bash
# nginx for stack.sh; sourced, not run. It runs the committed nginx/ files, the ones `make install`
# installs, with paths and the port put in, without TLS, and nothing else changed.

nginx_write() {
	local file out=$DIR/nginx six='/listen \[::\]:/d'
	mkdir -p "$out/tmp"
	! grep -qs "^0*1 " /proc/net/if_inet6 || six="s#listen \[::\]:443 ssl http2;#listen [::1]:$PORT;#"
	for file in nginx.conf.example site.conf http.conf events-1.conf events-2.conf server.conf routes.conf \
		limits.conf fastcgi.conf keepalive.conf cache-on.conf cache-off.conf cached.conf pages.conf; do
		sed -e "s#/etc/nginx/sites-enabled/\*#$out/site.conf#" \
			-e "s#/etc/nginx/confab/#$out/#" \
			-e "s#/run/confab/#$RUN_DIR/#" \
			-e "s#/run/confab-cache#$RUN_DIR/cache#" \
			-e "s#/usr/share/confab/templates/#$ROOT/templates/#" \
			-e "s#/usr/share/confab/api/#$DIR/share/api/#" \
			-e "s#/var/log/nginx/confab\.#$DIR/log/#" \
			-e "s#/var/log/nginx/#$DIR/log/nginx-#" \
			-e "s#/var/lib/nginx/#$out/tmp/#" \
			-e "s#/run/nginx\.pid#$RUN_DIR/nginx.pid#" \
			-e "/^# Plain HTTP/,\$d" \
			-e "s#listen 443 ssl http2;#listen 127.0.0.1:$PORT;#" -e "$six" \
			-e "s#server_name confab.example;#server_name _;#" \
			-e "/^[[:space:]]*ssl_/d" \
			-e "s#^user www-data;#user $(id -un) $(id -gn);#" \
			"$ROOT/nginx/$file" >"$out/${file%.example}"
	done
	[ "$(id -u)" = 0 ] || sed -i '/^user /d' "$out/nginx.conf"
	[ "${EVENTS_COUNT:-1}" != 2 ] ||
		sed -i 's#events-1\.conf; .*#events-2.conf;#' "$out/site.conf"
	[ "${NGINX_CACHE:-off}" = on ] ||
		sed -i 's#cache-on\.conf; .*#cache-off.conf;#' "$out/site.conf"
}

nginx_listens() {
	port_in_use "$PORT" || [ ! -d "/proc/$1" ]
}

nginx_start() {
	local pid log=$DIR/log/nginx-error.log
	local cmd=("$(command -v nginx || echo /usr/sbin/nginx)" -e "$log" -c "$DIR/nginx/nginx.conf")
	step "nginx"
	nginx_write
	: >"$log"
	"${cmd[@]}" -t -q 2>"$DIR/log/nginx-test.log" ||
		step_failed "its configuration is refused" "$DIR/log/nginx-test.log"
	(
		cd /
		setsid "${cmd[@]}" -g 'daemon off;' </dev/null >>"$log" 2>&1 9>&- &
		echo $! >"$RUN_DIR/nginx.started"
	)
	pid=$(cat "$RUN_DIR/nginx.started")
	wait_for 60 nginx_listens "$pid" || step_failed "it does not listen" "$log"
	wait_for 60 test -s "$RUN_DIR/nginx.pid" || step_failed "it ended at start" "$log"
	step_done
}
