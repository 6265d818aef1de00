/* The advisor's own profile: applying, editing by version, being online. */
#include "domain/market/advisor.h"
#include "domain/market/specialization.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

#define RATE(minor, currency)                                                                      \
	"{\"rate\":{\"amount_minor\":" minor ",\"currency\":\"" currency "\"}}"
#define PROFILE(languages, subjects, currency)                                                      \
	"{\"headline\":\"Listens\",\"bio\":\"Twenty years of listening.\",\"experience_years\":20," \
	"\"languages\":[" languages "],\"specializations\":[" subjects "],\"rate\":{"               \
	"\"amount_minor\":2500,\"currency\":\"" currency "\"}}"
#define GOOD PROFILE("\"en\",\"hi-IN\"", "\"dating\",\"tarot\"", "INR")

static const struct stmt_set *const sets[] = { &advisor_stmts, &specialization_stmts, NULL };
static struct db *db;
static struct fault fault;
static struct rows *rows; /* of the last call that gave some */

struct call {
	const char *id, *json;
	int64_t version; /* negative: apply */
};

static enum err
call_fn(struct db *tx, void *arg)
{
	const struct call *call = arg;

	if (call->version < 0)
		return advisor_apply(tx, call->id, call->json, &fault, &rows);
	return advisor_update(tx, call->id, call->version, call->json, &fault, &rows);
}

static enum err
apply(const char *id, const char *json)
{
	return db_tx(db, call_fn, &(struct call){ id, json, -1 });
}

static enum err
update(const char *id, int64_t version, const char *json)
{
	return db_tx(db, call_fn, &(struct call){ id, json, version });
}

static const char *
value(const char *name)
{
	size_t i;

	for (i = 0; i < rows_columns(rows); i++)
		if (strcmp(rows_name(rows, i), name) == 0)
			return rows_text(rows, 0, i);
	CU_FAIL_FATAL("no such column");
	return NULL;
}

static void
a_draft_becomes_pending_and_not_again(void)
{
	const char *id = testdb_user("ADVISOR");

	CU_ASSERT_EQUAL_FATAL(apply(id, GOOD), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("state"), "PENDING");
	CU_ASSERT_STRING_EQUAL(value("languages"), "[\"en\",\"hi-IN\"]");
	CU_ASSERT_STRING_EQUAL(value("status"), "OFFLINE");
	CU_ASSERT_PTR_NULL(value("rating_average"));
	CU_ASSERT_EQUAL(apply(id, GOOD), ERR_BAD_STATE);
}

static void
a_refused_advisor_and_a_user_may_apply(void)
{
	const char *id = testdb_user("ADVISOR"), *user = testdb_user("USER");

	testdb_advisor_state(id, "REJECTED");
	CU_ASSERT_EQUAL(apply(id, GOOD), ERR_OK);
	CU_ASSERT_EQUAL(apply(user, GOOD), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("state"), "PENDING");
	CU_ASSERT_EQUAL(apply(testdb_advisor(), GOOD), ERR_BAD_STATE);
}

