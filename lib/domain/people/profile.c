#include "domain/people/profile.h"
#include "domain/people/user.h"
#include "domain/talk/presence.h"

#include "base/json.h"
#include "domain/people/lang.h"

#include <string.h>

#define NULLABLE(name, type)                                                                       \
	name " = CASE WHEN $3::jsonb ? '" name "' THEN ($3::jsonb->>'" name "')::" type            \
	     " ELSE " name " END"
/* One side of the session list; each is read along its own index, no further than the page needs. */
#define SESSIONS_OF(column, other, as)                                                             \
	"(SELECT s.*, '" as "' AS side, s." other " AS other_id FROM session s"                    \
	" WHERE s." column " = $1 AND ($2::text IS NULL OR s.type = $2)"                           \
	" AND ($3::text IS NULL OR s.state = $3)"                                                  \
	" AND (s.requested_at, s.id) < (coalesce($5::timestamptz, 'infinity'),"                    \
	" coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))"                             \
	" ORDER BY s.requested_at DESC, s.id DESC LIMIT $4::bigint)"

enum { UPDATE, ZONE, BORN, PUBLIC, SESSIONS };

static const struct stmt stmts[] = {
	[UPDATE] = { "profile_update", 3,
	    "UPDATE user_account SET display_name = coalesce($3::jsonb->>'display_name', display_name),"
	    " bio = coalesce($3::jsonb->>'bio', bio),"
	    " locale = coalesce($3::jsonb->>'locale', locale),"
	    " timezone = coalesce($3::jsonb->>'timezone', timezone),"
	    " presence_hidden = coalesce(($3::jsonb->>'presence_hidden')::boolean, presence_hidden), " NULLABLE(
		"gender", "text") ", " NULLABLE("birth_date",
		"date") ","
			" version = version + 1, updated_at = app_now()"
			" WHERE id = $1 AND $2::bigint IN (0, version)" },
	/* An error for a zone PostgreSQL does not know; the view pg_timezone_names would read every file. */
	[ZONE] = { "profile_zone", 1, "SELECT app_now() AT TIME ZONE $1", .repeatable = true },
	[BORN] = { "profile_born", 1,
	    "SELECT WHERE $1::date BETWEEN '1900-01-01' AND app_now()::date", .repeatable = true },
	[PUBLIC] = { "profile_public", 2,
	    "SELECT u.id, u.display_name, u.role, u.bio,"
	    " coalesce(a.state = 'APPROVED', false) AS is_advisor, u.created_at,"
	    " presence_json(u.presence_hidden, p.status, p.last_seen_at) AS presence"
	    " FROM user_account u LEFT JOIN advisor a ON a.id = u.id"
	    " LEFT JOIN presence p ON p.user_id = u.id"
	    " WHERE u.id = $1 AND u.state = 'ACTIVE' AND NOT block_between(u.id, $2)",
	    .repeatable = true },
	[SESSIONS] = { "profile_sessions", 6,
	    "SELECT s.id, s.type, s.state, s.side, s.other_id, o.display_name AS other_name, s.topic,"
	    " s.conversation_id, amount_json(s.rate_minor, s.currency) AS rate,"
	    " EXISTS (SELECT FROM rating r WHERE r.session_id = s.id) AS rated, s.requested_at,"
	    " s.started_at, s.ended_at, s.requested_at AS _k1, s.id AS _k2 FROM (" SESSIONS_OF(
		"user_id", "advisor_id", "USER") " UNION ALL " SESSIONS_OF("advisor_id", "user_id",
		"ADVISOR") ") s"
			   " LEFT JOIN user_account o ON o.id = s.other_id"
			   " ORDER BY s.requested_at DESC, s.id DESC LIMIT $4::bigint",
	    .repeatable = true },
};
STMT_SET(profile_stmts, stmts);

const struct field profile_body[] = {
	{ "display_name", FIELD_TEXT, .min = 1, .max = 80, .doc = "Name shown to others, not blank",
	    .example = "\"Maya\"" },
	{ "bio", FIELD_TEXT, .max = 2000, .doc = "About the person",
	    .example = "\"Tea and long walks\"" },
	{ "gender", FIELD_ENUM, .one_of = user_genders, .nullable = true, .doc = "Null: not said" },
	{ "birth_date", FIELD_DATE, .nullable = true, .doc = "From 1900 to today; null: not said",
	    .example = "\"1990-02-28\"" },
	{ "locale", FIELD_TEXT, .min = 2, .max = 35, .doc = "Language tag such as en or pt-BR",
	    .example = "\"en-IN\"" },
	{ "timezone", FIELD_TEXT, .min = 1, .max = 64, .doc = "IANA zone",
	    .example = "\"Asia/Kolkata\"" },
	{ "presence_hidden", FIELD_BOOL,
	    .doc = "Show nobody whether you are here, nor when you were; who watches is told at once",
	    .example = "false" },
	{ 0 },
};

