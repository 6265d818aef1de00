/* The directory: every filter and order, pages without gaps, hidden people, and the plan of the most
 * used page. Each test works on advisors of its own currency, so that others do not disturb it. */
#include "domain/market/directory.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct stmt_set *const sets[] = { &directory_stmts, NULL };
static struct db *db;

/* A currency no other test uses; tables of one run may hold what earlier runs left. */
static void
fresh_currency(char text[5])
{
	uint32_t random = testdb_random();
	int i;

	for (i = 0; i < 4; i++, random /= 26)
		text[i] = (char)('A' + random % 26);
	text[4] = '\0';
}

static const char *
advisor(
    const char *currency, const char *rate, const char *years, const char *count, const char *sum)
{
	const char *id = testdb_advisor();

	testdb_run("UPDATE advisor SET currency = $2, rate_minor = $3, experience_years = $4,"
		   " rating_count = $5, rating_sum = $6 WHERE id = $1",
	    id, currency, rate, years, count, sum);
	return id;
}

static struct directory_query
any(const char *currency)
{
	return (struct directory_query){
		.currency = currency, .price_max_minor = -1, .radius_km = -1, .limit = 100
	};
}

static struct rows *
list(const struct directory_query *query)
{
	struct rows *rows = NULL;

	CU_ASSERT_EQUAL_FATAL(directory_list(db, query, &rows), ERR_OK);
	return rows;
}

static size_t
count(const struct directory_query *query)
{
	return rows_count(list(query));
}

/* The query gives these ids in this order (NULL ends them). */
static bool
gives(const struct directory_query *query, const char *const *ids)
{
	struct rows *rows = list(query);
	size_t i;

	for (i = 0; ids[i] != NULL; i++)
		if (i >= rows_count(rows) || strcmp(rows_text(rows, i, 0), ids[i]) != 0)
			return false;
	return rows_count(rows) == i;
}
#define GIVES(query, ...) gives(query, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static void
each_order_sorts_by_its_key(void)
{
	char own[5];
	struct directory_query query;
	const char *cheap, *old, *loved;

	fresh_currency(own);
	cheap = advisor(own, "100", "5", "4", "12");
	old = advisor(own, "300", "40", "0", "0");
	loved = advisor(own, "200", "9", "50", "249");
	query = any(own);
	CU_ASSERT(GIVES(&query, loved, old, cheap));
	query.sort = SORT_PRICE;
	CU_ASSERT(GIVES(&query, cheap, loved, old));
	query.sort = SORT_EXPERIENCE;
	CU_ASSERT(GIVES(&query, old, loved, cheap));
}

static void
one_five_star_review_does_not_lead(void)
{
	char own[5];
	struct directory_query query;
	const char *lucky, *proven;

	fresh_currency(own);
	lucky = advisor(own, "100", "5", "1", "5");
	proven = advisor(own, "100", "5", "100", "480");
	query = any(own);
	CU_ASSERT(GIVES(&query, proven, lucky));
}

static void
each_filter_narrows(void)
{
	char own[5];
	struct directory_query query;
	const char *a, *b;

	fresh_currency(own);
	a = advisor(own, "100", "5", "2", "9");
	b = advisor(own, "900", "5", "2", "8");
	testdb_run("UPDATE advisor SET languages = '{de,en}', specializations = '{tarot}',"
		   " online = false WHERE id = $1",
	    b);
	query = any(own);
	query.rating_min = "4.5";
	CU_ASSERT(GIVES(&query, a));
	query = any(own);
	query.language = "de";
	CU_ASSERT(GIVES(&query, b));
	query = any(own);
	query.specialization = "dating";
	CU_ASSERT(GIVES(&query, a));
	query = any(own);
	query.price_max_minor = 899;
	CU_ASSERT(GIVES(&query, a));
	query.price_max_minor = testdb_i64("SELECT rate_minor FROM advisor WHERE id = $1", a);
	CU_ASSERT(GIVES(&query, a)); /* at most that */
	query.price_max_minor--;
	CU_ASSERT(GIVES(&query));
	query.price_max_minor = 0;
	CU_ASSERT(GIVES(&query));
	query = any(own);
	query.status = "OFFLINE";
	CU_ASSERT(GIVES(&query, b));
}

