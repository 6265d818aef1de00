#include "domain/people/user.h"
#include "base/buf.h"
#include "base/seal.h"

#include <string.h>

enum {
	USER_INSERT,
	USER_INSERT_ADVISOR,
	USER_BY_EMAIL,
	USER_BY_PHONE,
	USER_BY_ID,
	USER_SET_PASSWORD,
	USER_GET,
	USER_GET_MANY
};
enum { GET_PHONE = 12, GET_VERSION = 13 };

#define PROFILE                                                                                       \
	"u.id, u.email, u.display_name, u.role, u.bio, u.gender, u.birth_date, u.locale, u.timezone," \
	" u.presence_hidden, u.created_at, u.updated_at, u.phone_sealed AS _phone_sealed,"            \
	" u.version AS _version"

static const struct stmt stmts[] = {
	[USER_INSERT] = { "user_insert", 9,
	    "INSERT INTO user_account (id, email, phone_hash, phone_sealed, password_hash,"
	    " display_name, role, locale, timezone)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, 'en'), coalesce($9, 'UTC'))",
	    false },
	[USER_INSERT_ADVISOR] = { "user_insert_advisor", 1, "INSERT INTO advisor (id) VALUES ($1)",
	    false },
	[USER_BY_EMAIL] = { "user_by_email", 1,
	    "SELECT id, password_hash, role, state FROM user_account"
	    " WHERE email = $1 AND state <> 'DELETED'",
	    true },
	[USER_BY_PHONE] = { "user_by_phone", 1,
	    "SELECT id, password_hash, role, state FROM user_account"
	    " WHERE phone_hash = $1 AND state <> 'DELETED'",
	    true },
	[USER_BY_ID] = { "user_by_id", 1,
	    "SELECT id, password_hash, role, state FROM user_account"
	    " WHERE id = $1 AND state <> 'DELETED'",
	    true },
	[USER_SET_PASSWORD] = { "user_set_password", 2,
	    "UPDATE user_account SET password_hash = $2 WHERE id = $1", false },
	[USER_GET] = { "user_get", 1,
	    "SELECT " PROFILE " FROM user_account u WHERE u.id = $1 AND u.state <> 'DELETED'", true },
	[USER_GET_MANY] = { "user_get_many", 1,
	    "SELECT " PROFILE ", q.n AS _n FROM unnest($1::uuid[]) WITH ORDINALITY AS q (user_id, n)"
	    " JOIN user_account u ON u.id = q.user_id WHERE u.state <> 'DELETED'",
	    true },
};
STMT_SET(user_stmts, stmts);

enum err
user_create(struct db *db, const struct conf *conf, const struct user_new *user)
{
	struct arena *arena = db_arena(db);
	const char *phone_hash = NULL, *phone_sealed = NULL;
	enum err err;

	if (user->phone != NULL) {
		phone_hash = seal_lookup(arena, conf->lookup_key, "phone", user->phone);
		phone_sealed = seal_make(arena, conf->field_keys, user->id, user->phone);
	}
	err = db_exec(db, &stmts[USER_INSERT], db_text(user->id), db_text(user->email),
	    db_text(phone_hash), db_text(phone_sealed), db_text(user->password_hash),
	    db_text(user->display_name), db_text(user->role), db_text(user->locale),
	    db_text(user->timezone));
	if (err == ERR_CONFLICT)
		return ERR_EXISTS;
	TRY(err);
	if (strcmp(user->role, "ADVISOR") == 0)
		return db_exec(db, &stmts[USER_INSERT_ADVISOR], db_text(user->id));
	return ERR_OK;
}

static struct user
user_of(const struct rows *rows)
{
	return (struct user){ rows_text(rows, 0, 0), rows_text(rows, 0, 1), rows_text(rows, 0, 2),
		rows_text(rows, 0, 3) };
}

enum err
user_find(struct db *db, const struct conf *conf, const char *identifier, struct user *user)
{
	struct rows *rows;

	if (strchr(identifier, '@') != NULL)
		TRY(db_one(db, &rows, &stmts[USER_BY_EMAIL], db_text(identifier)));
	else
		TRY(db_one(db, &rows, &stmts[USER_BY_PHONE],
		    db_text(seal_lookup(db_arena(db), conf->lookup_key, "phone", identifier))));
	*user = user_of(rows);
	return ERR_OK;
}

enum err
user_find_id(struct db *db, const char *id, struct user *user)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[USER_BY_ID], db_text(id)));
	*user = user_of(rows);
	return ERR_OK;
}

enum err
user_password_set(struct db *db, const char *id, const char *password_hash)
{
	return db_exec_one(db, &stmts[USER_SET_PASSWORD], db_text(id), db_text(password_hash));
}

struct db_bound
user_get_bind(const char *id)
{
	return db_bind_many(&stmts[USER_GET], &stmts[USER_GET_MANY], db_text(id));
}

enum err
user_get(struct db *db, const char *id, struct rows **rows)
{
	return db_run_one(db, db_ref(user_get_bind(id)), rows);
}

enum err
user_phone(
    struct db *db, const struct conf *conf, const struct rows *rows, size_t row, const char **phone)
{
	const char *sealed = rows_text(rows, row, GET_PHONE);
	char *opened;

	*phone = NULL;
	if (sealed == NULL)
		return ERR_OK;
	TRY(seal_open(db_arena(db), conf->field_keys, rows_text(rows, row, 0), sealed, &opened));
	*phone = opened;
	return ERR_OK;
}

enum err
user_json(
    struct db *db, const struct conf *conf, const struct rows *rows, size_t row, struct buf *out)
{
	const char *phone;

	TRY(user_phone(db, conf, rows, row, &phone));
	rows_json(rows, row, out);
	out->data[--out->len] = '\0'; /* the closing brace */
	buf_puts(out, ",\"phone\":");
	if (phone != NULL)
		buf_json(out, phone);
	else
		buf_puts(out, "null");
	buf_putc(out, '}');
	return ERR_OK;
}

int64_t
user_version(const struct rows *rows, size_t row)
{
	return rows_i64(rows, row, GET_VERSION);
}
