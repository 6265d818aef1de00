#include "db/pg.h"
#include "base/buf.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* Type numbers of pg_type.dat; fixed for built-in types. */
enum {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_JSON = 114,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_TIMESTAMPTZ = 1184,
	OID_NUMERIC = 1700,
	OID_JSONB = 3802
};

/* How the values of a column stand in JSON. */
enum form {
	FORM_TEXT,
	FORM_AS_IS, /* numbers, and what is JSON already */
	FORM_BOOL,
	FORM_TIME,
	FORM_NONE /* not at all */
};

struct column {
	const char *name;
	size_t name_len;
	enum form form;
};

/* A result; lives in its memory. */
struct shared {
	PGresult *result;
	size_t users; /* arenas that have rows of it */
	struct column *columns; /* NULL until a row is first wanted as JSON */
};

struct rows {
	PGresult *result;
	struct shared *shared;
	size_t first, count; /* those that are meant */
};

static void *
result_alloc(PGresult *result, size_t size)
{
	void *bytes = PQresultAlloc(result, size);

	if (bytes == NULL)
		abort();
	return bytes;
}

static struct shared *
share(PGresult *result)
{
	struct shared *shared = result_alloc(result, sizeof(*shared));

	*shared = (struct shared){ .result = result };
	return shared;
}

static void
leave(void *arg)
{
	struct shared *shared = arg;

	if (--shared->users == 0)
		PQclear(shared->result);
}

static struct rows *
rows_of(struct arena *arena, struct shared *shared, size_t first, size_t count)
{
	struct rows *rows = arena_alloc(arena, sizeof(*rows));

	*rows = (struct rows){ shared->result, shared, first, count };
	shared->users++;
	arena_defer(arena, leave, shared);
	return rows;
}

struct rows *
rows_new(struct arena *arena, PGresult *result)
{
	return rows_of(arena, share(result), 0, (size_t)PQntuples(result));
}

bool
rows_divide(PGresult *result, struct db_read *const reads[], size_t count)
{
	size_t rows = (size_t)PQntuples(result), row, of[DB_READS_MAX], i;
	struct shared *shared = share(result);
	int last = PQnfields(result) - 1;

	for (i = 0; i < count; i++)
		of[i] = SIZE_MAX;
	for (row = 0; row < rows; row++) {
		size_t n = (size_t)strtoull(PQgetvalue(result, (int)row, last), NULL, 10);

		if (n == 0 || n > count || of[n - 1] != SIZE_MAX) {
			log_error("a statement for many gave two rows to one",
			    LOG_STR("statement", reads[0]->bound->many->name));
			return false;
		}
		of[n - 1] = row;
	}
	for (i = 0; i < count; i++)
		reads[i]->rows = of[i] == SIZE_MAX ? rows_of(reads[i]->arena, shared, 0, 0)
						   : rows_of(reads[i]->arena, shared, of[i], 1);
	return true;
}

size_t
rows_count(const struct rows *rows)
{
	return rows->count;
}

size_t
rows_columns(const struct rows *rows)
{
	return (size_t)PQnfields(rows->result);
}

const char *
rows_name(const struct rows *rows, size_t column)
{
	return PQfname(rows->result, (int)column);
}

bool
rows_is_time(const struct rows *rows, size_t column)
{
	return PQftype(rows->result, (int)column) == OID_TIMESTAMPTZ;
}

const char *
rows_text(const struct rows *rows, size_t row, size_t column)
{
	int at = (int)(rows->first + row);

	assert(row < rows->count && column < rows_columns(rows));
	if (PQgetisnull(rows->result, at, (int)column))
		return NULL;
	return PQgetvalue(rows->result, at, (int)column);
}

