/* Notes and who looks after what, beside people, advisors and reports. */
#include "domain/people/desk.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/subject.h"
#include "harness/testdb.h"

static struct db *db;
static const char *one, *two, *report;

static void
a_note_stays_with_its_author(void)
{
	db = testdb_open(act_sets);
	one = testdb_user("ADMIN");
	two = testdb_user("ADMIN");
	report = subject_make(act_find("report.note"));
	CU_ASSERT_EQUAL(acting(db, one, "report.note", report, "{\"text\": \"First\"}"), ERR_OK);
	CU_ASSERT_EQUAL(acting(db, two, "report.note", report, "{\"text\": \"Second\"}"), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT string_agg(subject || (author_id = $2)::text || body, ' ' ORDER BY id)"
			" FROM note WHERE subject_id = $1",
		report, one),
	    "reporttrueFirst reportfalseSecond");
	CU_ASSERT_EQUAL(
	    acting(db, two, "report.note", report, "{\"text\": \"Second\"}"), ERR_CONFLICT);
	CU_ASSERT_EQUAL(acting(db, one, "report.note", report, "{\"text\": \"Second\"}"), ERR_OK);
	testdb_run("UPDATE note SET created_at = created_at - interval '2 minutes'"
		   " WHERE subject_id = $1",
	    report);
	CU_ASSERT_EQUAL(acting(db, two, "report.note", report, "{\"text\": \"Second\"}"), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1", report), 4);
	CU_ASSERT_EQUAL(acting(db, NULL, "report.note", report, "{\"text\": \"x\"}"), ERR_FORBIDDEN);
}

static void
whoever_takes_it_last_looks_after_it(void)
{
	static const char who[] = "SELECT coalesce(string_agg(admin_id::text, ' '), 'nobody')"
				  " FROM assignment WHERE subject = 'report' AND subject_id = $1";

	CU_ASSERT_EQUAL(acting(db, one, "report.assign", report, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(testdb_text(who, report), one);
	CU_ASSERT_EQUAL(acting(db, two, "report.assign", report, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(testdb_text(who, report), two);
	CU_ASSERT_EQUAL(acting(db, one, "report.unassign", report, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(testdb_text(who, report), "nobody");
	CU_ASSERT_EQUAL(acting(db, NULL, "report.assign", report, NULL), ERR_FORBIDDEN);
	CU_ASSERT_EQUAL(acting(db, one, "report.assign", one, NULL), ERR_NOT_FOUND);
	testdb_close(db);
}

static const struct cunit_test tests[] = {
	{ "a note stays with its author", a_note_stays_with_its_author },
	{ "whoever takes it last looks after it", whoever_takes_it_last_looks_after_it },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("desk", tests);
}
