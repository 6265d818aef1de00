#include "domain/people/signin.h"
#include "base/ip.h"
#include "domain/people/attempt.h"
#include "domain/people/password.h"
#include "domain/people/totp.h"

static enum err
failed(struct db *db, const struct conf *conf, struct signin *signin, const char *bucket)
{
	signin->outcome = ERR_BAD_CREDENTIALS;
	TRY(attempt_failed(db, conf, &attempt_login, bucket));
	return attempt_failed(db, conf, &attempt_login_ip, ip_subject(db_arena(db), signin->ip));
}

static enum err
renew_hash(struct db *db, const struct conf *conf, const struct signin *signin)
{
	char *hash;

	TRY(password_hash(db_arena(db), conf, signin->password, &hash));
	return user_password_set(db, signin->user.id, hash);
}

/* The guess is let in: look at it. user->password_hash NULL fits nothing. */
static enum err
judge(struct db *db, const struct conf *conf, struct signin *signin, const struct user *user,
    const char *bucket)
{
	bool renew;
	enum err err =
	    password_verify(db_arena(db), conf, user->password_hash, signin->password, &renew);

	if (err == ERR_BAD_CREDENTIALS)
		return failed(db, conf, signin, bucket);
	TRY(err);
	signin->user = *user;
	if (renew)
		TRY(renew_hash(db, conf, signin));
	TRY(attempt_succeeded(db, conf, &attempt_login, bucket));
	return totp_check(
	    db, conf, user->id, signin->code, &signin->outcome, &signin->retry_after_s);
}

/* May somebody guess, from this address and at this account? The outcome tells. */
static enum err
let_in(struct db *db, const struct conf *conf, struct signin *signin, const char *from,
    const char *bucket)
{
	signin->outcome = attempt_look(db, conf, &attempt_login_ip, from, &signin->retry_after_s);
	if (signin->outcome == ERR_OK)
		signin->outcome =
		    attempt_begin(db, conf, &attempt_login, bucket, &signin->retry_after_s);
	return signin->outcome == ERR_RATE ? ERR_OK : signin->outcome;
}

enum err
signin_check(struct db *db, const struct conf *conf, struct signin *signin)
{
	const char *from = ip_subject(db_arena(db), signin->ip);
	const char *bucket = arena_printf(db_arena(db), "%s %s", from, signin->identifier);
	struct user user = { NULL, NULL, NULL, NULL };
	enum err err;

	TRY(let_in(db, conf, signin, from, bucket));
	if (signin->outcome != ERR_OK)
		return ERR_OK;
	err = user_find(db, conf, signin->identifier, &user);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	return judge(db, conf, signin, &user, bucket);
}

enum err
signin_again(struct db *db, const struct conf *conf, const char *user_id, struct signin *signin)
{
	const char *from = ip_subject(db_arena(db), signin->ip);
	const char *bucket = arena_printf(db_arena(db), "%s %s", from, user_id);
	struct user user;

	TRY(let_in(db, conf, signin, from, bucket));
	if (signin->outcome != ERR_OK)
		return ERR_OK;
	TRY(user_find_id(db, user_id, &user));
	return judge(db, conf, signin, &user, bucket);
}