static void
a_wrong_element_is_named(void)
{
	const char *id = testdb_user("ADVISOR");

	CU_ASSERT_EQUAL(
	    apply(id, PROFILE("\"en\"", "\"dating\",\"piracy\"", "INR")), ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(fault.field, "specializations.1");
	CU_ASSERT_EQUAL(apply(id, PROFILE("\"en\"", "\"tarot\",\"tarot\"", "INR")), ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(fault.field, "specializations.1");
	CU_ASSERT_EQUAL(apply(id, PROFILE("\"english\"", "\"dating\"", "INR")), ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(fault.field, "languages.0");
	CU_ASSERT_EQUAL(apply(id, PROFILE("\"en\",\"EN\"", "\"dating\"", "INR")), ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(fault.field, "languages.1");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state FROM advisor WHERE id = $1", id), "DRAFT");
}

static void
an_edit_needs_the_version_read(void)
{
	const char *id = testdb_advisor();

	CU_ASSERT_EQUAL_FATAL(advisor_own(db, id, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("version"), "1");
	CU_ASSERT_EQUAL_FATAL(update(id, 1, RATE("9900", "INR")), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("version"), "2");
	CU_ASSERT_STRING_EQUAL(value("rate"), "{\"currency\": \"INR\", \"amount_minor\": 9900}");
	CU_ASSERT_STRING_EQUAL(value("headline"), "Listens first");
	CU_ASSERT_EQUAL(update(id, 1, RATE("1", "INR")), ERR_STALE);
	CU_ASSERT_EQUAL(update(id, 0, "{\"languages\":[\"de\"]}"), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("languages"), "[\"de\"]");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM advisor_rate WHERE advisor_id = $1", id), 3);
}

static void
every_price_is_kept(void)
{
	const char *id = testdb_advisor();

	testdb_run("DELETE FROM advisor_rate WHERE advisor_id = $1", id);
	CU_ASSERT_EQUAL(update(id, 0, RATE("9900", "INR")), ERR_OK);
	CU_ASSERT_EQUAL(update(id, 0, RATE("100", "INR")), ERR_OK);
	CU_ASSERT_EQUAL(
	    update(id, 0,
		"{\"rate\":{\"amount_minor\":100,\"currency\":\"INR\"},\"headline\":\"The same\"}"),
	    ERR_OK);
	CU_ASSERT_EQUAL(update(id, 0, RATE("100", "EUR")), ERR_OK);
	CU_ASSERT_EQUAL(update(id, 0, RATE("0", "EUR")), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT string_agg(rate_minor || currency, ' ' ORDER BY valid_from)"
			" FROM advisor_rate WHERE advisor_id = $1",
		id),
	    "9900INR 100INR 100EUR 0EUR");
}

static void
half_a_place_is_refused_and_null_clears_it(void)
{
	const char *id = testdb_advisor();

	CU_ASSERT_EQUAL(update(id, 0, "{\"latitude\":12.5}"), ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(fault.field, "latitude");
	CU_ASSERT_EQUAL(update(id, 0, "{\"latitude\":12.5,\"longitude\":77}"), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("longitude"), "77");
	CU_ASSERT_EQUAL(update(id, 0, "{\"longitude\":null}"), ERR_VALIDATION);
	CU_ASSERT_EQUAL(update(id, 0, "{\"latitude\":null,\"longitude\":null}"), ERR_OK);
	CU_ASSERT_PTR_NULL(value("latitude"));
}

static void
only_the_approved_go_online(void)
{
	const char *id = testdb_advisor();

	CU_ASSERT_EQUAL(advisor_online_set(db, id, false, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("status"), "OFFLINE");
	CU_ASSERT_EQUAL(advisor_online_set(db, id, true, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(value("status"), "ONLINE");
	CU_ASSERT_STRING_EQUAL(value("version"), "1");
	CU_ASSERT_EQUAL(advisor_online_set(db, testdb_user("ADVISOR"), true, &rows), ERR_BAD_STATE);
}

static void
subjects_no_longer_offered_are_not_listed(void)
{
	char text[32] = "";
	size_t i;

	CU_ASSERT_EQUAL_FATAL(specialization_list(db, NULL, &rows), ERR_OK);
	CU_ASSERT_FATAL(rows_count(rows) > 5);
	for (i = 0; i < rows_count(rows); i++)
		(void)snprintf(text, sizeof(text), "%s", rows_text(rows, i, 0));
	testdb_run("UPDATE specialization SET state = 'RETIRED' WHERE slug = $1", text);
	i = rows_count(rows);
	CU_ASSERT_EQUAL_FATAL(specialization_list(db, NULL, &rows), ERR_OK);
	CU_ASSERT_EQUAL(rows_count(rows), i - 1);
	CU_ASSERT_EQUAL(
	    apply(testdb_user("ADVISOR"), PROFILE("\"en\"", "\"vastu\"", "INR")), ERR_VALIDATION);
	testdb_run("UPDATE specialization SET state = 'OFFERED'");
}

static const struct cunit_test tests[] = {
	{ "a draft becomes pending and not again", a_draft_becomes_pending_and_not_again },
	{ "a refused advisor and a user may apply", a_refused_advisor_and_a_user_may_apply },
	{ "a wrong element is named", a_wrong_element_is_named },
	{ "an edit needs the version read", an_edit_needs_the_version_read },
	{ "every price is kept", every_price_is_kept },
	{ "half a place is refused and null clears it", half_a_place_is_refused_and_null_clears_it },
	{ "only the approved go online", only_the_approved_go_online },
	{ "subjects no longer offered are not listed", subjects_no_longer_offered_are_not_listed },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	db = testdb_open(sets);
	status = cunit_run("advisor", tests);
	testdb_close(db);
	return status;
}
