/* The database lets states move as the acts' tables say, and as people move their own: every pair is tried. */
#include "base/arena.h"
#include "domain/market/advisor.h"
#include "domain/market/review.h"
#include "domain/people/moderation.h"
#include "domain/people/report.h"
#include "harness/cunit.h"
#include "harness/require.h"
#include "harness/testdb.h"

#include "domain/system/acts.h"

#include <stdio.h>
#include <string.h>

enum { ADVISOR_MOVE, REPORT_MOVE };
static const struct stmt stmts[] = {
	[ADVISOR_MOVE] = { "test_advisor_move", 2, "UPDATE advisor SET state = $2 WHERE id = $1" },
	[REPORT_MOVE] = { "test_report_move", 2, "UPDATE report SET state = $2 WHERE id = $1" },
};
static STMT_SET(test_stmts, stmts);
static const struct stmt_set *const sets[] = { &test_stmts, NULL };

static struct db *db;

static const char *
advisor_in(const char *state)
{
	const char *id = testdb_user("USER");

	testdb_run("INSERT INTO advisor (id, state) VALUES ($1, $2)", id, state);
	return id;
}

static const char *
report_in(const char *state)
{
	return testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " state) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'SPAM', $3) RETURNING id",
	    testdb_user("USER"), testdb_user("USER"), state);
}

/* What is moved by acts, and what else moves it: "FROM TO", by applying. */
static const struct {
	const struct act_kind *kind;
	const struct stmt *move;
	const char *const *states;
	const char *(*make)(const char *state);
	const char *const own[3];
} tables[] = {
	{ &advisor_kind, &stmts[ADVISOR_MOVE], advisor_states, advisor_in,
	    { "DRAFT PENDING", "REJECTED PENDING", NULL } },
	{ &report_kind, &stmts[REPORT_MOVE], report_states, report_in, { NULL } },
};

static bool
may_move(size_t table, const char *from, const char *to)
{
	char pair[64];
	const struct act *act;
	size_t i;

	(void)snprintf(pair, sizeof(pair), "%s %s", from, to);
	for (i = 0; tables[table].own[i] != NULL; i++)
		if (strcmp(tables[table].own[i], pair) == 0)
			return true;
	for (i = 0; (act = act_at(i)) != NULL; i++)
		if (act->kind == tables[table].kind && act->to != NULL &&
		    strcmp(act->to, to) == 0 && act_fits(act, from))
			return true;
	return strcmp(from, to) == 0;
}

static void
only_what_acts_and_people_do_moves_a_state(void)
{
	const char *const *from, *const *to;
	int moved = 0, refused = 0;
	size_t i;

	db = testdb_open(sets);
	for (i = 0; i < COUNT_OF(tables); i++)
		for (from = tables[i].states; *from != NULL; from++)
			for (to = tables[i].states; *to != NULL; to++) {
				enum err err = db_exec(db, tables[i].move,
				    db_text(tables[i].make(*from)), db_text(*to));

				if (err != (may_move(i, *from, *to) ? ERR_OK : ERR_BAD_STATE))
					(void)fprintf(stderr, "%s: %s to %s: %s\n",
					    tables[i].kind->name, *from, *to, err_code(err));
				CU_ASSERT_EQUAL(
				    err, may_move(i, *from, *to) ? ERR_OK : ERR_BAD_STATE);
				moved += err == ERR_OK;
				refused += err != ERR_OK;
			}
	CU_ASSERT_EQUAL(moved, 5 + 8 + 3 + 4);
	CU_ASSERT_EQUAL(refused, 20 - 8 + 6 - 4);
	testdb_close(db);
}

static const struct cunit_test tests[] = {
	{ "only what acts and people do moves a state", only_what_acts_and_people_do_moves_a_state },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("state_guard", tests);
}
