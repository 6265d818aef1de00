/* Subjects: what an administrator does to them, alone and at once, and what profiles and filters make of it. */
#include "domain/market/advisor.h"
#include "domain/market/directory.h"
#include "domain/market/specialization.h"
#include "harness/acting.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/testdb.h"

#include <string.h>

enum { ROUNDS = 10, DONE = 1, REFUSED = 2, FAILED = 3 };

static const struct stmt_set *sets[24] = { &advisor_stmts, &directory_stmts, NULL };
static struct db *db;
static const char *admin;

/* A subject of its own; slugs are of letters. */
static const char *
subject(const char *state)
{
	return testdb_text("INSERT INTO specialization (id, slug, name, state) SELECT id,"
			   " 's' || replace(id::text, '-', '_'), 'Subject', $1"
			   " FROM gen_random_uuid() id RETURNING id",
	    state);
}

static const char *
slug_of(const char *id)
{
	return testdb_text("SELECT slug FROM specialization WHERE id = $1", id);
}

/* A listed advisor with these slugs, as PostgreSQL writes a list. */
static const char *
advisor(const char *slugs)
{
	const char *id = testdb_advisor();

	testdb_run("UPDATE advisor SET specializations = $2::text[] WHERE id = $1", id, slugs);
	return id;
}

static const char *
slugs_of(const char *advisor_id)
{
	return testdb_text("SELECT specializations FROM advisor WHERE id = $1", advisor_id);
}

static enum err
merge(struct db *by, const char *id, const char *into)
{
	return acting(by, admin, "specialization.merge", id,
	    arena_printf(db_arena(by), "{\"into\": \"%s\"}", into));
}

/* How many the directory finds by that slug, and by those words. */
static size_t
found(const char *slug, const char *words)
{
	struct directory_query query = { .specialization = slug,
		.words = words,
		.price_max_minor = -1,
		.radius_km = -1,
		.limit = 100 };
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(directory_list(db, &query, &rows), ERR_OK);
	return rows_count(rows);
}

static void
who_had_the_one_has_the_other_once(void)
{
	const char *a = subject("OFFERED"), *b = subject("OFFERED"), *from = slug_of(a),
		   *to = slug_of(b),
		   *one = advisor(testdb_text("SELECT ARRAY['tarot', $1, 'vastu']", from)),
		   *both = advisor(testdb_text("SELECT ARRAY[$1, $2]", to, from)),
		   *version = testdb_text("SELECT version FROM advisor WHERE id = $1", one);

	CU_ASSERT_EQUAL(found(from, NULL), 2);
	CU_ASSERT_EQUAL_FATAL(merge(db, a, to), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    slugs_of(one), testdb_text("SELECT ARRAY['tarot', $1, 'vastu']::text", to));
	CU_ASSERT_STRING_EQUAL(slugs_of(both), testdb_text("SELECT ARRAY[$1]::text", to));
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM advisor WHERE id = $1"
		       " AND version = $2::bigint + 1 AND search @@ phraseto_tsquery('simple',"
		       " replace($3, '_', ' '))",
		one, version, to),
	    1);
	CU_ASSERT_EQUAL(found(from, NULL), 2);
	CU_ASSERT_EQUAL(found(to, NULL), 2);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1"
				   " AND action = 'specialization.merge' AND detail->>'to' = 'MERGED'"
				   " AND detail->>'into' = $2 AND detail->>'advisors' = '2'",
			    a, to),
	    1);
}

static void
an_old_slug_leads_to_the_last_of_a_chain(void)
{
	const char *a = subject("OFFERED"), *b = subject("OFFERED"), *c = subject("OFFERED");

	(void)advisor(testdb_text("SELECT ARRAY[$1]", slug_of(a)));
	CU_ASSERT_EQUAL(merge(db, a, slug_of(b)), ERR_OK);
	CU_ASSERT_EQUAL(merge(db, b, slug_of(c)), ERR_OK);
	CU_ASSERT_EQUAL(found(slug_of(a), NULL), 1);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT specialization_now($1)", slug_of(a)), slug_of(c));
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT specialization_now('none_such')"), "none_such");
}

