#include "web/revoke.h"
#include "web/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { REVOKED_BYTES_MAX = 64 * 1024 * 1024, LOOP_FRESH_MS = 700 };

struct revoke {
	struct revoked *set;
	struct metrics *metrics;
	struct revoked_ask ask; /* of the loop: what is under way */
	struct arena *owner; /* of this struct */
	struct arena *arena; /* of rest */
	const char **rest; /* what found no place in the set; sorted by strcmp */
	size_t rest_count;
	int64_t rest_us; /* when the reading began that it is from; 0: none */
	int64_t news_us; /* the newest reading that was told of */
	bool by_loop, connected, asking;
};

enum { REVOKE_LIST, REVOKE_FIND };
static const struct stmt stmts[] = {
	/* Longer than any access token lives (ACCESS_TOKEN_S is at most an hour). One row without a login when
	 * there is none. */
	[REVOKE_LIST] = { "revoke_list", 1,
	    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, r.login_id::text,"
	    " (extract(epoch FROM app_clock() - r.revoked_at) * 1000000)::bigint"
	    " FROM (SELECT) one LEFT JOIN revocation r ON r.revoked_xid >= $1::xid8"
	    " AND r.revoked_at > app_clock() - interval '65 minutes'"
	    " ORDER BY r.login_id::text COLLATE \"C\"",
	    true },
	[REVOKE_FIND] = { "revoke_find", 1, "SELECT 1 FROM revocation WHERE login_id = $1", true },
};
STMT_SET(revoke_stmts, stmts);

static void
free_arena(void *arena)
{
	arena_free(arena);
}

struct revoke *
revoke_new(struct revoked *set, struct metrics *metrics)
{
	struct arena *arena = arena_new(REVOKED_BYTES_MAX);
	struct revoke *revoke = arena_calloc(arena, 1, sizeof(*revoke));

	revoke->set = set;
	revoke->metrics = metrics;
	revoke->owner = arena;
	revoke->arena = arena_new(REVOKED_BYTES_MAX);
	arena_defer(arena, free_arena, revoke->arena);
	return revoke;
}

void
revoke_free(struct revoke *revoke)
{
	if (revoke != NULL)
		arena_free(revoke->owner);
}

/* --- reading --- */

/* Later than the server's own look, so what is in it stays a little longer than it has to. */
static void
rows_take(struct revoke *revoke, const struct revoked_ask *ask, const struct rows *rows)
{
	int64_t now = clock_monotonic_us(), left;
	size_t i, count = rows_count(rows);

	arena_reset(revoke->arena);
	revoke->rest_count = 0;
	revoke->rest = arena_calloc(revoke->arena, count, sizeof(*revoke->rest));
	for (i = 0; i < count && rows_text(rows, i, 1) != NULL; i++) {
		left = REVOKED_LIFE_S * SECOND_US - rows_i64(rows, i, 2);
		if (left > REVOKED_LIFE_S * SECOND_US) /* its server's clock is ahead */
			left = REVOKED_LIFE_S * SECOND_US;
		if (!revoked_add(revoke->set, rows_text(rows, i, 1), now, left))
			revoke->rest[revoke->rest_count++] =
			    arena_strdup(revoke->arena, rows_text(rows, i, 1));
	}
	revoke->rest_us = ask->since == 0 ? ask->asked_us : 0;
	if (count > 0)
		revoked_done(revoke->set, ask, now, rows_i64(rows, 0, 0));
}

static struct db_bound
list_bind(const struct revoked_ask *ask)
{
	return db_bind(&stmts[REVOKE_LIST], db_i64(ask->since));
}

static enum err
read_now(struct revoke *revoke, struct db *db, const struct revoked_ask *ask)
{
	struct rows *rows;

	metrics_add(revoke->metrics, METRIC_REVOKE_READS, 1);
	TRY(db_run(db, db_ref(list_bind(ask)), &rows));
	rows_take(revoke, ask, rows);
	return ERR_OK;
}

void
revoke_by_loop(struct revoke *revoke)
{
	revoke->by_loop = true;
}

void
revoke_connected(struct revoke *revoke)
{
	revoke->connected = true;
}

