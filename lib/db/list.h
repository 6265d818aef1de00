/*
 * Lists: one source of rows, filtered, sorted and read page by page, forth and back. A source is constants beside
 * its noun in lib/domain; the statement for what is wanted is put together from them, so that it has those
 * conditions only which are set, and the planner sees their values and can use the index of each. Nothing of
 * what a person says becomes text of a statement: values are parameters, sorts and filters are found in the source.
 *
 * Pages go by keys: a page begins behind the keys of the last row that was seen, or ends before those of the
 * first. Whatever is inserted or deleted meanwhile, a walk sees each row that stays once. The last key of a sort must
 * tell every two rows apart that the filters let through; keys are never null and stand in an index in that order; all
 * go one way. A page that is counted costs at most what counting costs, wherever its rows lie in that index.
 *
 * Joins of a source should be LEFT JOINs by unique keys: what no condition uses is then not joined to count.
 */
#ifndef DB_LIST_H
#define DB_LIST_H

#include "db/db.h"

enum { LIST_KEYS_MAX = 3, LIST_FILTERS_MAX = 16 };

/* A condition; $? in the text is its value, $@ the zone of days, as often as they stand there. */
struct list_filter {
	const char *name; /* NULL ends a table */
	const char *where;
	const char *where_id; /* instead, when the value is a UUID; NULL: no difference */
};

/* Conditions whose value is a day: from its beginning, until its end, in the zone of list_wanted. */
#define LIST_DAY_FROM(column) column " >= $?::date::timestamp AT TIME ZONE $@"
#define LIST_DAY_TO(column) column " < ($?::date + 1)::timestamp AT TIME ZONE $@"

/* An order of the rows. */
struct list_sort {
	const char *name; /* NULL ends a table */
	const char *keys[LIST_KEYS_MAX]; /* expressions, as they stand in the index */
	bool descending; /* unless turned */
};

struct list_source {
	const char *name; /* unique, in logs */
	const char *columns; /* of SELECT; those that begin with "_" are for C */
	const char *from; /* tables and joins */
	const char *where; /* always; NULL: all */
	const char *within; /* the filter that must be set, as whose messages they are; NULL: none must */
	const struct list_filter *filters; /* at most LIST_FILTERS_MAX */
	const struct list_sort *sorts; /* the first when none is named */
};

/* A page wanted. */
struct list_wanted {
	const struct list_sort *sort; /* of the source; NULL: the first */
	bool turned; /* the other way round */
	bool back; /* the page that ends before the keys */
	const char *const *
	    keys; /* of a row of another page, one for each key of the sort; NULL: the first page */
	const char *values[LIST_FILTERS_MAX]; /* by the filters' places; NULL: not set */
	const char *zone; /* IANA, in which the days of filters begin and end; NULL: UTC */
	int64_t limit; /* rows of a page */
	int64_t count_max; /* count up to so many rows; 0: not at all */
};

struct list_page {
	struct rows *rows; /* the source's columns, _k1 … and _total; not in the list's order: see list_row */
	size_t count; /* rows of the page */
	size_t first; /* where it begins in rows */
	bool back; /* and goes backwards */
	bool before, after; /* there are rows before it, behind it */
	int64_t total; /* of all pages, count_max + 1 when there are more; -1: not counted */
};

/* The place in source->filters, or -1. */
int list_filter_find(const struct list_source *, const char *name);
/* NULL: none. */
const struct list_sort *list_sort_find(const struct list_source *, const char *name);
/* The statement's text; *count is how many parameters it has. For tests of its plan too. */
const char *list_text(struct arena *, const struct list_source *, const struct list_wanted *,
    struct db_param params[DB_PARAMS_MAX], size_t *count);
/* One page. ERR_VALIDATION: a value or a key is not of its type. */
MUST_CHECK enum err list_read(
    struct db *, const struct list_source *, const struct list_wanted *, struct list_page *);
/* Until the transaction ends, times come as those of an IANA zone, with its offset. ERR_VALIDATION: there is no such
 * zone. */
MUST_CHECK enum err list_zone(struct db *, const char *zone);
/* The row of page->rows that is the i-th of the page. */
size_t list_row(const struct list_page *, size_t i);

/*
 * Have the database understand and plan every statement of the source, each sort forth and back with each filter, and
 * run none. Those it refuses are logged, with sort and filter; the first of these errors is returned. For --check.
 *	ERR_INTERNAL	as: a column that is not there, a value of another type
 */
MUST_CHECK enum err list_check(struct db *, const struct list_source *);

#endif
