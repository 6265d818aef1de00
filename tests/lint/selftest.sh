#!/usr/bin/env bash
# The other checks can fail: each is shown a small tree with one fault in it, and must refuse it, and
# must accept the same tree without.
# shellcheck disable=SC2016 # the samples are not to be expanded
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd -P)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
rc=0

tree() {
	rm -rf "$tmp/t"
	mkdir -p "$tmp/t"/{lib/base,lib/db,lib/web,lib/panel,lib/domain/money,cgi-bin,nginx,tests,sql/code,.ci}
	cd "$tmp/t"
	printf 'FAIL(A, "a", 0, "x")\n' >lib/base/fail.def
	printf 'FAILPOINT(A);\n' >lib/base/fail_a.c
	touch Makefile
	printf '#include "base/a.h"\nint\na(void)\n{\n\treturn 0; /* system("x") */\n}\n' >lib/db/a.c
	printf '#include "base/e.h"\n' >lib/base/d.h
	printf '#!/bin/sh\necho "$1"\n' >tests/a.sh
	printf 'int\nmain(void)\n{\n\treturn 0;\n}\n' >cgi-bin/p.c
	printf 'PROGRAM(p, COMMAND, "what")\n' >lib/web/program.def
	printf '## The programs\n\n| `p` | command | what |\n' >README.md
	printf 'CREATE FUNCTION f(int) RETURNS bool AS $$ a; b $$;\nCREATE TABLE t (a int CHECK (f(a)));\n' >sql/0001_a.sql
	printf -- '-- CREATE TABLE\nCREATE OR REPLACE FUNCTION g() RETURNS int AS $$ a; b $$;\n' >sql/code/a.sql
}

# refuses CHECK FILE TEXT: the check accepts the tree, and not with the text added to that file.
refuses() {
	tree
	LINT_ROOT=$tmp/t bash "$HERE/$1.sh" >"$tmp/out" 2>&1 || {
		echo "$1 refuses a clean tree: $(cat "$tmp/out")" >&2
		rc=1
	}
	printf '%b' "$3" >>"$2"
	! LINT_ROOT=$tmp/t bash "$HERE/$1.sh" >/dev/null 2>&1 || {
		echo "$1 accepts in $2: $3" >&2
		rc=1
	}
}

# notices UNIT LINE: units.list has the line.
notices() {
	tree
	cp -R "$HERE/../../systemd" systemd
	sed -i "\\#^$2\$#d" "systemd/$1"
	! LINT_ROOT=$tmp/t bash "$HERE/units.sh" list >/dev/null 2>&1 || {
		echo "units accepts $1 without $2" >&2
		rc=1
	}
}

nginx_tree() {
	tree
	mkdir -p lib/web cgi-bin
	cp -R "$HERE/../../nginx/." nginx
	cp "$HERE/../../lib/web/program.def" lib/web
	cp "$HERE"/../../cgi-bin/events_ws.c cgi-bin
}

# misroutes FILE SED: nginx's files, so changed, do not lead every route to its program.
misroutes() {
	nginx_tree
	sed -i "$2" "nginx/$1"
	! LINT_ROOT=$tmp/t bash "$HERE/routes.sh" >/dev/null 2>&1 || {
		echo "routes accepts $1 after $2" >&2
		rc=1
	}
}

