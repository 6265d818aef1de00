#include "db/list.h"
#include "base/buf.h"
#include "base/uuid.h"

#include <string.h>

/* A statement being put together. */
struct text {
	const struct list_source *source;
	const struct list_wanted *wanted;
	const struct list_sort *sort;
	bool descends; /* the rows as they are read */
	struct buf out;
	struct db_param *params;
	size_t count;
	size_t numbers[LIST_FILTERS_MAX]; /* of the filters' parameters; 0: none yet */
	size_t zone; /* of the zone's; 0: none yet */
};

int
list_filter_find(const struct list_source *source, const char *name)
{
	int i;

	for (i = 0; source->filters[i].name != NULL; i++)
		if (strcmp(source->filters[i].name, name) == 0)
			return i;
	return -1;
}

const struct list_sort *
list_sort_find(const struct list_source *source, const char *name)
{
	const struct list_sort *sort;

	for (sort = source->sorts; sort->name != NULL; sort++)
		if (strcmp(sort->name, name) == 0)
			return sort;
	return NULL;
}

static void
put_param(struct text *text, struct db_param param)
{
	assert(text->count < DB_PARAMS_MAX);
	text->params[text->count++] = param;
	buf_printf(&text->out, "$%zu", text->count);
}

/* The parameter's number, again where it has one. */
static void
put_again(struct text *text, size_t *number, const char *value)
{
	if (*number == 0) {
		assert(text->count < DB_PARAMS_MAX);
		text->params[text->count] = db_text(value);
		*number = ++text->count;
	}
	buf_printf(&text->out, "$%zu", *number);
}

/* A condition with its value's number for each "$?", the zone's for each "$@". */
static void
put_filter(struct text *text, size_t i, const char *where, const struct list_wanted *wanted)
{
	const char *zone = wanted->zone != NULL ? wanted->zone : "UTC", *at;

	for (; (at = strchr(where, '$')) != NULL; where = at + 2) {
		buf_add(&text->out, where, (size_t)(at - where));
		if (at[1] == '@')
			put_again(text, &text->zone, zone);
		else
			put_again(text, &text->numbers[i], wanted->values[i]);
	}
	buf_puts(&text->out, where);
}

/* FROM and WHERE; what goes before the next condition. */
static const char *
put_from(struct text *text)
{
	const struct list_source *source = text->source;
	const char *joiner = " WHERE ";
	size_t i;

	buf_join(&text->out, " FROM ", source->from, NULL);
	if (source->where != NULL) {
		buf_join(&text->out, joiner, source->where, NULL);
		joiner = " AND ";
	}
	for (i = 0; source->filters[i].name != NULL; i++) {
		const struct list_filter *filter = &source->filters[i];
		const char *value = text->wanted->values[i];

		assert(i < LIST_FILTERS_MAX);
		if (value == NULL)
			continue;
		buf_join(&text->out, joiner, "(", NULL);
		put_filter(text, i,
		    filter->where_id != NULL && uuid_valid(value) ? filter->where_id : filter->where,
		    text->wanted);
		buf_putc(&text->out, ')');
		joiner = " AND ";
	}
	return joiner;
}

static size_t
key_count(const struct list_sort *sort)
{
	size_t count = 1;

	while (count < LIST_KEYS_MAX && sort->keys[count] != NULL)
		count++;
	return count;
}

/* The names of the keys in rows that have them as columns. */
static const char *const named[LIST_KEYS_MAX] = { "_k1", "_k2", "_k3" };

static void
put_keys(struct text *text, const char *const *keys, const char *tail)
{
	size_t i;

	for (i = 0; i < key_count(text->sort); i++)
		buf_join(&text->out, i > 0 ? ", " : "", keys[i], tail, NULL);
}

/* The keys as they are named. */
static void
put_named(struct text *text)
{
	size_t i;

	for (i = 0; i < key_count(text->sort); i++)
		buf_join(&text->out, i > 0 ? ", " : "", text->sort->keys[i], " AS ", named[i], NULL);
}

static void
put_select(struct text *text)
{
	buf_join(&text->out, "SELECT ", text->source->columns, ", ", NULL);
	put_named(text);
}

/* The rows behind the keys, or before them when the page goes back; nothing for the first page. */
static void
put_behind(struct text *text, const char *joiner, const char *const *keys)
{
	size_t i;

	if (text->wanted->keys == NULL)
		return;
	buf_join(&text->out, joiner, "(", NULL);
	put_keys(text, keys, "");
	buf_puts(&text->out, text->descends ? ") < (" : ") > (");
	for (i = 0; i < key_count(text->sort); i++) {
		buf_puts(&text->out, i > 0 ? ", " : "");
		put_param(text, db_text(text->wanted->keys[i]));
	}
	buf_putc(&text->out, ')');
}

static void
put_order(struct text *text, const char *const *keys)
{
	buf_puts(&text->out, " ORDER BY ");
	put_keys(text, keys, text->descends ? " DESC" : "");
}

static void
put_limit(struct text *text, int64_t limit)
{
	buf_puts(&text->out, " LIMIT ");
	put_param(text, db_i64(limit));
}

