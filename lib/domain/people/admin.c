#include "domain/people/admin.h"
#include "domain/people/panel_login.h"
#include "domain/people/user_admin.h"

static_assert(PANEL_IDLE_S == 900, "LIVE says so too");

/* Sign-ins to the panel end within hours: the newest few tell when somebody was last there. */
#define SEEN                                                                                       \
	"(SELECT max(l.last_used_at) FROM (SELECT last_used_at FROM login WHERE user_id = u.id"    \
	" AND kind = 'PANEL' ORDER BY created_at DESC, id DESC LIMIT 10) l)"
#define LAST_IP                                                                                    \
	"(SELECT host(l.ip) FROM login l WHERE l.user_id = u.id AND l.kind = 'PANEL'"              \
	" ORDER BY l.created_at DESC, l.id DESC LIMIT 1)"
#define LIVE                                                                                       \
	"(SELECT count(*) FROM login l WHERE l.user_id = u.id AND l.kind = 'PANEL'"                \
	" AND l.ended_at IS NULL AND l.expires_at > app_now()"                                     \
	" AND l.last_used_at > app_now() - interval '900 seconds')"
#define COLUMNS                                                                                    \
	"u.id, u.display_name, u.email, u.state, u.created_at, " SEEN " AS last_seen_at, " LAST_IP \
	" AS last_ip, " LIVE " AS logins"
#define SUBJECT                                                                                    \
	"SELECT display_name AS name, state FROM user_account WHERE id = $1 AND role = 'ADMIN'"

enum { ADMIN_GET, ADMIN_LOOK, ADMIN_LOCK, ADMIN_SIGN_OUT };
static const struct stmt stmts[] = {
	[ADMIN_GET] = { "admin_get", 1,
	    "SELECT " COLUMNS ", u.timezone FROM user_account u WHERE u.id = $1 AND u.role = 'ADMIN'",
	    true },
	[ADMIN_LOOK] = { "admin_look", 1, SUBJECT, true },
	[ADMIN_LOCK] = { "admin_lock", 1, SUBJECT " FOR NO KEY UPDATE" },
	[ADMIN_SIGN_OUT] = { "admin_sign_out", 1,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'ENDED' WHERE user_id = $1"
	    " AND kind = 'PANEL' AND ended_at IS NULL" },
};
STMT_SET(admin_stmts, stmts);

static const struct list_filter filters[] = {
	{ "q", USER_SEARCH_WHERE, .where_id = "u.id = $?" },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "joined", { "u.created_at", "u.id" }, .descending = true },
	{ "name", { "lower(u.display_name)", "u.id" }, false },
	{ 0 },
};
const struct list_source admin_list = {
	.name = "admin_list",
	.columns = COLUMNS,
	.from = "user_account u",
	.where = "u.role = 'ADMIN'",
	.filters = filters,
	.sorts = sorts,
};

enum err
admin_get(struct db *db, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[ADMIN_GET], db_text(id));
}

static enum err
sign_out(struct db *db, struct act_call *call)
{
	return db_exec(db, &stmts[ADMIN_SIGN_OUT], db_text(call->id));
}

const struct act_kind admin_kind = { "admin", "admins", .look = &stmts[ADMIN_LOOK],
	.lock = &stmts[ADMIN_LOCK] };

const struct act admin_acts[] = {
	{ "admin.sign_out", &admin_kind, "system.admins", NULL, NULL, NULL, ACT_GRAVE | ACT_BULK,
	    .label = "Sign out",
	    .hint = "All their sign-ins to the panel end at once. They can sign in again.",
	    .done = "{} is signed out of the panel everywhere.", .bulk = "signed out",
	    .summary = "End an administrator's sign-ins to the panel",
	    .doc = "All of them, at once. Logins of apps go on; the person can sign in again.",
	    .run = sign_out },
	{ 0 },
};
