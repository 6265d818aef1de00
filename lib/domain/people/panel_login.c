#include "domain/people/panel_login.h"

enum { LOGIN_CREATE, LOGIN_FIND, LOGIN_END, LOGIN_END_OTHERS, LOGIN_LIST };
static const struct stmt stmts[] = {
	[LOGIN_CREATE] = { "panel_login_create", 6,
	    "INSERT INTO login (id, user_id, kind, device_name, user_agent, ip, secret_hash, expires_at)"
	    " SELECT $1, u.id, 'PANEL', 'Admin panel', left($5, 300), $4::inet, $3,"
	    " app_now() + make_interval(secs => $6::int)"
	    " FROM user_account u WHERE u.id = $2 AND u.role = 'ADMIN' AND u.state = 'ACTIVE'",
	    false },
	[LOGIN_FIND] = { "panel_login_find", 3,
	    "WITH good AS (SELECT l.id, l.user_id, u.display_name, u.email, u.timezone,"
	    " l.last_used_at < app_now() - make_interval(secs => $3::int) AS stale,"
	    " l.last_used_at + make_interval(secs => $2::int) AS idle_at, l.expires_at"
	    " FROM login l JOIN user_account u ON u.id = l.user_id"
	    " WHERE l.secret_hash = $1 AND l.kind = 'PANEL' AND l.ended_at IS NULL"
	    " AND l.expires_at > app_now()"
	    " AND l.last_used_at > app_now() - make_interval(secs => $2::int)"
	    " AND u.role = 'ADMIN' AND u.state = 'ACTIVE'),"
	    " touch AS (UPDATE login SET last_used_at = app_now() FROM good"
	    " WHERE login.id = good.id AND good.stale)"
	    " SELECT id, user_id, display_name, coalesce(email, '') AS email, timezone,"
	    " greatest(0, extract(epoch FROM least(expires_at, CASE WHEN stale"
	    " THEN app_now() + make_interval(secs => $2::int) ELSE idle_at END) - app_now()))::int"
	    " AS left_s FROM good",
	    true },
	[LOGIN_END] = { "panel_login_end", 1,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'LOGOUT'"
	    " WHERE id = $1 AND ended_at IS NULL",
	    true },
	[LOGIN_END_OTHERS] = { "panel_login_end_others", 2,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'ENDED' WHERE user_id = $1"
	    " AND id <> $2 AND kind = 'PANEL' AND ended_at IS NULL",
	    true },
	[LOGIN_LIST] = { "panel_login_list", 4,
	    "SELECT user_agent, host(ip) AS ip, created_at, last_used_at, id = $2 AS current"
	    " FROM login WHERE user_id = $1 AND kind = 'PANEL' AND ended_at IS NULL"
	    " AND expires_at > app_now() AND last_used_at > app_now() - make_interval(secs => $3::int)"
	    " ORDER BY created_at DESC, id DESC LIMIT $4::bigint",
	    true },
};
STMT_SET(panel_login_stmts, stmts);

enum err
panel_login_create(struct db *db, const struct panel_login *login)
{
	enum err err;

	err = db_exec_one(db, &stmts[LOGIN_CREATE], db_text(login->id), db_text(login->user_id),
	    db_text(login->secret_hash), db_text(login->ip), db_text(login->user_agent),
	    db_i64(PANEL_LIFE_S));
	return err == ERR_NOT_FOUND ? ERR_BAD_CREDENTIALS : err;
}

enum err
panel_login_find(struct db *db, const char *secret_hash, struct rows **rows)
{
	return db_one(db, rows, &stmts[LOGIN_FIND], db_text(secret_hash), db_i64(PANEL_IDLE_S),
	    db_i64(PANEL_TOUCH_S));
}

enum err
panel_login_end(struct db *db, const char *login_id)
{
	return db_exec(db, &stmts[LOGIN_END], db_text(login_id));
}

enum err
panel_login_end_others(struct db *db, const char *user_id, const char *login_id)
{
	return db_exec(db, &stmts[LOGIN_END_OTHERS], db_text(user_id), db_text(login_id));
}

enum err
panel_login_list(struct db *db, const char *user_id, const char *login_id, struct rows **rows)
{
	return db_rows(db, rows, &stmts[LOGIN_LIST], db_text(user_id), db_text(login_id),
	    db_i64(PANEL_IDLE_S), db_i64(PANEL_LOGINS_MAX));
}
