/* How rows of the server look in JSON. */
#include "base/buf.h"
#include "db/pg.h"
#include "harness/cunit.h"

#include <string.h>

static void
a_time_has_six_places_whatever_the_server_left_out(void)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "2026-11-21 03:04:05+00", "\"2026-11-21T03:04:05.000000Z\"" },
		{ "2026-11-21 03:04:05.6+00", "\"2026-11-21T03:04:05.600000Z\"" },
		{ "2026-11-21 03:04:05.678901+00", "\"2026-11-21T03:04:05.678901Z\"" },
		{ "2026-11-21 03:04:05.678901234+00", "\"2026-11-21T03:04:05.678901234Z\"" },
		{ "20026-11-21 03:04:05.6+00", "\"20026-11-21 03:04:05.6+00\"" },
		{ "0044-03-15 12:00:00+00 BC", "\"0044-03-15 12:00:00+00 BC\"" },
		{ "infinity", "\"infinity\"" },
		{ "-infinity", "\"-infinity\"" },
	};
	struct arena *arena = arena_new(4096);
	struct buf out = buf_new(arena, 64);
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		buf_clear(&out);
		db_time_json(&out, cases[i].text);
		CU_ASSERT_STRING_EQUAL(out.data, cases[i].json);
	}
	arena_free(arena);
}

/* Columns of each kind, made by libpq as if the server had sent them; NULL is SQL's. */
static const struct {
	const char *name;
	Oid type;
	const char *first, *second;
} columns[] = {
	{ "id", 2950, "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80", NULL },
	{ "_version", 20, "7", "8" },
	{ "good", 16, "t", "f" },
	{ "small", 21, "-1", NULL },
	{ "count", 23, "0", "12" },
	{ "amount_minor", 20, "9223372036854775807", "-9223372036854775808" },
	{ "ratio", 700, "0.5", "1e-05" },
	{ "exact", 701, "0.1", NULL },
	{ "average", 1700, "4.50", NULL },
	{ "tags", 114, "[\"<a>\"]", "{}" },
	{ "data", 3802, "{\"a\": 1}", "null" },
	{ "at", 1184, "2026-11-21 03:04:05.6+00", "infinity" },
	{ "day", 1082, "2026-11-21", NULL },
	{ "text", 25, "", "say \"\xc3\xa9\" </b>\n and more" },
	{ "_k1", 25, "x", "y" },
};

static struct rows *
rows_made(struct arena *arena)
{
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attributes[COUNT_OF(columns)];
	size_t i;

	memset(attributes, 0, sizeof(attributes));
	for (i = 0; i < COUNT_OF(columns); i++) {
		attributes[i].name = arena_strdup(arena, columns[i].name);
		attributes[i].typid = columns[i].type;
	}
	CU_ASSERT(PQsetResultAttrs(result, COUNT_OF(columns), attributes));
	for (i = 0; i < 2 * COUNT_OF(columns); i++) {
		const char *value = i % 2 == 0 ? columns[i / 2].first : columns[i / 2].second;

		CU_ASSERT(PQsetvalue(result, (int)(i % 2), (int)(i / 2),
		    value == NULL ? NULL : arena_strdup(arena, value),
		    value == NULL ? -1 : (int)strlen(value)));
	}
	return rows_new(arena, result);
}

static void
a_row_is_an_object_by_the_types_of_its_columns(void)
{
	static const char *const expected[] = {
		"{\"id\":\"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80\",\"good\":true,\"small\":-1,"
		"\"count\":0,\"amount_minor\":9223372036854775807,\"ratio\":0.5,\"exact\":0.1,"
		"\"average\":4.50,\"tags\":[\"<a>\"],\"data\":{\"a\": 1},"
		"\"at\":\"2026-11-21T03:04:05.600000Z\",\"day\":\"2026-11-21\",\"text\":\"\"}",
		"{\"id\":null,\"good\":false,\"small\":null,\"count\":12,"
		"\"amount_minor\":-9223372036854775808,\"ratio\":1e-05,\"exact\":null,"
		"\"average\":null,\"tags\":{},\"data\":null,\"at\":\"infinity\",\"day\":null,"
		"\"text\":\"say \\\"\xc3\xa9\\\" \\u003C/b\\u003E\\n and more\"}",
	};
	struct arena *arena = arena_new(65536);
	struct rows *rows = rows_made(arena);
	size_t i;

	for (i = 0; i < 4; i++) { /* again, when what was made the first time is gone */
		struct arena_mark mark = arena_mark(arena);
		struct buf out = buf_new(arena, 16);

		rows_json(rows, i % 2, &out);
		CU_ASSERT_STRING_EQUAL(out.data, expected[i % 2]);
		arena_rewind(arena, mark);
		memset(arena_alloc(arena, 2048), 'x', 2048);
	}
	arena_free(arena);
}

static void
a_row_of_hidden_columns_is_an_empty_object(void)
{
	PGresAttDesc hidden = { .name = (char[]){ "_k1" }, .typid = 25 };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	struct arena *arena = arena_new(4096);
	struct buf out = buf_new(arena, 16);

	CU_ASSERT(PQsetResultAttrs(result, 1, &hidden) && PQsetvalue(result, 0, 0, NULL, -1));
	rows_json(rows_new(arena, result), 0, &out);
	CU_ASSERT_STRING_EQUAL(out.data, "{}");
	arena_free(arena);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "a time has six places, whatever the server left out",
		    a_time_has_six_places_whatever_the_server_left_out },
		{ "a row is an object, by the types of its columns",
		    a_row_is_an_object_by_the_types_of_its_columns },
		{ "a row of hidden columns is an empty object",
		    a_row_of_hidden_columns_is_an_empty_object },
		{ NULL, NULL }
	};

	return cunit_run("row", tests);
}
