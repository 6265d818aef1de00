#include "domain/system/heartbeat.h"

#include "base/buf.h"
#include "domain/system/lane.h"

#include <string.h>

enum { BEAT, LOOK };
static const struct stmt stmts[] = {
	[BEAT] = { "heartbeat_beat", 1,
	    "INSERT INTO heartbeat (lane, beat_at)"
	    " SELECT unnest(string_to_array($1, ',')), clock_timestamp() ORDER BY 1"
	    " ON CONFLICT (lane) DO UPDATE SET beat_at = excluded.beat_at",
	    true },
	[LOOK] = { "heartbeat_look", 0,
	    "SELECT lane, greatest(extract(epoch FROM clock_timestamp() - beat_at), 0)::bigint AS age_s"
	    " FROM heartbeat ORDER BY lane LIMIT 32",
	    true },
};
STMT_SET(heartbeat_stmts, stmts);

enum err
heartbeat_beat(struct db *db, const char *names)
{
	return db_exec(db, &stmts[BEAT], db_text(names));
}

/* Age of that row; -1 when there is none. */
static int64_t
age_s(const struct rows *rows, const char *name)
{
	size_t i;

	for (i = 0; i < rows_count(rows); i++)
		if (strcmp(rows_text(rows, i, 0), name) == 0)
			return rows_i64(rows, i, 1);
	return -1;
}

/* The lane of which nothing was heard; NULL: all are well. */
static const char *
lane_silent(const struct rows *rows, int64_t silent_s)
{
	size_t i;

	for (i = 0; i < LANE__COUNT; i++) {
		int64_t lane_s = age_s(rows, lanes[i].name);

		if (lane_s < 0 || lane_s > silent_s)
			return lanes[i].name;
	}
	return NULL;
}

static const char *
text_of(struct arena *arena, const struct rows *rows, int64_t silent_s)
{
	int64_t turn_s = age_s(rows, HEARTBEAT_TURN);
	const char *lane = lane_silent(rows, silent_s);

	if (turn_s < 0)
		return "has never run";
	if (turn_s > silent_s)
		return arena_printf(arena, "silent for %lld s", (long long)turn_s);
	if (lane == NULL)
		return arena_printf(arena, "last turn %lld s ago", (long long)turn_s);
	if (age_s(rows, lane) < 0)
		return arena_printf(arena, "lane %s has never run", lane);
	return arena_printf(arena, "lane %s silent for %lld s", lane, (long long)age_s(rows, lane));
}

enum err
heartbeat_look(struct db *db, int64_t silent_s, struct heartbeat *beat)
{
	struct buf others = buf_new(db_arena(db), 256);
	struct rows *rows;
	int64_t turn_s;
	size_t i;

	TRY(db_rows(db, &rows, &stmts[LOOK]));
	for (i = 0; i < rows_count(rows); i++)
		if (strcmp(rows_text(rows, i, 0), HEARTBEAT_TURN) != 0)
			buf_printf(&others, "%s%s %lld s", others.len > 0 ? ", " : "",
			    rows_text(rows, i, 0), (long long)rows_i64(rows, i, 1));
	turn_s = age_s(rows, HEARTBEAT_TURN);
	beat->good = turn_s >= 0 && turn_s <= silent_s && lane_silent(rows, silent_s) == NULL;
	beat->lanes = others.data;
	beat->text = text_of(db_arena(db), rows, silent_s);
	return ERR_OK;
}
