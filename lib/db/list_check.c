#include "base/log.h"
#include "db/list.h"

/* A page of the middle with one filter set, as list_check goes through them. */
struct trial {
	struct db *db;
	const struct list_source *source;
	const struct list_sort *sort;
	enum err err; /* the first */
};

/* Without values: the server finds the types of all parameters by itself, as for any statement. */
static enum err
explain(const struct trial *trial, const struct list_wanted *wanted)
{
	struct arena *arena = db_arena(trial->db);
	struct stmt *stmt = arena_alloc(arena, sizeof(*stmt));
	struct db_bound bound = { .stmt = stmt, .whole = true };
	struct rows *rows;
	const char *text = list_text(arena, trial->source, wanted, bound.params, &bound.count);
	size_t i;

	for (i = 0; i < bound.count; i++)
		bound.params[i] = db_text(NULL);
	*stmt = (struct stmt){ .name = trial->source->name,
		.param_count = (int)bound.count,
		.sql = arena_printf(arena, "EXPLAIN %s", text),
		.repeatable = true };
	return db_run(trial->db, &bound, &rows);
}

/* value: of the filter at that place; a place below 0: no filter. */
static void
try_both_ways(struct trial *trial, int place, const char *value)
{
	static const char *const keys[LIST_KEYS_MAX] = { "", "", "" };
	const struct list_source *source = trial->source;
	int way;

	for (way = 0; way < 2; way++) {
		struct list_wanted wanted = {
			.sort = trial->sort, .back = way == 1, .keys = keys, .limit = 1, .count_max = 1
		};
		struct arena_mark mark = arena_mark(db_arena(trial->db));
		enum err err;

		if (source->within != NULL)
			wanted.values[list_filter_find(source, source->within)] = "";
		if (place >= 0)
			wanted.values[place] = value;
		err = explain(trial, &wanted);
		arena_rewind(db_arena(trial->db), mark);
		if (err == ERR_OK)
			continue;
		log_error("a list cannot be read", LOG_STR("list", source->name),
		    LOG_STR("sort", trial->sort->name),
		    LOG_STR("filter", place >= 0 ? source->filters[place].name : ""));
		trial->err = trial->err == ERR_OK ? err : trial->err;
	}
}

enum err
list_check(struct db *db, const struct list_source *source)
{
	static const char id[] = "00000000-0000-7000-8000-000000000000";
	struct trial trial = { .db = db, .source = source };
	int i;

	for (trial.sort = source->sorts; trial.sort->name != NULL; trial.sort++) {
		try_both_ways(&trial, -1, NULL);
		for (i = 0; source->filters[i].name != NULL; i++) {
			try_both_ways(&trial, i, "");
			if (source->filters[i].where_id != NULL)
				try_both_ways(&trial, i, id);
		}
	}
	return trial.err;
}
