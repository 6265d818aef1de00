#include "domain/system/heartbeat.h"

#include "base/buf.h"

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
heartbeat_beat(struct db *db, const char *lanes)
{
	return db_exec(db, &stmts[BEAT], db_text(lanes));
}

enum err
heartbeat_look(struct db *db, int64_t silent_s, struct heartbeat *beat)
{
	struct arena *arena = db_arena(db);
	struct buf lanes = buf_new(arena, 256);
	struct rows *rows;
	int64_t turn_s = -1;
	size_t i;

	TRY(db_rows(db, &rows, &stmts[LOOK]));
	for (i = 0; i < rows_count(rows); i++) {
		const char *lane = rows_text(rows, i, 0);

		if (strcmp(lane, HEARTBEAT_TURN) == 0)
			turn_s = rows_i64(rows, i, 1);
		else
			buf_printf(&lanes, "%s%s %lld s", lanes.len > 0 ? ", " : "", lane,
			    (long long)rows_i64(rows, i, 1));
	}
	beat->good = turn_s >= 0 && turn_s <= silent_s;
	beat->lanes = lanes.data;
	if (turn_s < 0)
		beat->text = "has never run";
	else
		beat->text = arena_printf(arena,
		    beat->good ? "last turn %lld s ago" : "silent for %lld s", (long long)turn_s);
	return ERR_OK;
}
