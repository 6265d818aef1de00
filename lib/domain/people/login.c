#include "domain/people/login.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"

#include <string.h>

enum {
	LOGIN_INSERT,
	LOGIN_TRIM,
	LOGIN_LOCK,
	LOGIN_ROTATE,
	LOGIN_TOUCH,
	LOGIN_END,
	LOGIN_END_ALL,
	LOGIN_END_OTHERS,
	LOGIN_PROVE,
	LOGIN_PROVED,
	LOGIN_LIST
};
/* Columns of LOGIN_LOCK. */
enum { LOCK_USER, LOCK_ROLE, LOCK_STATE, LOCK_COUNTER, LOCK_IN_GRACE, LOCK_OVER };

static const struct stmt stmts[] = {
	/* Who is being blocked has all logins ended: this one waits for that, or that for this. */
	[LOGIN_INSERT] = { "login_insert", 5,
	    "INSERT INTO login (id, user_id, kind, device_name, user_agent, ip, expires_at)"
	    " SELECT $1, u.id, 'APP', coalesce(left($3, 80), ''), coalesce(left($4, 300), ''), $5,"
	    " app_now() + interval '90 days' FROM user_account u"
	    " WHERE u.id = $2 AND u.state = 'ACTIVE' FOR SHARE OF u",
	    false },
	[LOGIN_TRIM] = { "login_trim", 2,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'REPLACED' WHERE id IN"
	    " (SELECT id FROM login WHERE user_id = $1 AND kind = 'APP' AND ended_at IS NULL"
	    " ORDER BY created_at DESC, id DESC OFFSET $2)",
	    false },
	[LOGIN_LOCK] = { "login_lock", 2,
	    "SELECT u.id, u.role, u.state, l.counter,"
	    " l.rotated_at > app_now() - make_interval(secs => $2),"
	    " l.ended_at IS NOT NULL OR l.expires_at <= app_now()"
	    " OR l.last_used_at <= app_now() - interval '30 days'"
	    " FROM login l JOIN user_account u ON u.id = l.user_id"
	    " WHERE l.id = $1 AND l.kind = 'APP' FOR UPDATE OF l",
	    false },
	[LOGIN_ROTATE] = { "login_rotate", 2,
	    "UPDATE login SET counter = counter + 1, rotated_at = app_now(),"
	    " last_used_at = app_now(), ip = $2 WHERE id = $1",
	    false },
	[LOGIN_TOUCH] = { "login_touch", 2,
	    "UPDATE login SET last_used_at = app_now(), ip = $2 WHERE id = $1", false },
	[LOGIN_END] = { "login_end", 3,
	    "UPDATE login SET ended_at = app_now(), end_reason = $3"
	    " WHERE user_id = $1 AND id = $2 AND ended_at IS NULL",
	    false },
	[LOGIN_END_ALL] = { "login_end_all", 2,
	    "UPDATE login SET ended_at = app_now(), end_reason = $2"
	    " WHERE user_id = $1 AND ended_at IS NULL",
	    false },
	[LOGIN_END_OTHERS] = { "login_end_others", 2,
	    "UPDATE login SET ended_at = app_now(), end_reason = 'ENDED'"
	    " WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL",
	    false },
	[LOGIN_PROVE] = { "login_prove", 1, "UPDATE login SET proved_at = app_now() WHERE id = $1",
	    false },
	[LOGIN_PROVED] = { "login_proved", 2,
	    "SELECT 1 FROM login WHERE id = $1 AND proved_at > app_now() - make_interval(secs => $2)",
	    true },
	[LOGIN_LIST] = { "login_list", 2,
	    "SELECT id, device_name, user_agent, host(ip) AS ip, created_at, last_used_at,"
	    " id = $2 AS current FROM login WHERE user_id = $1 AND kind = 'APP'"
	    " AND ended_at IS NULL AND expires_at > app_now() ORDER BY created_at DESC, id DESC"
	    " LIMIT 100",
	    true },
};
STMT_SET(login_stmts, stmts);

const struct field login_fields[] = {
	{ "id", FIELD_UUID, .doc = "The login" },
	{ "device_name", FIELD_TEXT, .doc = "As the app named it", .example = "\"Maya's phone\"" },
	{ "user_agent", FIELD_TEXT, .doc = "User-Agent at sign-in", .example = "\"App/1.0\"" },
	{ "ip", FIELD_TEXT, .doc = "Address at last use", .example = "\"203.0.113.7\"" },
	{ "created_at", FIELD_TIME, .doc = "Sign-in" },
	{ "last_used_at", FIELD_TIME, .doc = "Last refresh" },
	{ "current", FIELD_BOOL, .doc = "The login of this request" },
	{ 0 },
};

/* "r1.LOGIN.COUNTER" and its MAC. */
static void
token_mac(const struct conf *conf, const char *head, uint8_t mac[SHA256_SIZE])
{
	static const char use[] = "refresh token";
	uint8_t key[SHA256_SIZE];

	crypto_hmac_sha256(conf->lookup_key, strlen(conf->lookup_key), use, sizeof(use) - 1, key);
	crypto_hmac_sha256(key, sizeof(key), head, strlen(head), mac);
}

static char *
token_make_refresh(
    struct arena *arena, const struct conf *conf, const char *login_id, int64_t counter)
{
	char *head = arena_printf(arena, "r1.%s.%lld", login_id, (long long)counter);
	uint8_t mac[SHA256_SIZE];

