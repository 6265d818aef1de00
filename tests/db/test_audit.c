/* The audit chain holds, shows changes made behind our back, and pages by key. */
#include "domain/system/audit.h"
#include "harness/cunit.h"
#include "harness/listed.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &audit_stmts, NULL };
static struct db *db;

static void
add(const char *actor, const char *target, const char *detail)
{
	const struct audit_by by = { actor, "req-12345678" };

	CU_ASSERT_EQUAL(
	    audit_add(db, &by, &(struct audit_entry){ "user.block", "user", target, detail }),
	    ERR_OK);
}

static struct audit_found
verify(int64_t rows_max)
{
	struct audit_found check = { -1, -1, -1 };

	CU_ASSERT_EQUAL(rows_max == 0 ? audit_verify(db, 0, INT64_MAX, &check)
				      : audit_verify_newest(db, rows_max, &check),
	    ERR_OK);
	return check;
}

static void
entries_are_listed_newest_first_with_names(void)
{
	const char *admin = testdb_user("ADMIN"), *user = testdb_user("USER");
	struct list_page page, rest;
	const struct rows *rows;

	add(admin, user, "{\"reason\": \"one\"}");
	add(admin, user, "{\"reason\": \"two\"}");
	add(NULL, user, NULL);
	page = listed(db, &audit_all, 2, false, NULL, "target", user);
	rows = page.rows;
	CU_ASSERT_EQUAL_FATAL(page.count, 2);
	CU_ASSERT_PTR_NULL(rows_text_of(rows, 0, "actor_id"));
	CU_ASSERT_STRING_EQUAL(rows_text_of(rows, 0, "detail"), "{}");
	CU_ASSERT_STRING_EQUAL(rows_text_of(rows, 1, "actor_name"), "Test Admin");
	CU_ASSERT_STRING_EQUAL(rows_text_of(rows, 1, "target_name"), "Test User");
	CU_ASSERT_STRING_EQUAL(rows_text_of(rows, 1, "request_id"), "req-12345678");
	rest = listed(db, &audit_all, 2, false, &page, "target", user);
	CU_ASSERT_EQUAL_FATAL(rest.count, 1);
	CU_ASSERT_STRING_EQUAL(rows_text_of(rest.rows, 0, "detail"), "{\"reason\": \"one\"}");
	CU_ASSERT_EQUAL(listed(db, &audit_all, 50, false, NULL, "actor", admin).count, 2);
}

static void
the_chain_is_whole(void)
{
	struct audit_found all = verify(0), last;

	CU_ASSERT_TRUE(all.rows >= 3);
	CU_ASSERT_EQUAL(all.rows, testdb_i64("SELECT count(*) FROM audit"));
	CU_ASSERT_EQUAL(all.rows, testdb_i64("SELECT max(id) FROM audit"));
	CU_ASSERT_EQUAL(all.broken_id, 0);
	last = verify(2);
	CU_ASSERT_EQUAL(last.rows, 2);
	CU_ASSERT_EQUAL(last.broken_id, 0);
}

static void
rows_cannot_be_changed_by_the_programs(void)
{
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(
		"SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE tgrelid ="
		" 'audit'::regclass AND NOT tgisinternal"),
	    "audit_append_only,audit_no_truncate,audit_seal");
	testdb_run("DO $$ BEGIN UPDATE audit SET action = 'x'; RAISE 'changed';"
		   " EXCEPTION WHEN insufficient_privilege THEN NULL; END $$");
	testdb_run("DO $$ BEGIN DELETE FROM audit; RAISE 'deleted';"
		   " EXCEPTION WHEN insufficient_privilege THEN NULL; END $$");
	testdb_run("DO $$ BEGIN TRUNCATE audit; RAISE 'emptied';"
		   " EXCEPTION WHEN insufficient_privilege THEN NULL; END $$");
	CU_ASSERT_EQUAL(verify(0).broken_id, 0);
}

static void
a_changed_row_breaks_the_chain(void)
{
	const char *id = testdb_text("SELECT id FROM audit ORDER BY id DESC OFFSET 1 LIMIT 1");
	const char *action = testdb_text("SELECT action FROM audit WHERE id = $1", id);

	testdb_run("ALTER TABLE audit DISABLE TRIGGER audit_append_only");
	testdb_run("UPDATE audit SET action = 'user.unblock' WHERE id = $1", id);
	CU_ASSERT_EQUAL(verify(0).broken_id, testdb_i64("SELECT $1::bigint", id));
	testdb_run("UPDATE audit SET action = $2 WHERE id = $1", id, action);
	CU_ASSERT_EQUAL(verify(0).broken_id, 0);
	testdb_run("ALTER TABLE audit ENABLE TRIGGER audit_append_only");
}

static void
a_removed_row_breaks_the_chain(void)
{
	const char *id = testdb_text("SELECT id FROM audit ORDER BY id DESC OFFSET 1 LIMIT 1");
	const char *next = testdb_text("SELECT id FROM audit ORDER BY id DESC LIMIT 1");

	testdb_run("ALTER TABLE audit DISABLE TRIGGER USER");
	testdb_run("CREATE TEMP TABLE kept AS SELECT * FROM audit WHERE id = $1::bigint", id);
	testdb_run("DELETE FROM audit WHERE id = $1", id);
	CU_ASSERT_EQUAL(verify(0).broken_id, testdb_i64("SELECT $1::bigint", next));
	testdb_run("INSERT INTO audit SELECT * FROM kept");
	testdb_run("ALTER TABLE audit ENABLE TRIGGER USER");
	CU_ASSERT_EQUAL(verify(0).broken_id, 0);
}

static void
the_statements_prepare(void)
{
	db = testdb_open(sets);
}

static const struct cunit_test tests[] = {
	{ "the statements prepare", the_statements_prepare },
	{ "entries are listed newest first, with names", entries_are_listed_newest_first_with_names },
	{ "the chain is whole", the_chain_is_whole },
	{ "rows cannot be changed by the programs", rows_cannot_be_changed_by_the_programs },
	{ "a changed row breaks the chain", a_changed_row_breaks_the_chain },
	{ "a removed row breaks the chain", a_removed_row_breaks_the_chain },
	{ NULL, NULL },
};

int
main(void)
{
	int result;

	result = cunit_run("audit", tests);
	if (db != NULL)
		testdb_close(db);
	return result;
}