nginx_tree
LINT_ROOT=$tmp/t bash "$HERE/routes.sh" || rc=1
misroutes routes.conf 's#/api/v1/reports {#/api/v1/reported {#'
misroutes routes.conf 's#/api/v1/reports {#/api/v1/users/me {#'
misroutes routes.conf 's#/api/v1/ws {#/api/v1/wss {#'
misroutes routes.conf 's#^location / {#location /api/v1/others {\n\tfastcgi_pass confab_ops;\n}\n&#'
misroutes routes.conf 's#fastcgi_pass confab_ops#fastcgi_pass confab_auth#'
misroutes http.conf 's#run/confab/chat.sock#run/confab/people.sock#'
misroutes events-2.conf 's#events-2-ws.sock#events-2.sock#'
notices confab@.service.d/10-confab.conf NoNewPrivileges=yes
notices confab@.service.d/10-confab.conf 'SystemCallFilter=~@privileged @resources'
notices confab@worker.service 'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK'
notices confab@.socket SocketMode=0660
notices confab@ops.service.d/20-ops.conf MemoryMax=256M
refuses failpoints lib/base/b.c 'FAILPOINT(NO_SUCH);\n'
refuses failpoints lib/base/fail.def 'FAIL(UNUSED, "unused", 0, "nowhere")\n'
refuses layers lib/base/b.c '#include "db/db.h"\n'
refuses layers lib/domain/money/b.h '#include "web/req.h"\n'
refuses layers lib/base/c.c '#include "a.h"\n'
refuses layers lib/base/e.h '#include "base/d.h"\n'
refuses banned cgi-bin/a.c 'void f(void) { strcpy(a, b); }\n'
refuses banned lib/base/b.c 'int f(void) { return atoi ("1"); }\n'
refuses banned lib/web/b.c 'void *f(void) { return malloc(1); }\n'
refuses banned cgi-bin/b.c 'const char *q = "SELECT 1";\n'
refuses banned lib/web/c.c 'const char *q = "INSERT INTO a VALUES (1)";\n'
refuses banned cgi-bin/c.c 'const char *f(void) { return rows_text(rows, 0, 3); }\n'
refuses banned lib/panel/c.c 'long f(void) { return rows_i64(rows_of(a, b), n - 1, COLUMN); }\n'
refuses banned nginx/a.conf 'fastcgi_param NOBODYS $host;\n'
refuses banned lib/domain/money/b.c 'double rate;\n'
refuses programs lib/web/program.def 'PROGRAM(q, COMMAND, "what")\n'
refuses programs cgi-bin/q.c 'int\nmain(void)\n{\n\treturn 0;\n}\n'
refuses programs README.md '| `q` | command | what |\n'
refuses programs tests/b.sh 'for name in people advisors sessions; do\n'
refuses toplevel notes.txt 'x\n'
refuses toplevel Makefile "$(printf '\\n%.0s' {1..173})"
refuses format lib/db/a.c 'int  b;\n'
refuses functions lib/db/a.c "int\nlong_one(void)\n{\n$(printf '\\tg();\\n%.0s' {1..60})}\n"
refuses functions lib/db/a.c "$(printf 'int x;\\n%.0s' {1..500})"
refuses sql sql/code/b.sql 'CREATE OR REPLACE FUNCTION g() RETURNS int AS $$ c $$;\n'
refuses sql sql/code/b.sql 'CREATE OR REPLACE FUNCTION f(int) RETURNS bool AS $$ c $$;\n'
refuses sql sql/code/b.sql 'CREATE FUNCTION h() RETURNS int AS $$ c $$;\n'
refuses sql sql/code/b.sql 'CREATE TABLE u (a int);\n'
refuses sql sql/0002_b.sql 'CREATE FUNCTION h() RETURNS int AS $$ h(f()) $$;\n'
refuses sql sql/0002_b.sql 'CREATE TRIGGER t BEFORE INSERT ON t EXECUTE FUNCTION f();\n'
refuses sql sql/0002_b.sql 'CREATE TABLE u (a int);\nCOMMIT;\n'
refuses sql sql/0002_b.sql 'CREATE VIEW v AS SELECT f(1);\n'
refuses sql sql/0002_b.sql 'CREATE TABLE u (a timestamptz DEFAULT now());\n'
refuses sql sql/code/b.sql 'CREATE OR REPLACE FUNCTION h() RETURNS int AS $$ SELECT clock_timestamp() $$;\n'
refuses sql lib/domain/money/b.c 'const char *q = "DELETE FROM t WHERE a < CURRENT_TIMESTAMP";\n'
refuses sql lib/domain/money/b.c 'const char *q = "INSERT INTO job (kind) VALUES (1)";\n'
refuses shell tests/b.sh '#!/bin/sh\necho $1\n'
exit $rc