/* A loop cannot ask for one login, so it keeps for itself what found no place, which only a reading of all tells. */
bool
revoke_due(struct revoke *revoke, struct db_bound *list)
{
	int64_t now = clock_monotonic_us();

	if (revoke->asking)
		return false;
	if (revoke->connected || !revoked_whole(revoke->set, now))
		revoked_ask(revoke->set, now, true, &revoke->ask);
	else if (!revoked_claim(revoke->set, now, LOOP_FRESH_MS * 1000, &revoke->ask))
		return false;
	revoke->connected = false;
	revoke->asking = true;
	metrics_add(revoke->metrics, METRIC_REVOKE_READS, 1);
	*list = list_bind(&revoke->ask);
	return true;
}

void
revoke_take(struct revoke *revoke, const struct rows *rows)
{
	revoke->asking = false;
	if (rows != NULL)
		rows_take(revoke, &revoke->ask, rows);
	else
		revoke->connected = revoke->ask.since == 0;
}

bool
revoke_news(struct revoke *revoke)
{
	int64_t read_us = revoked_read_us(revoke->set, clock_monotonic_us());
	bool news = read_us != revoke->news_us;

	revoke->news_us = read_us;
	return news;
}

/* --- looking up --- */

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
revoke_listed(const struct revoke *revoke, const char *login_id)
{
	if (revoked_has(revoke->set, login_id, clock_monotonic_us()))
		return true;
	return revoke->rest_count > 0 &&
	    bsearch(&login_id, revoke->rest, revoke->rest_count, sizeof(*revoke->rest), compare) !=
	    NULL;
}

enum err
revoke_check_now(struct revoke *revoke, struct db *db, const char *login_id)
{
	struct rows *rows;

	if (revoke_listed(revoke, login_id))
		return ERR_UNAUTHORIZED;
	TRY(db_rows(db, &rows, &stmts[REVOKE_FIND], db_text(login_id)));
	return rows_count(rows) > 0 ? ERR_UNAUTHORIZED : ERR_OK;
}

static bool
older(int64_t at_us, int64_t now, int64_t ms)
{
	return at_us == 0 || now - at_us > ms * 1000;
}

/* ERR_UNAVAILABLE when the copy is too old and cannot be read anew. */
static enum err
keep_fresh(struct revoke *revoke, struct db *db)
{
	int64_t now = clock_monotonic_us();
	struct revoked_ask ask;
	bool claimed = revoked_claim(revoke->set, now, REVOKE_FRESH_MS * 1000, &ask);

	if (claimed && read_now(revoke, db, &ask) == ERR_OK)
		return ERR_OK;
	if (claimed)
		now = clock_monotonic_us();
	if (!older(revoked_read_us(revoke->set, now), now, REVOKE_STALE_MS))
		return ERR_OK;
	if (claimed)
		return ERR_UNAVAILABLE;
	/* Who claimed it is late. */
	revoked_ask(revoke->set, now, false, &ask);
	return read_now(revoke, db, &ask) == ERR_OK ? ERR_OK : ERR_UNAVAILABLE;
}

static enum err
check_by_loop(const struct revoke *revoke, const char *login_id)
{
	int64_t now = clock_monotonic_us();

	if (older(revoked_read_us(revoke->set, now), now, REVOKE_STALE_MS))
		return ERR_UNAVAILABLE;
	if (revoke_listed(revoke, login_id))
		return ERR_UNAUTHORIZED;
	return revoked_whole(revoke->set, now) || !older(revoke->rest_us, now, REVOKE_STALE_MS)
	    ? ERR_OK
	    : ERR_UNAVAILABLE;
}

enum err
revoke_check(struct revoke *revoke, struct db *db, const char *login_id)
{
	int64_t now;

	if (revoke->by_loop)
		return check_by_loop(revoke, login_id);
	TRY(keep_fresh(revoke, db));
	now = clock_monotonic_us();
	if (revoked_has(revoke->set, login_id, now))
		return ERR_UNAUTHORIZED;
	return revoked_whole(revoke->set, now) ? ERR_OK : revoke_check_now(revoke, db, login_id);
}
