/* A list is walked forth and back while rows come and go, with every filter and sort, and tells how many there are. */
#include "db/list.h"
#include "harness/cunit.h"
#include "harness/require.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

static const struct list_filter filters[] = {
	{ "kind", "t.kind = $?", NULL },
	{ "q", "t.name LIKE '%' || $?::text || '%' OR t.name = $?", .where_id = "t.other = $?" },
	{ "from", LIST_DAY_FROM("t.at"), NULL },
	{ "to", LIST_DAY_TO("t.at"), NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "at", { "t.at", "t.id" }, .descending = true },
	{ "name", { "t.name", "t.id" }, false },
	{ 0 },
};
static const struct list_source source = {
	.name = "test_list",
	.columns = "t.id, t.name, t.at",
	.from = "t_list t",
	.where = "t.kind <> 'HIDDEN'",
	.filters = filters,
	.sorts = sorts,
};
static const struct stmt_set *const sets[] = { NULL };

enum { ROWS = 60, PAGE = 7 };
static struct db *db;

/* The ids of a page, each with a blank behind it; and where the pages beside it begin. */
struct seen {
	struct list_page page;
	char ids[2000];
	char keys[2][2][80]; /* of the first and the last row */
};

static void
put(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	require((size_t)snprintf(text + len, size - len, "%s", more) < size - len);
}

static void
read_page(const struct list_wanted *wanted, struct seen *seen)
{
	size_t i, end;

	CU_ASSERT_EQUAL_FATAL(list_read(db, &source, wanted, &seen->page), ERR_OK);
	seen->ids[0] = '\0';
	for (i = 0; i < seen->page.count; i++) {
		size_t row = list_row(&seen->page, i);

		put(seen->ids, sizeof(seen->ids), rows_text_of(seen->page.rows, row, "id"));
		put(seen->ids, sizeof(seen->ids), " ");
		for (end = 0; end < 2; end++) {
			if (end == 0 && i > 0)
				continue;
			(void)snprintf(seen->keys[end][0], sizeof(seen->keys[end][0]), "%s",
			    rows_text_of(seen->page.rows, row, "_k1"));
			(void)snprintf(seen->keys[end][1], sizeof(seen->keys[end][1]), "%s",
			    rows_text_of(seen->page.rows, row, "_k2"));
		}
	}
}

/* How often the id stands in the text. */
static int
times(const char *ids, int id)
{
	char wanted[16];
	const char *at;
	int count = 0;

	(void)snprintf(wanted, sizeof(wanted), " %d ", id);
	for (at = ids; (at = strstr(at, wanted)) != NULL; at++)
		count++;
	return count;
}

/* Rows of all dates and names, some equal, come between two pages. */
static void
insert_some(void)
{
	testdb_run("INSERT INTO t_list (id, name, kind, at) SELECT 1000 + $1::int * 10 + n,"
		   " 'N' || (n * 7 % 5), 'A', timestamptz '2026-01-01' + n * interval '9 hours'"
		   " FROM generate_series(1, 3) n",
	    testdb_text("SELECT count(*) FROM t_list"));
}

/* Forth to the end, and back to the beginning, with rows inserted at every step. With a count the rows go through a
 * filter that all of them fit: of few and of many the page is found in two ways. */