	token_mac(conf, head, mac);
	return arena_printf(arena, "%s.%s", head, crypto_base64url(arena, mac, sizeof(mac)));
}

static bool
token_parse(struct arena *arena, const struct conf *conf, const char *text, const char **login_id,
    int64_t *counter)
{
	const char *last = strrchr(text, '.');
	uint8_t mac[SHA256_SIZE], *given;
	char *head, *number;
	size_t len;

	if (strlen(text) > 160 || !str_starts(text, "r1.") || last == NULL)
		return false;
	head = arena_strndup(arena, text, (size_t)(last - text));
	if (crypto_base64url_decode(arena, last + 1, strlen(last + 1), &given, &len) != ERR_OK ||
	    len != sizeof(mac))
		return false;
	token_mac(conf, head, mac);
	if (!crypto_equal(mac, given, sizeof(mac)))
		return false;
	number = strrchr(head, '.');
	*number++ = '\0';
	*login_id = head + 3;
	return strlen(head) == 3 + UUID_TEXT_LEN && uuid_valid(*login_id) &&
	    str_to_int(number, 1, INT64_MAX, counter);
}

enum err
login_create(
    struct db *db, const struct conf *conf, const struct login_new *new, struct login *login)
{
	struct arena *arena = db_arena(db);
	const char *id = uuid_new(arena);
	enum err err;

	err = db_exec_one(db, &stmts[LOGIN_INSERT], db_text(id), db_text(new->user_id),
	    db_text(new->device_name), db_text(new->user_agent), db_text(new->ip));
	if (err == ERR_NOT_FOUND)
		return ERR_ACCOUNT_BLOCKED;
	TRY(err);
	TRY(db_exec(db, &stmts[LOGIN_TRIM], db_text(new->user_id), db_i64(LOGINS_MAX)));
	login->id = id;
	login->user_id = new->user_id;
	login->refresh_token = token_make_refresh(arena, conf, id, 1);
	return ERR_OK;
}

/* What becomes of a token with this counter, given the locked row. */
static enum err
use_counter(struct db *db, const struct rows *row, const char *id, const char *ip, int64_t *counter,
    enum err *outcome)
{
	int64_t good = rows_i64(row, 0, LOCK_COUNTER);

	*outcome = ERR_REFRESH_INVALID;
	if (rows_bool(row, 0, LOCK_OVER))
		return ERR_OK;
	if (*counter == good) {
		*counter = good + 1;
		*outcome = ERR_OK;
		return db_exec_one(db, &stmts[LOGIN_ROTATE], db_text(id), db_text(ip));
	}
	if (*counter == good - 1 && rows_bool(row, 0, LOCK_IN_GRACE)) {
		*counter = good;
		*outcome = ERR_OK;
		return db_exec_one(db, &stmts[LOGIN_TOUCH], db_text(id), db_text(ip));
	}
	log_warn("refresh token used again: its login ends", LOG_STR("login_id", id));
	return login_end(db, rows_text(row, 0, LOCK_USER), id, "REUSE");
}

enum err
login_refresh(struct db *db, const struct conf *conf, const char *refresh_token, const char *ip,
    struct login *login, enum err *outcome)
{
	struct arena *arena = db_arena(db);
	struct rows *row;
	int64_t counter;
	const char *id;
	enum err err;

	*outcome = ERR_REFRESH_INVALID;
	if (!token_parse(arena, conf, refresh_token, &id, &counter))
		return ERR_OK;
	err = db_one(db, &row, &stmts[LOGIN_LOCK], db_text(id), db_i64(REFRESH_GRACE_S));
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	TRY(err);
	if (strcmp(rows_text(row, 0, LOCK_STATE), "ACTIVE") != 0) {
		*outcome = ERR_ACCOUNT_BLOCKED;
		return ERR_OK;
	}
	TRY(use_counter(db, row, id, ip, &counter, outcome));
	if (*outcome == ERR_OK)
		*login = (struct login){ id, rows_text(row, 0, LOCK_USER),
			rows_text(row, 0, LOCK_ROLE), token_make_refresh(arena, conf, id, counter) };
	return ERR_OK;
}

enum err
login_end(struct db *db, const char *user_id, const char *login_id, const char *reason)
{
	return db_exec_one(
	    db, &stmts[LOGIN_END], db_text(user_id), db_text(login_id), db_text(reason));
}

enum err
login_end_all(struct db *db, const char *user_id, const char *reason)
{
	return db_exec(db, &stmts[LOGIN_END_ALL], db_text(user_id), db_text(reason));
}

enum err
login_end_others(struct db *db, const char *user_id, const char *login_id)
{
	return db_exec(db, &stmts[LOGIN_END_OTHERS], db_text(user_id), db_text(login_id));
}

enum err
login_prove(struct db *db, const char *login_id)
{
	return db_exec_one(db, &stmts[LOGIN_PROVE], db_text(login_id));
}

enum err
login_proved(struct db *db, const char *login_id)
{
	struct rows *rows;
	enum err err =
	    db_one(db, &rows, &stmts[LOGIN_PROVED], db_text(login_id), db_i64(LOGIN_PROOF_S));

	return err == ERR_NOT_FOUND ? ERR_REAUTH : err;
}

enum err
login_list(struct db *db, const char *user_id, const char *current_id, struct rows **rows)
{
	return db_rows(db, rows, &stmts[LOGIN_LIST], db_text(user_id), db_text(current_id));
}
