/*
 * auth: making accounts, signing in, refresh tokens, and the list of one's logins. Its requests compute
 * argon2id, so nginx keeps no connections to it (design, decision 11).
 */
#include "auth.h"

#include "base/uuid.h"
#include "domain/people/attempt.h"
#include "domain/people/login.h"
#include "domain/people/password.h"
#include "domain/people/profile.h"
#include "domain/people/signin.h"
#include "domain/people/totp.h"
#include "domain/people/user.h"
#include "web/reply.h"
#include "web/token.h"

#include <string.h>

static const struct field register_body[] = {
	{ "email", FIELD_EMAIL, .doc = "E-mail address; this or phone is needed" },
	{ "phone", FIELD_PHONE, .doc = "Phone number in E.164" },
	{ "password", FIELD_SECRET, .required = true, .min = PASSWORD_MIN, .max = PASSWORD_MAX,
	    .doc = "8 to 128 characters; common passwords are refused" },
	{ "display_name", FIELD_TEXT, .required = true, .min = 1, .max = 80,
	    .doc = "Name shown to others", .example = "\"Maya\"" },
	{ "role", FIELD_ENUM, .one_of = user_roles_chosen,
	    .doc = "USER (the default) or ADVISOR, who then applies" },
	{ "locale", FIELD_TEXT, .min = 2, .max = 35, .doc = "BCP 47 tag", .example = "\"en-IN\"" },
	{ "timezone", FIELD_TEXT, .min = 1, .max = 64, .doc = "IANA zone",
	    .example = "\"Asia/Kolkata\"" },
	{ "device_name", FIELD_TEXT, .max = 80, .doc = "Shown in the list of logins",
	    .example = "\"Maya's phone\"" },
	{ 0 },
};

static const struct field login_body[] = {
	{ "identifier", FIELD_TEXT, .required = true, .min = 3, .max = 254,
	    .doc = "E-mail address or phone number", .example = "\"maya@example.org\"" },
	{ "password", FIELD_SECRET, .required = true, .min = 1, .max = PASSWORD_MAX,
	    .doc = "The password" },
	{ "code", FIELD_SECRET, .min = TOTP_DIGITS, .max = FACTOR_CODE_MAX,
	    .doc =
		"Of the second factor, when it is on: from the authenticator app, or a recovery code",
	    .example = "\"287082\"" },
	{ "device_name", FIELD_TEXT, .max = 80, .doc = "Shown in the list of logins",
	    .example = "\"Maya's phone\"" },
	{ 0 },
};

static const struct field refresh_body[] = {
	{ "refresh_token", FIELD_SECRET, .required = true, .min = 1, .max = 200,
	    .doc = "The one received last",
	    .example = "\"r1.0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80.4.mac\"" },
	{ 0 },
};

static const struct field tokens_reply[] = {
	{ "user", FIELD_OBJECT, .sub = user_own_fields, .doc = "Who signed in" },
	{ "access_token", FIELD_SECRET, .doc = "For Authorization: Bearer",
	    .example = "\"eyJhbGciOiJIUzI1NiJ9.e30.signature\"" },
	{ "refresh_token", FIELD_SECRET, .doc = "For POST /auth/refresh; good once",
	    .example = "\"r1.0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80.1.mac\"" },
	{ "expires_in", FIELD_INT, .doc = "Life of the access token, seconds", .example = "600" },
	{ "token_type", FIELD_TEXT, .doc = "Always Bearer", .example = "\"Bearer\"" },
	{ 0 },
};

/* The tokens of a good login and the account behind it. */
static enum err
reply_tokens(struct req *req, const struct login *login)
{
	struct buf *body = &req->reply.body;
	struct rows *rows;

	TRY(user_get(req->db, login->user_id, &rows));
	buf_puts(body, "{\"user\":");
	TRY(user_json(req->db, req->conf, rows, 0, body));
	buf_puts(body, ",\"access_token\":");
	buf_json(body,
	    token_make(
		req->arena, req->conf, login->user_id, login->id, token_role_parse(login->role)));
	buf_puts(body, ",\"refresh_token\":");
	buf_json(body, login->refresh_token);
	buf_printf(body, ",\"expires_in\":%lld,\"token_type\":\"Bearer\"}",
	    (long long)req->conf->access_token_s);
	return reply_json(req, "");
}

