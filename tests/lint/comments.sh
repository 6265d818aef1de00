#!/usr/bin/env bash
# Every table and every column of the database at DATABASE_URL has a comment.
set -euo pipefail
psql=$(command -v psql || find /usr/lib/postgresql/*/bin/psql 2>/dev/null | tail -n 1)
run() {
	"$psql" -X -v ON_ERROR_STOP=1 -tAc "$1" "${DATABASE_URL:?}"
}

tables=$(run "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')
	AND relnamespace = 'public'::regnamespace")
[ "$tables" -gt 0 ] || {
	echo "the database has no tables" >&2
	exit 1
}
bare=$(run "
	SELECT c.relname || coalesce('.' || a.attname, '')
	  FROM pg_class c
	  LEFT JOIN LATERAL (
		SELECT 0 AS attnum, NULL AS attname
		UNION ALL
		SELECT attnum, attname FROM pg_attribute
		 WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a ON true
	 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
	   AND c.relnamespace = 'public'::regnamespace
	   AND coalesce(col_description(c.oid, nullif(a.attnum, 0)), '') = ''
	   AND (a.attnum > 0 OR coalesce(obj_description(c.oid, 'pg_class'), '') = '')
	 ORDER BY 1")
[ -z "$bare" ] || {
	printf 'without a comment: %s\n' "$bare" >&2
	exit 1
}
echo "$tables tables"