static void
walk(const struct list_sort *sort, bool turned, int64_t count_max)
{
	char forth[8000] = " ", back[8000] = " ";
	struct seen seen;
	const char *keys[2];
	struct list_wanted wanted = {
		.sort = sort, .turned = turned, .limit = PAGE, .count_max = count_max
	};
	int pages = 0, id;

	wanted.values[2] = count_max > 0 ? "2001-01-01" : NULL;
	testdb_run("DELETE FROM t_list WHERE id >= 1000");
	for (;;) {
		read_page(&wanted, &seen);
		put(forth, sizeof(forth), seen.ids);
		CU_ASSERT_EQUAL(seen.page.before, pages > 0);
		require(pages++ < 100);
		if (!seen.page.after)
			break;
		insert_some();
		keys[0] = seen.keys[1][0];
		keys[1] = seen.keys[1][1];
		wanted.keys = keys;
	}
	put(back, sizeof(back), seen.ids);
	wanted.back = true;
	for (pages = 0; seen.page.before && pages < 200; pages++) {
		keys[0] = seen.keys[0][0];
		keys[1] = seen.keys[0][1];
		wanted.keys = keys;
		insert_some();
		read_page(&wanted, &seen);
		CU_ASSERT(seen.page.after);
		put(back, sizeof(back), seen.ids);
	}
	for (id = 1; id <= ROWS; id++) {
		CU_ASSERT_EQUAL(times(forth, id), 1);
		CU_ASSERT_EQUAL(times(back, id), 1);
	}
	CU_ASSERT_EQUAL(times(forth, ROWS + 1), 0); /* the hidden one */
}

static void
a_walk_forth_and_back_sees_each_row_once(void)
{
	static const int64_t counts[] = { 0, 20, 100000 };
	const struct list_sort *sort;
	size_t i;

	for (sort = sorts; sort->name != NULL; sort++) {
		for (i = 0; i < COUNT_OF(counts); i++) {
			walk(sort, false, counts[i]);
			walk(sort, true, counts[i]);
		}
	}
	testdb_run("DELETE FROM t_list WHERE id >= 1000");
}

static void
a_page_back_has_its_rows_in_order(void)
{
	struct list_wanted wanted = { .limit = 3 };
	struct seen first, second, again;
	const char *keys[2];

	read_page(&wanted, &first);
	keys[0] = first.keys[1][0];
	keys[1] = first.keys[1][1];
	wanted.keys = keys;
	read_page(&wanted, &second);
	CU_ASSERT_STRING_NOT_EQUAL(first.ids, second.ids);
	keys[0] = second.keys[0][0];
	keys[1] = second.keys[0][1];
	wanted.back = true;
	read_page(&wanted, &again);
	CU_ASSERT_STRING_EQUAL(first.ids, again.ids);
	CU_ASSERT_FALSE(again.page.before);
	CU_ASSERT_TRUE(again.page.after);
}

/* The same as a plain statement says, for every set of filters. */
static void
filters_together_leave_what_fits_them_all(void)
{
	static const char *const values[] = { "A", "N1", "2026-01-05", "2026-01-15" };
	static const char count[] =
	    "SELECT count(*) FROM t_list WHERE kind <> 'HIDDEN' AND ($1 = '' OR kind = $1)"
	    " AND ($2 = '' OR name LIKE '%' || $2 || '%') AND ($3 = '' OR at::date >= $3::date)"
	    " AND ($4 = '' OR at::date <= $4::date)";
	struct seen seen;
	int set, i;

	for (set = 0; set < 16; set++) {
		struct list_wanted wanted = { .limit = 100, .count_max = 1000 };

		for (i = 0; i < 4; i++)
			wanted.values[i] = set & 1 << i ? values[i] : NULL;
		read_page(&wanted, &seen);
		CU_ASSERT_EQUAL(seen.page.total, (int64_t)seen.page.count);
		CU_ASSERT_EQUAL(seen.page.total,
		    testdb_i64(count, set & 1 ? values[0] : "", set & 2 ? values[1] : "",
			set & 4 ? values[2] : "", set & 8 ? values[3] : ""));
		CU_ASSERT(set == 15 || seen.page.total > 0);
	}
}

static void
an_id_is_looked_for_as_an_id(void)
{
	struct list_wanted wanted = { .limit = 10 };
	struct seen seen;

	wanted.values[1] = testdb_text("SELECT other FROM t_list WHERE id = 5");
	read_page(&wanted, &seen);
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 ");
}