static void
a_live_session_makes_busy(void)
{
	char own[5];
	struct directory_query query;
	const char *a, *b;

	fresh_currency(own);
	a = advisor(own, "100", "5", "0", "0");
	b = advisor(own, "100", "6", "0", "0");
	testdb_run("WITH c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(),"
		   " 'SESSION') RETURNING id) INSERT INTO session (id, type, user_id, advisor_id,"
		   " conversation_id, expires_at) SELECT gen_random_uuid(), 'CHAT', $1::uuid,"
		   " $2::uuid, id, app_now() FROM c",
	    testdb_user("USER"), b);
	query = any(own);
	query.status = "BUSY";
	CU_ASSERT(GIVES(&query, b));
	query.status = "ONLINE";
	CU_ASSERT(GIVES(&query, a));
}

static void
words_are_found_without_accents_and_while_typing(void)
{
	static const char *const hits[] = { "jose", "JOSÉ", "jo", "nunez tar", "\"jose nunez\"",
		"tarot -dating" };
	static const char *const misses[] = { "jone", "\"nunez jose\"", "jose -tarot", "...", "'",
		":*", "!", "\\" };
	char own[5];
	struct directory_query query;
	const char *a;
	size_t i;

	fresh_currency(own);
	a = advisor(own, "100", "5", "0", "0");
	testdb_run("UPDATE advisor SET specializations = '{tarot}' WHERE id = $1", a);
	testdb_run("UPDATE user_account SET display_name = 'José Núñez' WHERE id = $1", a);
	for (i = 0; i < COUNT_OF(hits); i++) {
		query = any(own);
		query.words = hits[i];
		CU_ASSERT(GIVES(&query, a));
		query.sort = SORT_PRICE;
		CU_ASSERT(GIVES(&query, a));
	}
	for (i = 0; i < COUNT_OF(misses); i++) {
		query = any(own);
		query.words = misses[i];
		CU_ASSERT_EQUAL(count(&query), 0);
	}
}

static void
place(const char *id, const char *latitude, const char *longitude)
{
	testdb_run("UPDATE advisor SET latitude = $2, longitude = $3 WHERE id = $1", id, latitude,
	    longitude);
}

static void
the_nearest_come_first_and_the_radius_cuts(void)
{
	char own[5];
	struct directory_query query;
	const char *delhi, *mumbai, *nowhere;
	struct rows *rows;

	fresh_currency(own);
	delhi = advisor(own, "100", "5", "0", "0");
	mumbai = advisor(own, "100", "5", "0", "0");
	nowhere = advisor(own, "100", "5", "0", "0");
	(void)nowhere;
	place(delhi, "28.6139", "77.2090");
	place(mumbai, "19.0760", "72.8777");
	query = any(own);
	query.latitude = "12.9716"; /* Bengaluru */
	query.longitude = "77.5946";
	query.sort = SORT_DISTANCE;
	CU_ASSERT(GIVES(&query, mumbai, delhi));
	rows = list(&query);
	CU_ASSERT(llabs(rows_i64_of(rows, 0, "distance_km") - 844) <= 2);
	CU_ASSERT(llabs(rows_i64_of(rows, 1, "distance_km") - 1740) <= 3);
	query.radius_km = 900;
	CU_ASSERT(GIVES(&query, mumbai));
	query.sort = SORT_TOP_RATED;
	CU_ASSERT(GIVES(&query, mumbai));
	query.radius_km = 10;
	CU_ASSERT(GIVES(&query));
}

static void
the_date_line_and_the_poles_are_no_walls(void)
{
	char own[5];
	struct directory_query query;
	const char *fiji, *pole;

	fresh_currency(own);
	fiji = advisor(own, "100", "5", "0", "0");
	pole = advisor(own, "100", "5", "0", "0");
	place(fiji, "-17.0", "179.95");
	place(pole, "89.99", "-120");
	query = any(own);
	query.sort = SORT_DISTANCE;
	query.radius_km = 30;
	query.latitude = "-17.0";
	query.longitude = "-179.95";
	CU_ASSERT(GIVES(&query, fiji));
	query.latitude = "89.99";
	query.longitude = "60";
	CU_ASSERT(GIVES(&query, pole));
}

static void
a_distance_tells_no_more_than_a_cell(void)
{
	char own[5];
	struct directory_query query;
	const char *a;
	int64_t before;

	fresh_currency(own);
	a = advisor(own, "100", "5", "0", "0");
	query = any(own);
	query.sort = SORT_DISTANCE;
	query.latitude = "12.97";
	query.longitude = "77.59";
	place(a, "13.4151", "77.5949");
	before = rows_i64_of(list(&query), 0, "distance_km");
	place(a, "13.4249", "77.5851");
	CU_ASSERT_EQUAL(rows_i64_of(list(&query), 0, "distance_km"), before);
	CU_ASSERT_EQUAL(rows_i64_of(list(&query), 0, "_k1"), before); /* _k1, in the cursor */
}