static struct login_new
login_of(const struct req *req, const char *user_id)
{
	return (struct login_new){ user_id, req_text(req, "device_name"), req_user_agent(req),
		req->ip };
}

struct registration {
	struct req *req;
	struct user_new user;
};

static enum err
register_in_tx(struct db *db, void *arg)
{
	struct registration *reg = arg;
	struct login_new new = login_of(reg->req, reg->user.id);
	struct login login;

	reply_restart(reg->req);
	TRY(user_create(db, reg->req->conf, &reg->user));
	TRY(login_create(db, reg->req->conf, &new, &login));
	login.role = reg->user.role;
	return reply_tokens(reg->req, &login);
}

static enum err
post_register(struct req *req)
{
	struct registration reg = { .req = req };
	struct fault fault = FAULT_NONE;
	const char *weak;
	char *hash;
	enum err err;

	reg.user = (struct user_new){ uuid_new(req->arena), req_text(req, "email"),
		req_text(req, "phone"), NULL, req_text(req, "display_name"), req_text(req, "role"),
		req_text(req, "locale"), req_text(req, "timezone") };
	if (reg.user.role == NULL)
		reg.user.role = "USER";
	if (reg.user.email == NULL && reg.user.phone == NULL)
		return req_invalid(req, "email", "is missing: give this or phone");
	err = profile_check(req->db, req_body_json(req), &fault);
	if (err != ERR_OK)
		return req_fault(req, err, &fault);
	weak = password_weakness(req_text(req, "password"), reg.user.email);
	if (weak != NULL)
		return req_invalid(req, "password", weak);
	TRY(password_hash(req->arena, req->conf, req_text(req, "password"), &hash));
	reg.user.password_hash = hash;
	TRY(db_tx(req->db, register_in_tx, &reg));
	reply_location(req, "/api/v1/users/me");
	return ERR_OK;
}

struct entry {
	struct req *req;
	struct signin signin;
};

static enum err
login_in_tx(struct db *db, void *arg)
{
	struct entry *entry = arg;
	struct req *req = entry->req;
	struct login login;
	struct login_new new;

	reply_restart(req);
	TRY(signin_check(db, req->conf, &entry->signin));
	if (entry->signin.outcome != ERR_OK)
		return ERR_OK; /* commit the count of failures */
	if (strcmp(entry->signin.user.state, "ACTIVE") != 0) {
		entry->signin.outcome = ERR_ACCOUNT_BLOCKED;
		return ERR_OK;
	}
	new = login_of(req, entry->signin.user.id);
	TRY(login_create(db, req->conf, &new, &login));
	login.role = entry->signin.user.role;
	return reply_tokens(req, &login);
}