static void
a_count_ends_at_its_bound(void)
{
	struct list_wanted wanted = { .limit = 5, .count_max = 20 };
	struct seen seen;

	read_page(&wanted, &seen);
	CU_ASSERT_EQUAL(seen.page.total, 21);
	wanted.values[0] = "NONE";
	read_page(&wanted, &seen);
	CU_ASSERT_EQUAL(seen.page.total, 0);
	CU_ASSERT_EQUAL(seen.page.count, 0);
	CU_ASSERT_FALSE(seen.page.after);
	CU_ASSERT_FALSE(seen.page.before);
}

static void
what_is_no_value_is_refused(void)
{
	struct list_wanted wanted = { .limit = 5 };
	const char *keys[] = { "yesterday'; DROP TABLE t_list; --", "x" };
	struct list_page page;

	wanted.keys = keys;
	CU_ASSERT_EQUAL(list_read(db, &source, &wanted, &page), ERR_VALIDATION);
	wanted.keys = NULL;
	wanted.values[2] = "2026-02-31";
	CU_ASSERT_EQUAL(list_read(db, &source, &wanted, &page), ERR_VALIDATION);
	wanted.values[2] = NULL;
	wanted.values[0] = "A' OR true --";
	CU_ASSERT_EQUAL_FATAL(list_read(db, &source, &wanted, &page), ERR_OK);
	CU_ASSERT_EQUAL(page.count, 0);
	CU_ASSERT_PTR_NULL(list_sort_find(&source, "id"));
	CU_ASSERT_EQUAL(list_filter_find(&source, "name"), -1);
}

static enum err
in_kolkata(struct db *door, void *arg)
{
	struct list_wanted wanted = { .limit = 5 };
	struct list_page *page = arg;

	TRY(list_zone(door, "Asia/Kolkata"));
	return list_read(door, &source, &wanted, page);
}

static enum err
nowhere(struct db *door, void *arg)
{
	(void)arg;
	return list_zone(door, "Middle/Earth");
}

static void
times_come_in_the_zone_of_the_transaction(void)
{
	struct list_page page;
	struct seen seen;

	CU_ASSERT_EQUAL_FATAL(db_tx(db, in_kolkata, &page), ERR_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(rows_text_of(page.rows, 0, "at"), "+05:30"));
	CU_ASSERT_EQUAL(db_tx(db, nowhere, NULL), ERR_VALIDATION);
	read_page(&(struct list_wanted){ .limit = 5 }, &seen);
	CU_ASSERT_PTR_NOT_NULL(strstr(rows_text_of(seen.page.rows, 0, "at"), "+00"));
}

static const struct cunit_test tests[] = {
	{ "a walk forth and back sees each row once", a_walk_forth_and_back_sees_each_row_once },
	{ "a page back has its rows in order", a_page_back_has_its_rows_in_order },
	{ "filters together leave what fits them all", filters_together_leave_what_fits_them_all },
	{ "an id is looked for as an id", an_id_is_looked_for_as_an_id },
	{ "a count ends at its bound", a_count_ends_at_its_bound },
	{ "what is no value is refused", what_is_no_value_is_refused },
	{ "times come in the zone of the transaction", times_come_in_the_zone_of_the_transaction },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	testdb_run("CREATE TABLE t_list (id int PRIMARY KEY, name text NOT NULL, kind text NOT NULL,"
		   " at timestamptz NOT NULL, other uuid NOT NULL DEFAULT gen_random_uuid())");
	testdb_run("INSERT INTO t_list (id, name, kind, at) SELECT n, 'N' || n % 4,"
		   " CASE WHEN n > 60 THEN 'HIDDEN' WHEN n % 3 = 0 THEN 'A' ELSE 'B' END,"
		   " timestamptz '2026-01-01' + n / 2 * interval '11 hours'"
		   " FROM generate_series(1, 61) n");
	db = testdb_open(sets);
	status = cunit_run("list", tests);
	testdb_close(db);
	testdb_run("DROP TABLE t_list");
	return status;
}
