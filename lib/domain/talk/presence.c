#include "domain/talk/presence.h"

enum { BEGIN, BEAT, ARRIVE, LEAVE, GOODBYE, SWEEP, SET };
enum { SWEEP_BATCH = 500, SWEEP_BATCHES_MAX = 100 };

static const struct stmt stmts[] = {
	[BEGIN] = { "presence_begin", 2, "SELECT presence_begin($1, $2)" },
	[BEAT] = { "presence_beat", 2, "SELECT presence_beat($1, $2)" },
	[ARRIVE] = { "presence_arrive", 3, "SELECT presence_arrive($1, $2, $3)" },
	[LEAVE] = { "presence_leave", 4, "SELECT presence_leave($1, $2, $3, $4)" },
	[GOODBYE] = { "presence_goodbye", 2, "SELECT presence_goodbye($1, $2)" },
	[SWEEP] = { "presence_sweep", 1, "SELECT presence_sweep($1)", true },
	[SET] = { "presence_set", 3, "SELECT presence_set($1, $2, $3) AS status", true },
};
STMT_SET(presence_stmts, stmts);

enum err
presence_begin(
    struct pipeline *pipeline, const char *node, int64_t ttl_ms, pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(node), db_i64(ttl_ms) };

	return pipeline_send(pipeline, &stmts[BEGIN], params, COUNT_OF(params), answer, arg);
}

enum err
presence_beat(
    struct pipeline *pipeline, const char *node, int64_t ttl_ms, pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(node), db_i64(ttl_ms) };

	return pipeline_send(pipeline, &stmts[BEAT], params, COUNT_OF(params), answer, arg);
}

enum err
presence_arrive(struct pipeline *pipeline, const char *node, const char *users, const char *logins,
    pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(node), db_text(users), db_text(logins) };

	return pipeline_send(pipeline, &stmts[ARRIVE], params, COUNT_OF(params), answer, arg);
}

enum err
presence_leave(struct pipeline *pipeline, const char *node, const char *users, const char *logins,
    int64_t ago_ms, pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(node), db_text(users), db_text(logins),
		db_i64(ago_ms) };

	return pipeline_send(pipeline, &stmts[LEAVE], params, COUNT_OF(params), answer, arg);
}

enum err
presence_goodbye(struct pipeline *pipeline, const char *node, int64_t kept_ms,
    pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(node), db_i64(kept_ms) };

	return pipeline_send(pipeline, &stmts[GOODBYE], params, COUNT_OF(params), answer, arg);
}

bool
presence_known(const struct rows *rows)
{
	return rows_bool(rows, 0, 0);
}

int64_t
presence_swept(const struct rows *rows)
{
	return rows_i64(rows, 0, 0);
}

enum err
presence_sweep(struct pipeline *pipeline, int64_t most, pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_i64(most) };

	return pipeline_send(pipeline, &stmts[SWEEP], params, COUNT_OF(params), answer, arg);
}

enum err
presence_sweep_all(struct db *db, int64_t *count)
{
	int batches;

	*count = 0;
	for (batches = 0; batches < SWEEP_BATCHES_MAX; batches++) {
		struct arena_mark mark = arena_mark(db_arena(db));
		struct rows *rows;
		int64_t gone;

		TRY(db_one(db, &rows, &stmts[SWEEP], db_i64(SWEEP_BATCH)));
		gone = rows_i64(rows, 0, 0);
		arena_rewind(db_arena(db), mark);
		*count += gone;
		if (gone == 0)
			break;
	}
	return ERR_OK;
}

enum err
presence_set(struct db *db, const char *user_id, const char *login_id, bool away, struct rows **rows)
{
	return db_one(db, rows, &stmts[SET], db_text(user_id), db_text(login_id), db_bool(away));
}

enum err
presence_set_live(struct pipeline *pipeline, const char *user_id, const char *login_id, bool away,
    pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(user_id), db_text(login_id), db_bool(away) };

	return pipeline_send(pipeline, &stmts[SET], params, COUNT_OF(params), answer, arg);
}
