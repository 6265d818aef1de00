#include "domain/people/signin.h"
#include "base/ip.h"
#include "domain/people/attempt.h"
#include "domain/people/password.h"

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

enum err
signin_check(struct db *db, const struct conf *conf, struct signin *signin)
{
	const char *from = ip_subject(db_arena(db), signin->ip);
	const char *bucket = arena_printf(db_arena(db), "%s %s", from, signin->identifier);
	struct user user = { NULL, NULL, NULL, NULL };
	bool renew;
	enum err err;

	signin->outcome = attempt_look(db, conf, &attempt_login_ip, from, &signin->retry_after_s);
	if (signin->outcome == ERR_OK)
		signin->outcome =
		    attempt_begin(db, conf, &attempt_login, bucket, &signin->retry_after_s);
	if (signin->outcome == ERR_RATE)
		return ERR_OK;
	TRY(signin->outcome);
	err = user_find(db, conf, signin->identifier, &user);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	err = password_verify(db_arena(db), conf, user.password_hash, signin->password, &renew);
	if (err == ERR_BAD_CREDENTIALS)
		return failed(db, conf, signin, bucket);
	TRY(err);
	signin->user = user;
	if (renew)
		TRY(renew_hash(db, conf, signin));
	return attempt_succeeded(db, conf, &attempt_login, bucket);
}
