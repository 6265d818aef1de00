/*
 * Columns of lists and facts of records: what is shown of a statement's column, as data. A cell is made of one of
 * them and a row (page_row), and templates/cell.html shows it, whatever its kind.
 */
#ifndef PANEL_COLUMN_H
#define PANEL_COLUMN_H

#include "panel/page.h"

enum column_kind {
	COLUMN_TEXT = 1,
	COLUMN_CODE, /* an id, or what programs call it */
	COLUMN_NUMBER,
	COLUMN_MONEY, /* {"amount_minor", "currency"} */
	COLUMN_TIME, /* "3 h ago" */
	COLUMN_MOMENT, /* "21 Nov 2026, 08:34 IST", in the zone of who looks */
	COLUMN_STATE, /* an enum value as a coloured word */
	COLUMN_WORD, /* an enum value as a word */
	COLUMN_TAGS, /* a JSON list of texts */
	COLUMN_DETAILS, /* a JSON object, by its members */
	COLUMN_PROSE, /* a text of several lines */
	COLUMN_BOOL /* yes or no */
};

struct column {
	const char *name; /* the statement's; NULL ends a table */
	const char *label;
	enum column_kind kind;
	const char *link; /* "/admin/users/{id}", with columns in braces; no link when one of them is null */
	const char *badge; /* a column whose state stands behind it; NULL: none */
	const char *none; /* instead of null or ""; NULL: nothing */
	const char *tail; /* behind it: "years"; NULL: nothing */
	const char *sort; /* of the list, by pressing its head; NULL: it cannot */
	bool file_only; /* in the CSV, not on the page */
};

/* What cell.html shows of it. */
struct json_object *column_cell(struct req *, const struct column *, struct json_object *row);
/* What a file has of the statement's text, which may be NULL. Times are as the statement wrote them. */
const char *column_plain(struct req *, const struct column *, const char *text);
/* The link with the row's values; NULL when one of them is missing. */
const char *column_link(struct req *, const char *link, struct json_object *row);
/* A value of the row as text; NULL for none. */
const char *column_text(struct json_object *row, const char *name);
/* "12,345". */
const char *column_number(struct arena *, int64_t number);
/* "IN_PROGRESS" as "In progress". */
const char *column_word(struct arena *, const char *value);

#endif