static void
into_itself_or_what_is_not_offered_is_refused(void)
{
	const char *a = subject("OFFERED"), *b = subject("OFFERED"), *retired = subject("RETIRED"),
		   *person = advisor(testdb_text("SELECT ARRAY[$1]", slug_of(a)));

	CU_ASSERT_EQUAL(merge(db, a, slug_of(a)), ERR_VALIDATION);
	CU_ASSERT_EQUAL(merge(db, a, slug_of(retired)), ERR_VALIDATION);
	CU_ASSERT_EQUAL(merge(db, a, "none_such"), ERR_VALIDATION);
	CU_ASSERT_EQUAL(merge(db, retired, slug_of(b)), ERR_OK);
	CU_ASSERT_EQUAL(merge(db, a, slug_of(retired)), ERR_VALIDATION);
	CU_ASSERT_EQUAL(merge(db, retired, slug_of(a)), ERR_BAD_STATE);
	CU_ASSERT_STRING_EQUAL(slugs_of(person), testdb_text("SELECT ARRAY[$1]::text", slug_of(a)));
}

static void
names_are_added_replaced_and_forgotten(void)
{
	const char *id = subject("OFFERED");
	static const struct {
		const char *input;
		enum err err;
		const char *names;
	} steps[] = {
		{ "{\"locale\": \"de\", \"name\": \"Eins\"}", ERR_OK, "{\"de\": \"Eins\"}" },
		{ "{\"locale\": \"de\", \"name\": \"Zwei\"}", ERR_OK, "{\"de\": \"Zwei\"}" },
		{ "{\"locale\": \"en\", \"name\": \"One\"}", ERR_VALIDATION, "{\"de\": \"Zwei\"}" },
		{ "{\"locale\": \"DE\", \"name\": \"One\"}", ERR_VALIDATION, "{\"de\": \"Zwei\"}" },
		{ "{\"locale\": \"de\"}", ERR_OK, "{}" },
	};
	struct rows *rows;
	size_t i;

	for (i = 0; i < COUNT_OF(steps); i++) {
		CU_ASSERT_EQUAL(acting(db, admin, "specialization.translate", id, steps[i].input),
		    steps[i].err);
		CU_ASSERT_EQUAL_FATAL(specialization_get(db, id, &rows), ERR_OK);
		CU_ASSERT_STRING_EQUAL(rows_text_of(rows, 0, "names"), steps[i].names);
	}
}

static void
a_reader_sees_the_first_name_there_is(void)
{
	const char *id = subject("OFFERED"), *slug = slug_of(id);
	static const char *const cases[][2] = { { NULL, "Subject" }, { "", "Subject" },
		{ "de-AT de fr", "Eins" }, { "fr de", "Un" }, { "it", "Subject" } };
	struct rows *rows;
	size_t i, row;

	testdb_run(
	    "INSERT INTO specialization_name VALUES ($1, 'de', 'Eins'), ($1, 'fr', 'Un')", id);
	for (i = 0; i < COUNT_OF(cases); i++) {
		CU_ASSERT_EQUAL_FATAL(specialization_list(db, cases[i][0], &rows), ERR_OK);
		for (row = 0; strcmp(rows_text_of(rows, row, "slug"), slug) != 0; row++)
			;
		CU_ASSERT_STRING_EQUAL(rows_text_of(rows, row, "name"), cases[i][1]);
	}
}

static enum err
add(const char *name)
{
	return acting(db, admin, "specialization.add", NULL,
	    arena_printf(db_arena(db), "{\"name\": \"%s\"}", name));
}

static void
a_slug_is_made_of_the_name(void)
{
	testdb_run("DELETE FROM specialization WHERE slug = 'cafe_reading_2'");
	CU_ASSERT_EQUAL(add("  Caf\xc3\xa9 & Reading 2!"), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM specialization WHERE state = 'OFFERED'"
				   " AND slug = 'cafe_reading_2' AND place >= ALL"
				   " (SELECT place FROM specialization)"),
	    1);
	CU_ASSERT_EQUAL(add("Cafe Reading 2"), ERR_CONFLICT);
	CU_ASSERT_EQUAL(add("\xe5\x8d\xa0\xe6\x98\x9f"), ERR_VALIDATION);
	CU_ASSERT_EQUAL(add("1st"), ERR_VALIDATION);
}