int64_t
rows_i64(const struct rows *rows, size_t row, size_t column)
{
	const char *text = rows_text(rows, row, column);

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

bool
rows_bool(const struct rows *rows, size_t row, size_t column)
{
	const char *text = rows_text(rows, row, column);

	return text != NULL && text[0] == 't';
}

static size_t
column_of(const struct rows *rows, const char *column)
{
	int found = PQfnumber(rows->result, column);

	assert(found >= 0);
	return (size_t)found;
}

const char *
rows_text_of(const struct rows *rows, size_t row, const char *column)
{
	return rows_text(rows, row, column_of(rows, column));
}

int64_t
rows_i64_of(const struct rows *rows, size_t row, const char *column)
{
	return rows_i64(rows, row, column_of(rows, column));
}

bool
rows_bool_of(const struct rows *rows, size_t row, const char *column)
{
	return rows_bool(rows, row, column_of(rows, column));
}

const char *
rows_only(const struct rows *rows)
{
	assert(rows_count(rows) > 0 && rows_columns(rows) == 1);
	return rows_text(rows, 0, 0);
}

size_t
rows_touched(const struct rows *rows)
{
	if (PQresultStatus(rows->result) == PGRES_TUPLES_OK)
		return rows_count(rows);
	return (size_t)strtoull(PQcmdTuples(rows->result), NULL, 10);
}

static void
put_time(struct buf *out, const char *text, size_t len)
{
	static const char zeros[] = ".000000";
	size_t fraction = len - strlen("YYYY-MM-DD hh:mm:ss+00"); /* PostgreSQL drops zeros */

	buf_putc(out, '"');
	if (len >= 22 && text[10] == ' ' && memcmp(text + len - 3, "+00", 3) == 0) {
		buf_add(out, text, 10);
		buf_putc(out, 'T');
		buf_add(out, text + 11, len - 14);
		if (fraction < sizeof(zeros) - 1)
			buf_add(out, zeros + fraction, sizeof(zeros) - 1 - fraction);
		buf_putc(out, 'Z');
	} else {
		buf_add(out, text, len); /* infinity */
	}
	buf_putc(out, '"');
}

void
db_time_json(struct buf *out, const char *text)
{
	put_time(out, text, strlen(text));
}

static enum form
form_of(const char *name, Oid type)
{
	if (name[0] == '_')
		return FORM_NONE;
	switch (type) {
	case OID_BOOL:
		return FORM_BOOL;
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
	case OID_FLOAT4:
	case OID_FLOAT8:
	case OID_NUMERIC:
	case OID_JSON:
	case OID_JSONB:
		return FORM_AS_IS;
	case OID_TIMESTAMPTZ:
		return FORM_TIME;
	default:
		return FORM_TEXT;
	}
}

static const struct column *
columns_of(const struct rows *rows)
{
	struct column *columns = rows->shared->columns;
	size_t i, count = rows_columns(rows);

	if (columns != NULL)
		return columns;
	columns = result_alloc(rows->result, count * sizeof(*columns));
	for (i = 0; i < count; i++) {
		const char *name = rows_name(rows, i);

		columns[i] = (struct column){ name, strlen(name),
			form_of(name, PQftype(rows->result, (int)i)) };
	}
	rows->shared->columns = columns;
	return columns;
}

static void
put_value(enum form form, const char *text, size_t len, struct buf *out)
{
	switch (form) {
	case FORM_BOOL:
		buf_puts(out, text[0] == 't' ? "true" : "false");
		break;
	case FORM_AS_IS:
		buf_add(out, text, len);
		break;
	case FORM_TIME:
		put_time(out, text, len);
		break;
	default:
		buf_json_len(out, text, len);
	}
}

/* row counts in the result. */
static void
put_member(
    const struct rows *rows, size_t row, size_t at, const struct column *column, struct buf *out)
{
	size_t len = (size_t)PQgetlength(rows->result, (int)row, (int)at);

	buf_putc(out, '"');
	buf_add(out, column->name, column->name_len);
	buf_add(out, "\":", 2);
	if (len == 0 && PQgetisnull(rows->result, (int)row, (int)at))
		buf_add(out, "null", 4);
	else
		put_value(column->form, PQgetvalue(rows->result, (int)row, (int)at), len, out);
}

void
rows_json(const struct rows *rows, size_t row, struct buf *out)
{
	const struct column *columns = columns_of(rows);
	size_t i, count = rows_columns(rows);
	char before = '{';

	assert(row < rows_count(rows));
	for (i = 0; i < count; i++) {
		if (columns[i].form == FORM_NONE)
			continue;
		buf_putc(out, before);
		before = ',';
		put_member(rows, rows->first + row, i, &columns[i], out);
	}
	if (before == '{')
		buf_putc(out, '{');
	buf_putc(out, '}');
}
