#include "domain/people/attempt.h"
#include "base/seal.h"

enum { BACKOFF_MAX_S = 60 };

const struct attempt_rule attempt_login = { "login", 5, 15 * 60, true };
const struct attempt_rule attempt_login_ip = { "login-ip", 100, 60 * 60, false };

enum { ATTEMPT_LOCK, ATTEMPT_LOOK, ATTEMPT_FAILED, ATTEMPT_BACKOFF, ATTEMPT_CLEAR };
static const struct stmt stmts[] = {
	[ATTEMPT_LOCK] = { "attempt_lock", 2,
	    "INSERT INTO rate_bucket AS b (key, count, ends_at)"
	    " VALUES ($1, 0, app_now() + make_interval(secs => $2))"
	    " ON CONFLICT (key) DO UPDATE SET"
	    " count = CASE WHEN b.ends_at <= app_now() THEN 0 ELSE b.count END,"
	    " next_at = CASE WHEN b.ends_at <= app_now() THEN NULL ELSE b.next_at END,"
	    " ends_at = CASE WHEN b.ends_at <= app_now() THEN excluded.ends_at ELSE b.ends_at END"
	    " RETURNING count, ceil(extract(epoch FROM ends_at - app_now()))::int,"
	    " ceil(extract(epoch FROM greatest(next_at - app_now(), interval '0')))::int",
	    false },
	[ATTEMPT_LOOK] = { "attempt_look", 1,
	    "SELECT count, ceil(extract(epoch FROM ends_at - app_now()))::int FROM rate_bucket"
	    " WHERE key = $1 AND ends_at > app_now()",
	    false },
	[ATTEMPT_FAILED] = { "attempt_failed", 2,
	    "INSERT INTO rate_bucket AS b (key, count, ends_at)"
	    " VALUES ($1, 1, app_now() + make_interval(secs => $2))"
	    " ON CONFLICT (key) DO UPDATE SET"
	    " count = CASE WHEN b.ends_at <= app_now() THEN 1 ELSE b.count + 1 END,"
	    " ends_at = CASE WHEN b.ends_at <= app_now() THEN excluded.ends_at ELSE b.ends_at END",
	    false },
	/* The window begins anew, so that who goes on guessing goes on waiting. */
	[ATTEMPT_BACKOFF] = { "attempt_backoff", 4,
	    "UPDATE rate_bucket SET ends_at = app_now() + make_interval(secs => $2),"
	    " next_at = app_now() + make_interval(secs => least($4, 2.0 ^ least(count - $3, 30)))"
	    " WHERE key = $1 AND count >= $3",
	    false },
	[ATTEMPT_CLEAR] = { "attempt_clear", 1,
	    "UPDATE rate_bucket SET count = 0, next_at = NULL WHERE key = $1", false },
};
STMT_SET(attempt_stmts, stmts);

/* A keyed hash: subjects hold addresses and phone numbers, and may be long. */
static const char *
key_of(struct db *db, const struct conf *conf, const struct attempt_rule *rule, const char *subject)
{
	struct arena *arena = db_arena(db);

	return arena_printf(
	    arena, "%s:%s", rule->name, seal_lookup(arena, conf->lookup_key, rule->name, subject));
}

enum err
attempt_begin(struct db *db, const struct conf *conf, const struct attempt_rule *rule,
    const char *subject, int *retry_after_s)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[ATTEMPT_LOCK], db_text(key_of(db, conf, rule, subject)),
	    db_i64(rule->window_s)));
	*retry_after_s = (int)rows_i64(rows, 0, rule->backoff ? 2 : 1);
	if (rows_i64(rows, 0, 0) < rule->limit || *retry_after_s == 0)
		return ERR_OK;
	return ERR_RATE;
}

enum err
attempt_look(struct db *db, const struct conf *conf, const struct attempt_rule *rule,
    const char *subject, int *retry_after_s)
{
	struct rows *rows;

	TRY(db_rows(db, &rows, &stmts[ATTEMPT_LOOK], db_text(key_of(db, conf, rule, subject))));
	if (rows_count(rows) == 0 || rows_i64(rows, 0, 0) < rule->limit * conf->rate_percent / 100)
		return ERR_OK;
	*retry_after_s = (int)rows_i64(rows, 0, 1);
	return ERR_RATE;
}

enum err
attempt_failed(
    struct db *db, const struct conf *conf, const struct attempt_rule *rule, const char *subject)
{
	const char *key = key_of(db, conf, rule, subject);

	TRY(db_exec_one(db, &stmts[ATTEMPT_FAILED], db_text(key), db_i64(rule->window_s)));
	if (!rule->backoff)
		return ERR_OK;
	return db_exec(db, &stmts[ATTEMPT_BACKOFF], db_text(key), db_i64(rule->window_s),
	    db_i64(rule->limit), db_i64(BACKOFF_MAX_S));
}

enum err
attempt_succeeded(
    struct db *db, const struct conf *conf, const struct attempt_rule *rule, const char *subject)
{
	return db_exec_one(db, &stmts[ATTEMPT_CLEAR], db_text(key_of(db, conf, rule, subject)));
}
