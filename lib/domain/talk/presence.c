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

struct db_bound
presence_begin_bind(const char *node, int64_t ttl_ms)
{
	return db_bind(&stmts[BEGIN], db_text(node), db_i64(ttl_ms));
}

struct db_bound
presence_beat_bind(const char *node, int64_t ttl_ms)
{
	return db_bind(&stmts[BEAT], db_text(node), db_i64(ttl_ms));
}

struct db_bound
presence_arrive_bind(const char *node, const char *users, const char *logins)
{
	return db_bind(&stmts[ARRIVE], db_text(node), db_text(users), db_text(logins));
}

struct db_bound
presence_leave_bind(const char *node, const char *users, const char *logins, int64_t ago_ms)
{
	return db_bind(
	    &stmts[LEAVE], db_text(node), db_text(users), db_text(logins), db_i64(ago_ms));
}

struct db_bound
presence_goodbye_bind(const char *node, int64_t kept_ms)
{
	return db_bind(&stmts[GOODBYE], db_text(node), db_i64(kept_ms));
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

struct db_bound
presence_sweep_bind(int64_t most)
{
	return db_bind(&stmts[SWEEP], db_i64(most));
}

enum err
presence_sweep_all(struct db *db, int64_t *count)
{
	struct db_bound bound = presence_sweep_bind(SWEEP_BATCH);
	int batches;

	*count = 0;
	for (batches = 0; batches < SWEEP_BATCHES_MAX; batches++) {
		struct arena_mark mark = arena_mark(db_arena(db));
		struct rows *rows;
		int64_t gone;

		TRY(db_run_one(db, &bound, &rows));
		gone = rows_i64(rows, 0, 0);
		arena_rewind(db_arena(db), mark);
		*count += gone;
		if (gone == 0)
			break;
	}
	return ERR_OK;
}

struct db_bound
presence_set_bind(const char *user_id, const char *login_id, bool away)
{
	return db_bind(&stmts[SET], db_text(user_id), db_text(login_id), db_bool(away));
}

enum err
presence_set(struct db *db, const char *user_id, const char *login_id, bool away, struct rows **rows)
{
	return db_run_one(db, db_ref(presence_set_bind(user_id, login_id, away)), rows);
}