/* All pages of three, for one order: each advisor once. */
static void
page_through(enum directory_sort sort, const char *currency, size_t wanted)
{
	struct directory_query query = any(currency);
	char seen[32][37];
	size_t total = 0, i, j;
	struct rows *rows;

	query.sort = sort;
	query.limit = 3;
	query.latitude = "10";
	query.longitude = "10";
	do {
		rows = list(&query);
		for (i = 0; i < rows_count(rows) && total < COUNT_OF(seen); i++, total++) {
			(void)snprintf(seen[total], sizeof(seen[0]), "%s", rows_text(rows, i, 0));
			for (j = 0; j < total; j++)
				CU_ASSERT_STRING_NOT_EQUAL(seen[j], seen[total]);
			query.key1 = rows_text_of(rows, i, "_k1");
			query.key2 = rows_text_of(rows, i, "_k2");
		}
	} while (rows_count(rows) == 3 && total < COUNT_OF(seen));
	CU_ASSERT_EQUAL(total, wanted);
}

static void
pages_have_no_gaps_and_no_repeats_in_any_order(void)
{
	char own[5];
	int i;

	fresh_currency(own);
	/* Pairs and triples with equal keys, so that the id decides inside a page and across. */
	for (i = 0; i < 14; i++)
		place(advisor(own, i % 2 ? "100" : "200", i % 3 ? "7" : "8", i % 4 ? "3" : "0",
			  i % 4 ? "13" : "0"),
		    i < 7 ? "10.1" : "10.2", "10");
	page_through(SORT_TOP_RATED, own, 14);
	page_through(SORT_PRICE, own, 14);
	page_through(SORT_EXPERIENCE, own, 14);
	page_through(SORT_DISTANCE, own, 14);
}