/* All rows: they are counted, and the page is read in the order of an index; both stop early. */
static void
put_all(struct text *text)
{
	const char *joiner;

	put_select(text);
	if (text->wanted->count_max > 0) {
		buf_puts(&text->out, ", (SELECT count(*) FROM (SELECT");
		(void)put_from(text);
		put_limit(text, text->wanted->count_max + 1);
		buf_puts(&text->out, ") n) AS _total");
	}
	joiner = put_from(text);
	put_behind(text, joiner, text->sort->keys);
	put_order(text, text->sort->keys);
	put_limit(text, text->wanted->limit + 1);
}

/*
 * Those that fit the filters are counted first, n. When there are few, half of what is counted, the page is made of all
 * of them, m. When there are more, a page of them is soon met in the order of the index; of few, the first might lie at
 * its end, which no planner knows. (5,000 of 10,000: so many are as soon sorted as 50 of more are met among half a
 * million.)
 */
static void
put_some(struct text *text)
{
	static const char total[] = ", (SELECT c FROM n) AS _total";
	const size_t last = key_count(text->sort) - 1;
	const int64_t few = text->wanted->count_max / 2;
	const char *joiner;

	buf_puts(&text->out, "WITH n AS MATERIALIZED (SELECT count(*) AS c FROM (SELECT");
	(void)put_from(text);
	put_limit(text, text->wanted->count_max + 1);
	buf_puts(&text->out, ") x), m AS MATERIALIZED (SELECT ");
	put_named(text);
	joiner = put_from(text);
	buf_join(&text->out, joiner, "(SELECT c FROM n) <= ", NULL);
	put_param(text, db_i64(few));
	put_limit(text, few);
	buf_puts(&text->out, ") (");
	put_select(text);
	buf_puts(&text->out, total);
	joiner = put_from(text);
	buf_join(&text->out, joiner, "(SELECT c FROM n) > ", NULL);
	put_param(text, db_i64(few));
	put_behind(text, " AND ", text->sort->keys);
	put_order(text, text->sort->keys);
	put_limit(text, text->wanted->limit + 1);
	buf_puts(&text->out, ") UNION ALL (");
	put_select(text);
	buf_puts(&text->out, total);
	joiner = put_from(text);
	buf_join(&text->out, joiner, text->sort->keys[last], " = ANY (ARRAY(SELECT ", named[last],
	    " FROM m", NULL);
	put_behind(text, " WHERE ", named);
	put_order(text, named);
	put_limit(text, text->wanted->limit + 1);
	buf_puts(&text->out, "))");
	put_order(text, text->sort->keys);
	buf_putc(&text->out, ')');
}

const char *
list_text(struct arena *arena, const struct list_source *source, const struct list_wanted *wanted,
    struct db_param params[DB_PARAMS_MAX], size_t *count)
{
	const struct list_sort *sort = wanted->sort != NULL ? wanted->sort : source->sorts;
	struct text text = {
		.source = source,
		.wanted = wanted,
		.sort = sort,
		.descends = (sort->descending != wanted->turned) != wanted->back,
		.out = buf_new(arena, 4096),
		.params = params,
	};
	bool narrowed = false;
	size_t i;

	for (i = 0; source->filters[i].name != NULL; i++)
		narrowed = narrowed || wanted->values[i] != NULL;
	if (narrowed && wanted->count_max > 0)
		put_some(&text);
	else
		put_all(&text);
	*count = text.count;
	return text.out.data;
}

enum err
list_read(struct db *db, const struct list_source *source, const struct list_wanted *wanted,
    struct list_page *page)
{
	struct stmt *stmt = arena_alloc(db_arena(db), sizeof(*stmt));
	struct db_bound bound = { .stmt = stmt, .whole = true };
	size_t found;

	assert(source->within == NULL ||
	    wanted->values[list_filter_find(source, source->within)] != NULL);
	*stmt = (struct stmt){ .name = source->name, .repeatable = true };
	stmt->sql = list_text(db_arena(db), source, wanted, bound.params, &bound.count);
	stmt->param_count = (int)bound.count;
	*page = (struct list_page){ .back = wanted->back, .total = -1 };
	TRY(db_run(db, &bound, &page->rows));
	found = rows_count(page->rows);
	page->count = found < (size_t)wanted->limit ? found : (size_t)wanted->limit;
	page->first = wanted->back && page->count > 0 ? page->count - 1 : 0;
	page->before = wanted->back ? found > page->count : wanted->keys != NULL;
	page->after = wanted->back || found > page->count;
	if (wanted->count_max > 0 && found > 0)
		page->total = rows_i64_of(page->rows, 0, "_total");
	else if (wanted->count_max > 0 && wanted->keys == NULL)
		page->total = 0;
	return ERR_OK;
}

enum err
list_zone(struct db *db, const char *zone)
{
	static const struct stmt stmt = { "list_zone", 1, "SELECT set_config('TimeZone', $1, true)",
		false };
	struct db_bound bound = db_bind(&stmt, db_text(zone));

	bound.whole = true;
	return db_run(db, &bound, NULL);
}

size_t
list_row(const struct list_page *page, size_t i)
{
	return page->back ? page->first - i : page->first + i;
}
