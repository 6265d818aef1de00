/* Ratings: who may rate what, once; the advisor's figures; the list. */
#include "base/uuid.h"
#include "domain/market/rating.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &rating_stmts, NULL };
static struct db *db;

/* A session in this state; advisor_id "" for one with the assistant. */
static const char *
session(const char *user_id, const char *advisor_id, const char *state)
{
	return testdb_text(
	    "WITH c AS (INSERT INTO conversation (id, kind) VALUES"
	    " (gen_random_uuid(), 'SESSION') RETURNING id)"
	    " INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id,"
	    " expires_at) SELECT gen_random_uuid(), CASE $2 WHEN '' THEN 'AI_CHAT' ELSE"
	    " 'CHAT' END, $3, $1::uuid, nullif($2, '')::uuid, id, app_now() FROM c"
	    " RETURNING id",
	    user_id, advisor_id, state);
}

struct rate_args {
	const char *session_id, *user_id;
	int64_t stars;
	struct rows *rows;
};

static enum err
rate_fn(struct db *tx, void *arg)
{
	struct rate_args *args = arg;

	return rating_create(tx, uuid_new(db_arena(tx)), args->session_id, args->user_id,
	    args->stars, "Kind and clear", &args->rows);
}

static enum err
rate(const char *session_id, const char *user_id, int64_t stars)
{
	struct rate_args args = { session_id, user_id, stars, NULL };

	return db_tx(db, rate_fn, &args);
}

static void
an_ended_session_is_rated_once(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();
	const char *ended = session(user, advisor, "ENDED");

	CU_ASSERT_EQUAL(rate(ended, user, 5), ERR_OK);
	CU_ASSERT_EQUAL(rate(ended, user, 1), ERR_ALREADY_RATED);
	CU_ASSERT_EQUAL(testdb_i64("SELECT rating_sum FROM advisor WHERE id = $1", advisor), 5);
	CU_ASSERT_EQUAL(rate(session(user, advisor, "ENDED"), user, 2), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT rating_sum FROM advisor WHERE id = $1", advisor), 7);
	CU_ASSERT_EQUAL(testdb_i64("SELECT rating_count FROM advisor WHERE id = $1", advisor), 2);
}

static void
only_the_user_of_the_session_rates_it(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();
	const char *ended = session(user, advisor, "ENDED");

	CU_ASSERT_EQUAL(rate(ended, testdb_user("USER"), 5), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(rate(ended, advisor, 5), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(rate(uuid_new(db_arena(db)), user, 5), ERR_NOT_FOUND);
}

static void
what_has_not_ended_cannot_be_rated(void)
{
	static const char *const states[] = { "REQUESTED", "DECLINED", "CANCELLED", "EXPIRED" };
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();
	size_t i;

	for (i = 0; i < COUNT_OF(states); i++)
		CU_ASSERT_EQUAL(rate(session(user, advisor, states[i]), user, 5), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(rate(session(user, "", "ENDED"), user, 5), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(testdb_i64("SELECT rating_count FROM advisor WHERE id = $1", advisor), 0);
}

static void
the_list_pages_newest_first_without_gaps(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();
	const char *key1 = NULL, *key2 = NULL, *last = NULL;
	size_t seen = 0, i;
	struct rows *page;

	for (i = 0; i < 7; i++)
		CU_ASSERT_EQUAL_FATAL(rate(session(user, advisor, "ENDED"), user, 4), ERR_OK);
	/* Equal times are told apart by id. */
	testdb_run("UPDATE rating SET created_at = '2026-01-01' WHERE advisor_id = $1", advisor);
	do {
		CU_ASSERT_EQUAL_FATAL(rating_list(db, advisor, NULL, 3, key1, key2, &page), ERR_OK);
		for (i = 0; i < rows_count(page); i++, seen++) {
			CU_ASSERT(last == NULL || strcmp(rows_text(page, i, 0), last) < 0);
			last = rows_text(page, i, 0);
			CU_ASSERT_STRING_EQUAL(rows_text(page, i, 3), "Test");
			key1 = rows_text(page, i, 5);
			key2 = rows_text(page, i, 6);
		}
	} while (rows_count(page) == 3);
	CU_ASSERT_EQUAL(seen, 7);
}

static void
ratings_of_hidden_advisors_are_not_found(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();
	struct rows *rows;

	CU_ASSERT_EQUAL(rating_list(db, advisor, user, 3, NULL, NULL, &rows), ERR_OK);
	CU_ASSERT_EQUAL(rows_count(rows), 0);
	CU_ASSERT_EQUAL(
	    rating_list(db, testdb_user("ADVISOR"), NULL, 3, NULL, NULL, &rows), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(rate(session(user, advisor, "ENDED"), user, 4), ERR_OK);
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", advisor, user);
	CU_ASSERT_EQUAL(rating_list(db, advisor, user, 3, NULL, NULL, &rows), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(rating_list(db, advisor, NULL, 3, NULL, NULL, &rows), ERR_OK);
	CU_ASSERT_EQUAL(rows_count(rows), 1);
}

static const struct cunit_test tests[] = {
	{ "an ended session is rated once", an_ended_session_is_rated_once },
	{ "only the user of the session rates it", only_the_user_of_the_session_rates_it },
	{ "what has not ended cannot be rated", what_has_not_ended_cannot_be_rated },
	{ "the list pages newest first without gaps", the_list_pages_newest_first_without_gaps },
	{ "ratings of hidden advisors are not found", ratings_of_hidden_advisors_are_not_found },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	db = testdb_open(sets);
	status = cunit_run("rating", tests);
	testdb_close(db);
	return status;
}