static void
hidden_people_are_not_shown(void)
{
	char own[5];
	struct directory_query query;
	const char *a, *b, *viewer = testdb_user("USER");
	struct rows *row;

	fresh_currency(own);
	a = advisor(own, "100", "5", "0", "0");
	b = advisor(own, "200", "5", "0", "0");
	query = any(own);
	query.viewer_id = viewer;
	CU_ASSERT_EQUAL(count(&query), 2);
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", viewer, a);
	CU_ASSERT(GIVES(&query, b));
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", b, viewer);
	CU_ASSERT_EQUAL(count(&query), 0);
	CU_ASSERT_EQUAL(directory_get(db, a, viewer, &row), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(directory_get(db, b, viewer, &row), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(directory_get(db, b, NULL, &row), ERR_OK);
	query.viewer_id = NULL;
	CU_ASSERT_EQUAL(count(&query), 2);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", a);
	testdb_advisor_state(b, "PENDING");
	CU_ASSERT_EQUAL(count(&query), 0);
	CU_ASSERT_EQUAL(directory_get(db, a, NULL, &row), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(directory_get(db, b, NULL, &row), ERR_NOT_FOUND);
}

static void
near_takes_degrees_only(void)
{
	static const char *const good[] = { "0,0", "-90,180", "12.97,77.59", "90.0,-180.00" };
	static const char *const bad[] = { "", "1", "1,", ",1", "1,2,3", "90.1,0", "0,180.5",
		"+1,2", "1 ,2", "1e1,2", "nan,0", ".5,1", "1.,1", "0,1234", "0x1,1", "--1,1" };
	const char *latitude, *longitude;
	size_t i;

	for (i = 0; i < COUNT_OF(good); i++)
		CU_ASSERT_EQUAL(
		    directory_near(db_arena(db), good[i], &latitude, &longitude), ERR_OK);
	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_EQUAL(
		    directory_near(db_arena(db), bad[i], &latitude, &longitude), ERR_BAD_REQUEST);
}

static const char *
sql_of(const char *name)
{
	size_t i;

	for (i = 0; i < directory_stmts.count; i++)
		if (strcmp(directory_stmts.stmts[i].name, name) == 0)
			return directory_stmts.stmts[i].sql;
	CU_FAIL_FATAL("no such statement");
	return "";
}

/* The plan of a statement among 50,000 advisors, as JSON text. */
static const char *
plan(const char *name, const char *args)
{
	static char text[8192];

	(void)snprintf(text, sizeof(text), "PREPARE planned AS %s", sql_of(name));
	testdb_run(text);
	(void)snprintf(text, sizeof(text), "EXPLAIN (FORMAT JSON) EXECUTE planned (%s)", args);
	(void)snprintf(text, sizeof(text), "%s", testdb_text(text));
	testdb_run("DEALLOCATE planned");
	return text;
}

#define NO_FILTER "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
#define PAGE_2(key) "21, '" key "', '00000000-0000-7000-8000-00000000abcd'"

/* The page is read along this index from where it begins, and nothing is sorted. */
static bool
follows(const char *stmt, const char *args, const char *index)
{
	const char *text = plan(stmt, args);
	bool good = strstr(text, index) != NULL && strstr(text, "\"Index Cond\"") != NULL &&
	    strstr(text, "\"Sort\"") == NULL;

	if (!good)
		(void)fprintf(stderr, "the plan of %s:\n%s\n", stmt, text);
	return good;
}

static void
pages_among_fifty_thousand_follow_their_index(void)
{
	const char *text;

	testdb_run("BEGIN");
	testdb_run("ALTER TABLE advisor DISABLE TRIGGER USER");
	testdb_run("ALTER TABLE user_account DISABLE TRIGGER USER");
	testdb_run("INSERT INTO user_account (id, email, display_name, role)"
		   " SELECT gen_random_uuid(), 'crowd' || n || '@example.test', 'Crowd', 'ADVISOR'"
		   " FROM generate_series(1, 50000) n");
	testdb_run("INSERT INTO advisor (id, state, rate_minor, experience_years, rating_count,"
		   " rating_sum, search) SELECT id, 'APPROVED', (random() * 10000)::int,"
		   " (random() * 50)::int, n, (n * (3 + 2 * random()))::int,"
		   " to_tsvector('simple', 'word' || n) FROM (SELECT id, (random() * 200)::int AS n"
		   " FROM user_account WHERE display_name = 'Crowd') c");
	testdb_run("ANALYZE advisor");
	testdb_run("ANALYZE user_account");
	testdb_run("SET LOCAL plan_cache_mode = force_generic_plan");
	CU_ASSERT(
	    follows("directory_front_top_rated", NO_FILTER "21, NULL, NULL", "\"advisor_top\""));
	CU_ASSERT(follows("directory_front_top_rated", NO_FILTER PAGE_2("4.2"), "\"advisor_top\""));
	CU_ASSERT(follows("directory_front_price", NO_FILTER PAGE_2("500"), "\"advisor_price\""));
	CU_ASSERT(
	    follows("directory_front_experience", NO_FILTER PAGE_2("20"), "\"advisor_experience\""));
	testdb_run("SET LOCAL plan_cache_mode = auto");
	CU_ASSERT(follows("directory_top_rated",
	    "NULL, NULL, NULL, NULL, 5000, 'INR', NULL, NULL, NULL, NULL, NULL, 21, NULL, NULL",
	    "\"advisor_top\""));
	text = plan("directory_top_rated_words",
	    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, '''seldom'':*', NULL, NULL, NULL, 21, NULL, NULL");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"advisor_search\""));
	text = plan("directory_distance",
	    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 12.97, 77.59, 20, 21, NULL, NULL");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"advisor_place\""));
	testdb_run("ROLLBACK");
}

static const struct cunit_test tests[] = {
	{ "each order sorts by its key", each_order_sorts_by_its_key },
	{ "one five-star review does not lead", one_five_star_review_does_not_lead },
	{ "each filter narrows", each_filter_narrows },
	{ "a live session makes busy", a_live_session_makes_busy },
	{ "words are found without accents and while typing",
	    words_are_found_without_accents_and_while_typing },
	{ "the nearest come first and the radius cuts", the_nearest_come_first_and_the_radius_cuts },
	{ "the date line and the poles are no walls", the_date_line_and_the_poles_are_no_walls },
	{ "a distance tells no more than a cell", a_distance_tells_no_more_than_a_cell },
	{ "pages have no gaps and no repeats in any order",
	    pages_have_no_gaps_and_no_repeats_in_any_order },
	{ "hidden people are not shown", hidden_people_are_not_shown },
	{ "near takes degrees only", near_takes_degrees_only },
	{ "pages among fifty thousand follow their index",
	    pages_among_fifty_thousand_follow_their_index },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	db = testdb_open(sets);
	status = cunit_run("directory", tests);
	testdb_close(db);
	return status;
}
