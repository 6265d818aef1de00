/* The audit chain under administrators who act at once, over more rows than are checked at a time, and in
 * every column. */
#include "domain/system/audit.h"
#include "harness/cunit.h"
#include "harness/listed.h"
#include "harness/race.h"
#include "harness/testdb.h"

#include <string.h>

enum { ADMINS = 8, ENTRIES = 25, BATCH = 5000 /* of audit_verify */ };

static const struct stmt_set *const sets[] = { &audit_stmts, NULL };
static struct db *db;

static struct audit_found
verify(void)
{
	struct audit_found found = { -1, -1, -1 };

	CU_ASSERT_EQUAL(audit_verify(db, 0, INT64_MAX, &found), ERR_OK);
	return found;
}

/* One administrator; the exit status is how many entries were refused. */
static int
act(struct db *door, int racer, void *arg)
{
	const struct audit_by by = { NULL, "req-race" };
	int i, refused = 0;

	(void)racer;
	for (i = 0; i < ENTRIES; i++)
		refused += audit_add(door, &by,
			       &(struct audit_entry){ "user.block", "user", arg, NULL }) != ERR_OK;
	return refused;
}

static void
who_acts_at_once_makes_one_chain(void)
{
	const char *user = testdb_user("USER");
	char target[37];
	const struct race race = { sets, act, target, NULL };
	int statuses[ADMINS];

	db = testdb_open(sets);
	(void)memccpy(target, user, '\0', sizeof(target));
	race_run(&race, ADMINS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, ADMINS, 0), ADMINS);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1", user), ADMINS * ENTRIES);
	CU_ASSERT_EQUAL(testdb_i64("SELECT max(id) - count(*) FROM audit"), 0);
	CU_ASSERT_EQUAL(verify().broken_id, 0);
}

static void
an_entry_is_found_by_who_made_it(void)
{
	const char *one = testdb_user("ADMIN"), *two = testdb_user("ADMIN");
	const struct audit_by by_one = { one, "req-one" }, by_two = { two, "req-two" };
	const struct audit_entry entry = { "user.block", "user", testdb_user("USER"), NULL };
	struct list_page page;

	CU_ASSERT_EQUAL(audit_add(db, &by_one, &entry), ERR_OK);
	CU_ASSERT_EQUAL(audit_add(db, &by_two, &entry), ERR_OK);
	page = listed(db, &audit_all, 10, false, NULL, "actor", one);
	CU_ASSERT_EQUAL_FATAL(page.count, 1);
	CU_ASSERT_STRING_EQUAL(rows_text_of(page.rows, 0, "request_id"), "req-one");
}

/* Each column changed by itself, as somebody with the database in hand could. */
static void
every_column_is_sealed(void)
{
	static const char *const changes[] = { "at = at + interval '1 second'",
		"actor_id = gen_random_uuid()", "action = 'user.unblock'", "target_type = 'advisor'",
		"target_id = gen_random_uuid()", "detail = '{\"reason\": \"another\"}'",
		"request_id = 'req-other'", "previous_hash = 'x'", "hash = 'x'" };
	const char *id = testdb_text("SELECT id FROM audit ORDER BY id DESC LIMIT 1");
	char text[256];
	size_t i;

	testdb_run("ALTER TABLE audit DISABLE TRIGGER audit_append_only");
	testdb_run("CREATE TEMP TABLE kept AS SELECT * FROM audit WHERE id = $1::bigint", id);
	for (i = 0; i < COUNT_OF(changes); i++) {
		(void)snprintf(text, sizeof(text), "UPDATE audit SET %s WHERE id = $1", changes[i]);
		testdb_run(text, id);
		CU_ASSERT_EQUAL(verify().broken_id, testdb_i64("SELECT $1::bigint", id));
		testdb_run(
		    "UPDATE audit a SET at = k.at, actor_id = k.actor_id, action = k.action,"
		    " target_type = k.target_type, target_id = k.target_id, detail = k.detail,"
		    " request_id = k.request_id, previous_hash = k.previous_hash, hash = k.hash"
		    " FROM kept k WHERE a.id = k.id");
	}
	testdb_run("DROP TABLE kept");
	testdb_run("ALTER TABLE audit ENABLE TRIGGER audit_append_only");
	CU_ASSERT_EQUAL(verify().broken_id, 0);
}

/* The first row of the second batch, sealed by its own hash but not to the row before it. */
static void
a_break_between_two_batches_is_seen(void)
{
	int64_t count = testdb_i64("SELECT count(*) FROM audit");
	char number[24];

	CU_ASSERT_FATAL(count < BATCH);
	(void)snprintf(number, sizeof(number), "%lld", (long long)(BATCH + 1 - count));
	testdb_run("INSERT INTO audit (action, target_type, previous_hash, hash)"
		   " SELECT 'user.block', 'user', '', '' FROM generate_series(1, $1::int)",
	    number);
	CU_ASSERT_EQUAL(verify().rows, BATCH + 1);
	CU_ASSERT_EQUAL(verify().broken_id, 0);
	testdb_run("ALTER TABLE audit DISABLE TRIGGER USER");
	testdb_run(
	    "UPDATE audit SET previous_hash = 'another' WHERE id = (SELECT max(id) FROM audit)");
	testdb_run(
	    "UPDATE audit a SET hash = audit_digest(a) WHERE id = (SELECT max(id) FROM audit)");
	CU_ASSERT_EQUAL(verify().broken_id, BATCH + 1);
	testdb_run("DELETE FROM audit WHERE id > $1::bigint",
	    testdb_text("SELECT max(id) - $1::int FROM audit", number));
	testdb_run("ALTER TABLE audit ENABLE TRIGGER USER");
	CU_ASSERT_EQUAL(verify().rows, count);
	CU_ASSERT_EQUAL(verify().broken_id, 0);
}

static const struct cunit_test tests[] = {
	{ "who acts at once makes one chain", who_acts_at_once_makes_one_chain },
	{ "an entry is found by who made it", an_entry_is_found_by_who_made_it },
	{ "every column is sealed", every_column_is_sealed },
	{ "a break between two batches is seen", a_break_between_two_batches_is_seen },
	{ NULL, NULL },
};

int
main(void)
{
	int result = cunit_run("audit chain", tests);

	if (db != NULL)
		testdb_close(db);
	return result;
}