static enum err
post_login(struct req *req)
{
	struct entry entry = { .req = req };
	char *identifier = arena_strdup(req->arena, req_text(req, "identifier"));

	for (char *c = identifier; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	entry.signin = (struct signin){ .identifier = identifier,
		.password = req_text(req, "password"),
		.code = req_text(req, "code"),
		.ip = req->ip };
	TRY(db_tx(req->db, login_in_tx, &entry));
	req->retry_after_s = entry.signin.retry_after_s;
	return entry.signin.outcome;
}

struct renewal {
	struct req *req;
	enum err outcome;
};

static enum err
refresh_in_tx(struct db *db, void *arg)
{
	struct renewal *renewal = arg;
	struct req *req = renewal->req;
	struct login login;

	reply_restart(req);
	TRY(login_refresh(
	    db, req->conf, req_text(req, "refresh_token"), req->ip, &login, &renewal->outcome));
	return renewal->outcome == ERR_OK ? reply_tokens(req, &login) : ERR_OK;
}

static enum err
post_refresh(struct req *req)
{
	struct renewal renewal = { req, ERR_OK };

	TRY(db_tx(req->db, refresh_in_tx, &renewal));
	return renewal.outcome;
}

static enum err
post_logout(struct req *req)
{
	enum err err = login_end(req->db, req->caller.user_id, req->caller.login_id, "LOGOUT");

	return err == ERR_OK || err == ERR_NOT_FOUND ? reply_empty(req) : err;
}

static enum err
post_logout_all(struct req *req)
{
	TRY(login_end_all(req->db, req->caller.user_id, "LOGOUT_ALL"));
	return reply_empty(req);
}

static enum err
get_logins(struct req *req)
{
	struct rows *rows;

	TRY(login_list(req->db, req->caller.user_id, req->caller.login_id, &rows));
	return reply_rows(req, rows);
}

static enum err
delete_login(struct req *req)
{
	TRY(login_end(req->db, req->caller.user_id, req->params[0], "ENDED"));
	return reply_empty(req);
}

static const enum err register_errors[] = { ERR_EXISTS, ERR_BUSY, ERR_OK };
static const enum err login_errors[] = { ERR_BAD_CREDENTIALS, ERR_SECOND_FACTOR, ERR_BAD_CODE,
	ERR_ACCOUNT_BLOCKED, ERR_BUSY, ERR_OK };
static const enum err refresh_errors[] = { ERR_REFRESH_INVALID, ERR_ACCOUNT_BLOCKED, ERR_OK };

static const struct route routes[] = {
	{ METHOD_POST, "/api/v1/auth/register", "auth_register", .roles = ROLE_ANON,
	    .rate = RATE_AUTH, .flags = ROUTE_NO_TX, .status = 201, .body_max = AUTH_BYTES_MAX,
	    .body = register_body, .reply = tokens_reply, .errors = register_errors,
	    .handle = post_register, .summary = "Make an account and sign in",
	    .doc = "Give an e-mail address, a phone number or both. An ADVISOR starts with an "
		   "empty profile and applies with it." },
	{ METHOD_POST, "/api/v1/auth/login", "auth_login", .roles = ROLE_ANON, .rate = RATE_AUTH,
	    .flags = ROUTE_NO_TX, .body_max = AUTH_BYTES_MAX, .body = login_body,
	    .reply = tokens_reply, .errors = login_errors, .handle = post_login,
	    .summary = "Sign in with a password",
	    .doc = "Known and unknown accounts get the same answer in the same time. After five "
		   "failures for one account from one address each further try has to wait, a "
		   "second at first and up to 60, as Retry-After says." },
	{ METHOD_POST, "/api/v1/auth/refresh", "auth_refresh", .roles = ROLE_ANON,
	    .rate = RATE_READ, .flags = ROUTE_NO_TX, .body_max = AUTH_BYTES_MAX,
	    .body = refresh_body, .reply = tokens_reply, .errors = refresh_errors,
	    .handle = post_refresh, .summary = "Exchange the refresh token for new tokens",
	    .doc = "Each refresh token is good once. Sending it again within ten seconds gives the "
		   "same child; later it is taken for theft and the login ends." },
	{ METHOD_POST, "/api/v1/auth/logout", "auth_logout", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .status = 204, .handle = post_logout, .summary = "End this login",
	    .doc = "Its refresh token is good no more, and its access token within seconds." },
	{ METHOD_POST, "/api/v1/auth/logout-all", "auth_logout_all", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .status = 204, .handle = post_logout_all,
	    .summary = "End all logins of this account",
	    .doc = "That of the caller too. Access tokens stop working within seconds." },
	{ METHOD_GET, "/api/v1/auth/logins", "login_list", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .reply = login_fields, .handle = get_logins,
	    .summary = "List the devices signed in to this account",
	    .doc = "The newest first; current marks the one that asks." },
	{ METHOD_DELETE, "/api/v1/auth/logins/{id}", "login_end", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .status = 204, .handle = delete_login, .summary = "End one login",
	    .doc = "One of your own, as that of a lost device." },
	{ 0 },
};

int
main(int argc, char **argv)
{
	static const struct route *const tables[] = { routes, auth_factor_routes, NULL };
	static const struct stmt_set *const sets[] = { &user_stmts, &login_stmts, &attempt_stmts,
		&profile_stmts, &totp_stmts, NULL };
	static const struct app app = { .name = "auth",
		.routes = tables,
		.sets = sets,
		.one_request = true,
		.prepare = password_prepare };

	return app_main(&app, argc, argv);
}
