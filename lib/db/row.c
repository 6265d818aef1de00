#include "db/pg.h"
#include "base/buf.h"

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

struct rows {
	PGresult *result;
};

static void
clear_result(void *result)
{
	PQclear(result);
}

struct rows *
rows_new(struct arena *arena, PGresult *result)
{
	struct rows *rows = arena_alloc(arena, sizeof(*rows));

	rows->result = result;
	arena_defer(arena, clear_result, result);
	return rows;
}

size_t
rows_count(const struct rows *rows)
{
	return (size_t)PQntuples(rows->result);
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

const char *
rows_text(const struct rows *rows, size_t row, size_t column)
{
	assert(row < rows_count(rows) && column < rows_columns(rows));
	if (PQgetisnull(rows->result, (int)row, (int)column))
		return NULL;
	return PQgetvalue(rows->result, (int)row, (int)column);
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

size_t
rows_touched(const struct rows *rows)
{
	if (PQresultStatus(rows->result) == PGRES_TUPLES_OK)
		return rows_count(rows);
	return (size_t)strtoull(PQcmdTuples(rows->result), NULL, 10);
}

void
db_time_json(struct buf *out, const char *text)
{
	static const char zeros[] = ".000000";
	size_t len = strlen(text), fraction;

	buf_putc(out, '"');
	if (len >= 22 && strcmp(text + len - 3, "+00") == 0 && text[10] == ' ') {
		buf_add(out, text, 10);
		buf_putc(out, 'T');
		buf_add(out, text + 11, len - 14);
		fraction = len - strlen("YYYY-MM-DD hh:mm:ss+00"); /* PostgreSQL drops zeros */
		buf_puts(out, fraction < sizeof(zeros) ? zeros + fraction : "");
		buf_putc(out, 'Z');
	} else {
		buf_puts(out, text); /* infinity */
	}
	buf_putc(out, '"');
}

void
rows_json_value(const struct rows *rows, size_t row, size_t column, struct buf *out)
{
	const char *text = rows_text(rows, row, column);

	if (text == NULL) {
		buf_puts(out, "null");
		return;
	}
	switch (PQftype(rows->result, (int)column)) {
	case OID_BOOL:
		buf_puts(out, text[0] == 't' ? "true" : "false");
		break;
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
	case OID_FLOAT4:
	case OID_FLOAT8:
	case OID_NUMERIC:
	case OID_JSON:
	case OID_JSONB:
		buf_puts(out, text);
		break;
	case OID_TIMESTAMPTZ:
		db_time_json(out, text);
		break;
	default:
		buf_json(out, text);
	}
}

void
rows_json(const struct rows *rows, size_t row, struct buf *out)
{
	size_t column, columns = rows_columns(rows);
	char before = '{';

	for (column = 0; column < columns; column++) {
		const char *name = rows_name(rows, column);

		if (name[0] == '_')
			continue;
		buf_putc(out, before);
		before = ',';
		buf_putc(out, '"');
		buf_puts(out, name);
		buf_add(out, "\":", 2);
		rows_json_value(rows, row, column, out);
	}
	if (before == '{')
		buf_putc(out, '{');
	buf_putc(out, '}');
}
