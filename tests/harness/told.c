#include "harness/told.h"

#include "harness/testdb.h"

#define SLOT "presence_test"

void
told_end(void)
{
	testdb_run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
		   " WHERE slot_name = '" SLOT "'");
}

void
told_begin(void)
{
	told_end();
	testdb_run("SELECT pg_create_logical_replication_slot('" SLOT "', 'test_decoding')");
}

const char *
told_to(const char *watcher, const char *person)
{
	/* Commits that did not wait for the disk go there with one that does. */
	testdb_run("SELECT pg_logical_emit_message(true, 'flush', '')");
	return testdb_text(
	    "SELECT coalesce(string_agg(coalesce(m->'data'->>'status', 'null') || '>' ||"
	    " jsonb_array_length(m->'users'), ' ' ORDER BY n), '') FROM"
	    " (SELECT n, substring(data FROM 'content:(.*)')::jsonb AS m"
	    " FROM pg_logical_slot_get_changes('" SLOT "', NULL, NULL) WITH ORDINALITY AS"
	    " c (lsn, xid, data, n)"
	    " WHERE data LIKE 'message: transactional: 1 prefix: confab,%') told"
	    " WHERE m->>'type' = 'presence' AND m->'data'->>'user_id' = $1"
	    " AND ($2 = '' OR m->'users' @> to_jsonb($2))",
	    person, watcher);
}

const char *
told_presence(const char *person)
{
	return told_to("", person);
}
