#include "domain/people/totp.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/hotp.h"
#include "base/seal.h"
#include "base/str.h"
#include "domain/people/attempt.h"

#include <string.h>

enum { SECRET_SIZE = 20, RECOVERY_SIZE = 10, RECOVERY_LENGTH = 16 };

enum { GET, ENROL, LOCK, CONFIRM, STEP, DISABLE, RECOVERY_CLEAR, RECOVERY_ADD, RECOVERY_USE };
/* Columns of LOCK. */
enum { LOCK_SECRET, LOCK_ON, LOCK_STEP };

static const struct stmt stmts[] = {
	[GET] = { "totp_get", 1,
	    "SELECT t.confirmed_at IS NOT NULL AS \"on\", t.confirmed_at AS since, count(r.code_hash) AS"
	    " recovery_left FROM (SELECT $1::uuid AS id) q"
	    " LEFT JOIN totp t ON t.user_id = q.id AND t.confirmed_at IS NOT NULL"
	    " LEFT JOIN recovery_code r ON r.user_id = t.user_id AND r.used_at IS NULL GROUP BY 1, 2",
	    true },
	[ENROL] = { "totp_enrol", 2,
	    "INSERT INTO totp AS t (user_id, secret_sealed) VALUES ($1, $2)"
	    " ON CONFLICT (user_id) DO UPDATE SET secret_sealed = excluded.secret_sealed,"
	    " last_step = 0, created_at = app_now() WHERE t.confirmed_at IS NULL",
	    false },
	[LOCK] = { "totp_lock", 1,
	    "SELECT secret_sealed, confirmed_at IS NOT NULL, last_step FROM totp"
	    " WHERE user_id = $1 FOR UPDATE",
	    false },
	[CONFIRM] = { "totp_confirm", 1,
	    "UPDATE totp SET confirmed_at = app_now() WHERE user_id = $1", false },
	[STEP] = { "totp_step", 2, "UPDATE totp SET last_step = $2 WHERE user_id = $1", false },
	[DISABLE] = { "totp_disable", 1,
	    "DELETE FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL", false },
	[RECOVERY_CLEAR] = { "recovery_clear", 1, "DELETE FROM recovery_code WHERE user_id = $1",
	    false },
	[RECOVERY_ADD] = { "recovery_add", 2,
	    "INSERT INTO recovery_code (user_id, code_hash) SELECT $1, unnest($2::text[])", false },
	[RECOVERY_USE] = { "recovery_use", 2,
	    "UPDATE recovery_code SET used_at = app_now()"
	    " WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL",
	    false },
};
STMT_SET(totp_stmts, stmts);

const struct field totp_fields[] = {
	{ "on", FIELD_BOOL, .doc = "A code is asked for when signing in" },
	{ "since", FIELD_TIME, .nullable = true, .doc = "When it was set up" },
	{ "recovery_left", FIELD_INT, .doc = "Recovery codes that were not used", .example = "10" },
	{ 0 },
};

/* By account: the address does not matter to who has the password already. */
static const struct attempt_rule totp_attempts = { "totp", 5, 15 * 60, true };

enum err
totp_get(struct db *db, const char *user_id, struct rows **rows)
{
	return db_one(db, rows, &stmts[GET], db_text(user_id));
}

/* --- setting it up --- */

/* As apps read it: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
static char *
uri_of(struct arena *arena, const struct conf *conf, const char *label, const char *secret)
{
	struct buf out = buf_new(arena, 256);

	buf_puts(&out, "otpauth://totp/");
	buf_url(&out, conf->site_name);
	buf_putc(&out, ':');
	buf_url(&out, label);
	buf_puts(&out, "?secret=");
	buf_puts(&out, secret);
	buf_puts(&out, "&issuer=");
	buf_url(&out, conf->site_name);
	return out.data;
}

enum err
totp_enrol(struct db *db, const struct conf *conf, const char *user_id, const char *label,
    struct totp_secret *secret)
{
	struct arena *arena = db_arena(db);
	uint8_t bytes[SECRET_SIZE];
	enum err err;

	crypto_random(bytes, sizeof(bytes));
	secret->base32 = hotp_base32(arena, bytes, sizeof(bytes));
	secret->uri = uri_of(arena, conf, label, secret->base32);
	err = db_exec_one(db, &stmts[ENROL], db_text(user_id),
	    db_text(seal_make(arena, conf->field_keys, user_id, secret->base32)));
	return err == ERR_NOT_FOUND ? ERR_BAD_STATE : err;
}

static const char *
recovery_hash(struct arena *arena, const struct conf *conf, const char *user_id, const char *code)
{
	return seal_lookup(
	    arena, conf->lookup_key, "recovery", arena_printf(arena, "%s %s", user_id, code));
}

enum err
totp_recovery(
    struct db *db, const struct conf *conf, const char *user_id, const char *codes[RECOVERY_CODES])
{
	struct arena *arena = db_arena(db);
	struct buf hashes = buf_new(arena, RECOVERY_CODES * SHA256_HEX_SIZE + 2);
	uint8_t bytes[RECOVERY_SIZE];
	struct rows *row;
	size_t i;

	TRY(db_rows(db, &row, &stmts[LOCK], db_text(user_id)));
	if (rows_count(row) == 0 || !rows_bool(row, 0, LOCK_ON))
		return ERR_BAD_STATE;
	for (i = 0; i < RECOVERY_CODES; i++) {
		const char *code;

		crypto_random(bytes, sizeof(bytes));
		code = hotp_base32(arena, bytes, sizeof(bytes));
		codes[i] =
		    arena_printf(arena, "%.4s-%.4s-%.4s-%.4s", code, code + 4, code + 8, code + 12);
		buf_puts(&hashes, i == 0 ? "{" : ",");
		buf_puts(&hashes, recovery_hash(arena, conf, user_id, code));
	}
	buf_putc(&hashes, '}');
	TRY(db_exec(db, &stmts[RECOVERY_CLEAR], db_text(user_id)));
	return db_exec(db, &stmts[RECOVERY_ADD], db_text(user_id), db_text(hashes.data));
}

/* --- asking for it --- */