const struct field profile_public_fields[] = {
	{ "id", FIELD_UUID, .doc = "The account" },
	{ "display_name", FIELD_TEXT, .doc = "Name", .example = "\"Maya\"" },
	{ "role", FIELD_ENUM, .one_of = user_roles, .doc = "What the account may do" },
	{ "bio", FIELD_TEXT, .doc = "About the person", .example = "\"Tea and long walks\"" },
	{ "is_advisor", FIELD_BOOL, .doc = "Has an approved profile: see GET /advisors/{id}" },
	{ "created_at", FIELD_TIME, .doc = "When the account was made" },
	PRESENCE_FIELD,
	{ 0 },
};

/* The text of a member; NULL when it is absent or null. */
static const char *
text_of(struct json_object *object, const char *name)
{
	struct json_object *member = json_object_object_get(object, name);

	return member != NULL ? json_object_get_string(member) : NULL;
}

static enum err
born_check(struct db *db, const char *text, struct fault *fault)
{
	enum err err = db_exec_one(db, &stmts[BORN], db_text(text));

	return err == ERR_NOT_FOUND
	    ? fault_set(fault, "birth_date", "must be from 1900-01-01 to today")
	    : err;
}

/* An IANA name: PostgreSQL alone would also take abbreviations and POSIX rules. */
static enum err
zone_check(struct db *db, const char *text, struct fault *fault)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
	static const char unknown[] = "must be an IANA time zone such as Asia/Kolkata";
	enum err err;

	if (strcmp(text, "UTC") == 0)
		return ERR_OK;
	if (strchr(text, '/') == NULL || text[strspn(text, allowed)] != '\0')
		return fault_set(fault, "timezone", unknown);
	err = db_exec_one(db, &stmts[ZONE], db_text(text));
	return err == ERR_VALIDATION ? fault_set(fault, "timezone", unknown) : err;
}

enum err
profile_check(struct db *db, const char *changes_json, struct fault *fault)
{
	struct json_object *changes;
	struct json_fault syntax;
	const char *text;

	TRY(json_parse(db_arena(db), changes_json, strlen(changes_json), &syntax, &changes));
	text = text_of(changes, "display_name");
	if (text != NULL && text[strspn(text, " \t\r\n")] == '\0')
		return fault_set(fault, "display_name", "must not be blank");
	text = text_of(changes, "locale");
	if (text != NULL && !lang_valid(text))
		return fault_set(fault, "locale", "must be a language tag such as en or pt-BR");
	text = text_of(changes, "birth_date");
	TRY(text == NULL ? ERR_OK : born_check(db, text, fault));
	text = text_of(changes, "timezone");
	return text == NULL ? ERR_OK : zone_check(db, text, fault);
}

enum err
profile_update(
    struct db *db, const char *id, int64_t version, const char *changes_json, struct fault *fault)
{
	enum err err;

	TRY(profile_check(db, changes_json, fault));
	err = db_exec_one(db, &stmts[UPDATE], db_text(id), db_i64(version), db_text(changes_json));
	return err == ERR_NOT_FOUND ? ERR_STALE : err;
}

struct db_bound
profile_public_bind(const char *id, const char *viewer_id)
{
	return db_bind(&stmts[PUBLIC], db_text(id), db_text(viewer_id));
}

enum err
profile_public(struct db *db, const char *id, const char *viewer_id, struct rows **rows)
{
	return db_run_one(db, db_ref(profile_public_bind(id, viewer_id)), rows);
}

enum err
profile_sessions(struct db *db, const char *user_id, const char *type, const char *state,
    int64_t limit, const char *key1, const char *key2, struct rows **rows)
{
	return db_rows(db, rows, &stmts[SESSIONS], db_text(user_id), db_text(type), db_text(state),
	    db_i64(limit), db_text(key1), db_text(key2));
}