/* --- at once --- */

static int
said(enum err err)
{
	return err == ERR_OK				    ? DONE
	    : err == ERR_VALIDATION || err == ERR_BAD_STATE ? REFUSED
							    : FAILED;
}

static int
merge_mine_into_yours(struct db *own, int racer, void *arg)
{
	const char *const *pair = arg; /* two ids, two slugs */

	return said(merge(own, pair[racer], pair[2 + !racer]));
}

static void
of_two_that_merge_into_each_other_one_does(void)
{
	const char *pair[4];
	struct race race = { sets, merge_mine_into_yours, pair, NULL };
	int statuses[2], i;

	for (i = 0; i < ROUNDS; i++) {
		pair[0] = subject("OFFERED");
		pair[1] = subject("OFFERED");
		pair[2] = slug_of(pair[0]);
		pair[3] = slug_of(pair[1]);
		race_run(&race, 2, statuses);
		CU_ASSERT_EQUAL(race_count(statuses, 2, DONE), 1);
		CU_ASSERT_EQUAL(race_count(statuses, 2, REFUSED), 1);
	}
}

static enum err
choose(struct db *own, void *arg)
{
	const char *const *all = arg;
	struct fault fault = FAULT_NONE;
	struct rows *rows;

	return advisor_update(own, all[3], 0,
	    arena_printf(db_arena(own), "{\"specializations\": [\"%s\"]}", all[1]), &fault, &rows);
}

static int
choose_or_merge(struct db *own, int racer, void *arg)
{
	const char *const *all = arg; /* the subject, its slug, another slug, the advisor */

	return said(racer == 0 ? merge(own, all[0], all[2]) : db_tx(own, choose, arg));
}

static void
who_chooses_it_meanwhile_does_not_keep_it(void)
{
	const char *all[4];
	struct race race = { sets, choose_or_merge, all, NULL };
	int statuses[2], i;

	all[3] = testdb_advisor();
	for (i = 0; i < ROUNDS; i++) {
		all[0] = subject("OFFERED");
		all[1] = slug_of(all[0]);
		all[2] = slug_of(subject("OFFERED"));
		race_run(&race, 2, statuses);
		CU_ASSERT_EQUAL(statuses[0], DONE);
		CU_ASSERT_NOT_EQUAL(statuses[1], FAILED);
		CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM advisor"
					   " WHERE specializations @> ARRAY[$1]",
				    all[1]),
		    0);
	}
}

static const struct cunit_test tests[] = {
	{ "who had the one has the other once", who_had_the_one_has_the_other_once },
	{ "an old slug leads to the last of a chain", an_old_slug_leads_to_the_last_of_a_chain },
	{ "into itself or what is not offered is refused",
	    into_itself_or_what_is_not_offered_is_refused },
	{ "names are added, replaced and forgotten", names_are_added_replaced_and_forgotten },
	{ "a reader sees the first name there is", a_reader_sees_the_first_name_there_is },
	{ "a slug is made of the name", a_slug_is_made_of_the_name },
	{ "of two that merge into each other one does", of_two_that_merge_into_each_other_one_does },
	{ "who chooses it meanwhile does not keep it", who_chooses_it_meanwhile_does_not_keep_it },
	{ NULL, NULL },
};

int
main(void)
{
	size_t count = 2, i;
	int status;

	for (i = 0; act_sets[i] != NULL; i++)
		sets[count++] = act_sets[i];
	db = testdb_open(sets);
	admin = testdb_user("ADMIN");
	status = cunit_run("specialization", tests);
	testdb_run("DELETE FROM specialization WHERE merged_into IS NOT NULL");
	testdb_run("DELETE FROM specialization WHERE length(slug) > 30");
	testdb_close(db);
	return status;
}