/* What was typed, without blanks and dashes, in capitals. */
static char *
typed(struct arena *arena, const char *code)
{
	char *text = arena_strdup(arena, code), *to = text;

	for (; *code != '\0'; code++)
		if (*code != ' ' && *code != '-')
			*to++ = (char)(*code >= 'a' && *code <= 'z' ? *code - 'a' + 'A' : *code);
	*to = '\0';
	return text;
}

/* *step is that of the code when it fits; else 0. */
static enum err
code_step(struct db *db, const struct conf *conf, const char *user_id, const struct rows *row,
    const char *code, int64_t *step)
{
	int64_t first = clock_now_s() / TOTP_STEP_S - TOTP_DRIFT, used = rows_i64(row, 0, LOCK_STEP);
	char *secret;
	int place;

	*step = 0;
	if (strlen(code) != TOTP_DIGITS)
		return ERR_OK;
	TRY(seal_open(
	    db_arena(db), conf->field_keys, user_id, rows_text(row, 0, LOCK_SECRET), &secret));
	TRY(hotp_find(secret, first, 2 * TOTP_DRIFT + 1, code, &place));
	if (place < 0 || first + place <= used)
		return ERR_OK;
	*step = first + place;
	return db_exec_one(db, &stmts[STEP], db_text(user_id), db_i64(*step));
}

static enum err
recovery_use(
    struct db *db, const struct conf *conf, const char *user_id, const char *code, bool *good)
{
	enum err err;

	*good = false;
	if (strlen(code) != RECOVERY_LENGTH)
		return ERR_OK;
	err = db_exec_one(db, &stmts[RECOVERY_USE], db_text(user_id),
	    db_text(recovery_hash(db_arena(db), conf, user_id, code)));
	*good = err == ERR_OK;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* The code against the locked row; a recovery code counts only when it is on. */
static enum err
judge(struct db *db, const struct conf *conf, const char *user_id, const struct rows *row,
    const char *code, enum err *outcome, int *retry_after_s)
{
	const char *text = typed(db_arena(db), code);
	bool good = false;
	int64_t step;

	*outcome = attempt_begin(db, conf, &totp_attempts, user_id, retry_after_s);
	if (*outcome != ERR_OK)
		return *outcome == ERR_RATE ? ERR_OK : *outcome;
	TRY(code_step(db, conf, user_id, row, text, &step));
	if (step == 0 && rows_bool(row, 0, LOCK_ON))
		TRY(recovery_use(db, conf, user_id, text, &good));
	*outcome = step != 0 || good ? ERR_OK : ERR_BAD_CODE;
	return *outcome == ERR_OK ? attempt_succeeded(db, conf, &totp_attempts, user_id)
				  : attempt_failed(db, conf, &totp_attempts, user_id);
}

enum err
totp_check(struct db *db, const struct conf *conf, const char *user_id, const char *code,
    enum err *outcome, int *retry_after_s)
{
	struct rows *row;

	*outcome = ERR_OK;
	TRY(db_rows(db, &row, &stmts[LOCK], db_text(user_id)));
	if (rows_count(row) == 0 || !rows_bool(row, 0, LOCK_ON))
		return ERR_OK;
	*outcome = ERR_SECOND_FACTOR;
	if (code == NULL)
		return ERR_OK;
	return judge(db, conf, user_id, row, code, outcome, retry_after_s);
}

enum err
totp_confirm(struct db *db, const struct conf *conf, const char *user_id, const char *code,
    const char *codes[RECOVERY_CODES], enum err *outcome, int *retry_after_s)
{
	struct rows *row;

	*outcome = ERR_BAD_STATE;
	TRY(db_rows(db, &row, &stmts[LOCK], db_text(user_id)));
	if (rows_count(row) == 0 || rows_bool(row, 0, LOCK_ON))
		return ERR_OK;
	TRY(judge(db, conf, user_id, row, code, outcome, retry_after_s));
	if (*outcome != ERR_OK)
		return ERR_OK;
	TRY(db_exec_one(db, &stmts[CONFIRM], db_text(user_id)));
	return totp_recovery(db, conf, user_id, codes);
}

enum err
totp_disable(struct db *db, const char *user_id)
{
	enum err err = db_exec_one(db, &stmts[DISABLE], db_text(user_id));

	return err == ERR_NOT_FOUND ? ERR_BAD_STATE : err;
}
