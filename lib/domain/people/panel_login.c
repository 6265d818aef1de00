#include "domain/people/panel_login.h"

enum { LOGIN_CREATE, LOGIN_FIND, LOGIN_END };
static const struct stmt stmts[] = {
	[LOGIN_CREATE] = { "panel_login_create", 6,
	    "INSERT INTO login (id, user_id, kind, device_name, user_agent, ip, secret_hash, expires_at)"
	    " SELECT $1, u.id, 'PANEL', 'Admin panel', left($5, 300), $4::inet, $3,"
	    " app_now() + make_interval(secs => $6::int)"
	    " FROM user_account u WHERE u.id = $2 AND u.role = 'ADMIN' AND u.state = 'ACTIVE'",
	    false },
	[LOGIN_FIND] = { "panel_login_find", 3,
	    "WITH good AS (SELECT l.id, l.user_id, u.display_name, u.email,"
	    " l.last_used_at < app_now() - make_interval(secs => $3::int) AS stale"
	    " FROM login l JOIN user_account u ON u.id = l.user_id"
	    " WHERE l.secret_hash = $1 AND l.kind = 'PANEL' AND l.ended_at IS NULL"
	    " AND l.expires_at > app_now()"
	    " AND l.last_used_at > app_now() - make_interval(secs => $2::int)"
	    " AND u.role = 'ADMIN' AND u.state = 'ACTIVE'),"
	    " touch AS (UPDATE login SET last_used_at = app_now() FROM good"
	    " WHERE login.id = good.id AND good.stale)"
	    " SELECT id, user_id, display_name, coalesce(email, '') FROM good",
	    true },
	[LOGIN_END] = { "panel_login_end", 1,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'LOGOUT'"
	    " WHERE id = $1 AND ended_at IS NULL",
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
