#include "domain/people/user_admin.h"
#include "domain/market/advisor.h"
#include "domain/people/user.h"

enum { USER_GET, USER_NAME };
static const struct stmt stmts[] = {
	[USER_GET] = { "user_admin_get", 1,
	    "SELECT u.id, u.display_name, u.email, u.phone_hash IS NOT NULL AS has_phone, u.role,"
	    " u.state, u.block_reason, u.bio, u.gender, u.birth_date, u.locale, u.timezone,"
	    " u.created_at, u.updated_at, a.state AS advisor_state, a.headline,"
	    " coalesce(a.online, false) AS online, u.presence_hidden,"
	    " coalesce(p.status, 'OFFLINE') AS presence, p.last_seen_at,"
	    " (SELECT count(*) FROM (SELECT FROM session s WHERE s.user_id = u.id UNION ALL"
	    " SELECT FROM session s WHERE s.advisor_id = u.id LIMIT 10000) n) AS session_count,"
	    " (SELECT count(*) FROM (SELECT FROM report r WHERE r.reporter_id = u.id LIMIT 10000) n)"
	    " AS reports_made,"
	    " (SELECT count(*) FROM (SELECT FROM block b WHERE b.blocked_id = u.id LIMIT 10000) n)"
	    " AS blocked_by"
	    " FROM user_account u LEFT JOIN advisor a ON a.id = u.id"
	    " LEFT JOIN presence p ON p.user_id = u.id WHERE u.id = $1",
	    true },
	[USER_NAME] = { "user_admin_name", 1, "SELECT display_name FROM user_account WHERE id = $1",
	    true },
};
STMT_SET(user_admin_stmts, stmts);

static const struct list_filter filters[] = {
	{ "q", USER_SEARCH_WHERE, .where_id = "u.id = $?" },
	{ "role", "u.role = $?", NULL },
	{ "state", "u.state = $?", NULL },
	{ "advisor", "u.id IN (SELECT x.id FROM advisor x WHERE x.state = $?)", NULL },
	{ "from", LIST_DAY_FROM("u.created_at"), NULL },
	{ "to", LIST_DAY_TO("u.created_at"), NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "joined", { "u.created_at", "u.id" }, .descending = true },
	{ "name", { "lower(u.display_name)", "u.id" }, false },
	{ 0 },
};
const struct list_source user_list = {
	.name = "user_list",
	.columns = "u.id, u.display_name, u.email, u.role, u.state, a.state AS advisor_state,"
		   " u.created_at",
	.from = "user_account u LEFT JOIN advisor a ON a.id = u.id",
	.filters = filters,
	.sorts = sorts,
};

const struct field user_admin_fields[] = {
	{ "id", FIELD_UUID, .doc = "The account" },
	{ "display_name", FIELD_TEXT, .doc = "Name" },
	{ "email", FIELD_EMAIL, .nullable = true, .doc = "E-mail address" },
	{ "role", FIELD_ENUM, .one_of = user_roles, .doc = "Role" },
	{ "state", FIELD_ENUM, .one_of = user_states, .doc = "State of the account" },
	{ "advisor_state", FIELD_ENUM, .nullable = true, .one_of = advisor_states,
	    .doc = "State of the advisor profile, if there is one" },
	{ "created_at", FIELD_TIME, .doc = "When the account was made" },
	{ 0 },
};

enum err
user_admin_get(struct db *db, const char *user_id, struct rows **rows)
{
	return db_one(db, rows, &stmts[USER_GET], db_text(user_id));
}

enum err
user_admin_name(struct db *db, const char *user_id, const char **name)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[USER_NAME], db_text(user_id)));
	*name = rows_only(rows);
	return ERR_OK;
}
