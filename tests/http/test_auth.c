/* Accounts and sign-in over HTTP: making accounts, tokens and their rotation, ending logins. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct client *c;
static char email[64], body[1024];

static const char *
fresh_email(void)
{
	(void)snprintf(
	    email, sizeof(email), "a%08x%08x@example.test", testdb_random(), testdb_random());
	return email;
}

static int post(const char *path, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int
post(const char *path, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(body, sizeof(body), fmt, args);
	va_end(args);
	return client_call(c, "POST", path, body);
}

static int
enrol(const char *address, const char *more)
{
	return post("/auth/register",
	    "{\"email\":\"%s\",\"password\":\"%s\",\"display_name\":\"Maya\"%s}", address,
	    person_password, more);
}

static int
sign_in(const char *identifier, const char *password)
{
	return post(
	    "/auth/login", "{\"identifier\":\"%s\",\"password\":\"%s\"}", identifier, password);
}

static int
refresh(const char *token)
{
	return post("/auth/refresh", "{\"refresh_token\":\"%s\"}", token);
}

static int
logins_with(const char *token)
{
	int status;

	client_token(c, token);
	status = client_call(c, "GET", "/auth/logins", NULL);
	client_token(c, NULL);
	return status;
}

static void
registers_users_and_advisors(void)
{
	CU_ASSERT_EQUAL(enrol(fresh_email(), ""), 201);
	CU_ASSERT_STRING_EQUAL(client_text(c, "user.role"), "USER");
	CU_ASSERT_STRING_EQUAL(client_text(c, "user.email"), email);
	CU_ASSERT_STRING_EQUAL(client_text(c, "token_type"), "Bearer");
	CU_ASSERT_EQUAL(client_i64(c, "expires_in"), 600);
	CU_ASSERT_EQUAL(enrol(fresh_email(), ",\"role\":\"ADVISOR\""), 201);
	CU_ASSERT_STRING_EQUAL(client_text(c, "user.role"), "ADVISOR");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM advisor WHERE id = $1 AND state = 'DRAFT'",
			    client_text(c, "user.id")),
	    1);
}

static void
never_registers_an_admin(void)
{
	CU_ASSERT_EQUAL(enrol(fresh_email(), ",\"role\":\"ADMIN\""), 422);
	CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), "role");
	CU_ASSERT_EQUAL(enrol(fresh_email(), ",\"state\":\"ACTIVE\""), 422);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM user_account WHERE email = $1", email), 0);
}

static void
takes_an_address_once(void)
{
	char phone[32], upper[64];
	size_t i;

	CU_ASSERT_EQUAL(enrol(fresh_email(), ""), 201);
	for (i = 0; i <= strlen(email); i++)
		upper[i] = (char)(email[i] >= 'a' && email[i] <= 'z' ? email[i] - 32 : email[i]);
	CU_ASSERT_EQUAL(enrol(upper, ""), 409);
	CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "already_exists");
	(void)snprintf(phone, sizeof(phone), ",\"phone\":\"+91%010u\"", testdb_random());
	CU_ASSERT_EQUAL(enrol(fresh_email(), phone), 201);
	CU_ASSERT_EQUAL(enrol(fresh_email(), phone), 409);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM user_account WHERE email = $1", email), 0);
}

static void
refuses_weak_passwords(void)
{
	static const char *const weak[] = { "", "short", "password", "Password123", "12345678",
		"aaaaaaaaaa", "qwertyuiop" };
	size_t i;

	for (i = 0; i < COUNT_OF(weak); i++) {
		CU_ASSERT_EQUAL(post("/auth/register",
				    "{\"email\":\"%s\",\"password\":\"%s\",\"display_name\":\"M\"}",
				    fresh_email(), weak[i]),
		    422);
		CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), "password");
	}
	CU_ASSERT_EQUAL(post("/auth/register",
			    "{\"email\":\"margarethe@example.test\","
			    "\"password\":\"margarethe-1\",\"display_name\":\"M\"}"),
	    422);
	CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), "password");
	CU_ASSERT_PTR_NULL(strstr(client_body(c), "margarethe-1")); /* a secret is never echoed */
}

static void
refuses_what_does_not_exist(void)
{
	static const char *const wrong[][2] = { { "timezone", "Mars/Olympus" },
		{ "locale", "klingon language" } };
	size_t i;

	for (i = 0; i < COUNT_OF(wrong); i++) {
		CU_ASSERT_EQUAL(
		    post("/auth/register",
			"{\"email\":\"%s\",\"password\":\"a good pass phrase\",\"display_name\":\"M\","
			"\"%s\":\"%s\"}",
			fresh_email(), wrong[i][0], wrong[i][1]),
		    422);
		CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), wrong[i][0]);
	}
}

static void
signs_in_by_mail_or_phone(void)
{
	char phone[32], more[64], upper[64];
	size_t i;

	(void)snprintf(phone, sizeof(phone), "+91%010u", testdb_random());
	(void)snprintf(more, sizeof(more), ",\"phone\":\"%s\"", phone);
	CU_ASSERT_EQUAL(enrol(fresh_email(), more), 201);
	CU_ASSERT_EQUAL(sign_in(email, person_password), 200);
	CU_ASSERT_STRING_EQUAL(client_text(c, "user.phone"), phone);
	for (i = 0; i <= strlen(email); i++)
		upper[i] = (char)(email[i] >= 'a' && email[i] <= 'z' ? email[i] - 32 : email[i]);
	CU_ASSERT_EQUAL(sign_in(upper, person_password), 200);
	CU_ASSERT_EQUAL(sign_in(phone, person_password), 200);
	CU_ASSERT_EQUAL(logins_with(client_text(c, "access_token")), 200);
	CU_ASSERT_EQUAL(client_count(c, "items"), 4);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM user_account WHERE email = $1 AND"
		       " (phone_sealed LIKE '%' || $2 || '%' OR phone_hash LIKE '%' || $2 || '%')",
		email, phone + 1),
	    0);
}

/* The body of a refusal, without its request id. */
static char *
refusal(const char *identifier, const char *password, int *status)
{
	*status = sign_in(identifier, password);
	json_object_object_del(client_json(c), "request_id");
	return strdup(json_object_to_json_string(client_json(c)));
}

static void
known_and_unknown_get_one_answer(void)
{
	char *known, *unknown, *phone;
	int status[3];

	CU_ASSERT_EQUAL(enrol(fresh_email(), ""), 201);
	known = refusal(email, "wrong password", &status[0]);
	unknown = refusal("nobody-at-all@example.test", "wrong password", &status[1]);
	phone = refusal("+919999999999", "wrong password", &status[2]);
	CU_ASSERT_EQUAL(status[0], 401);
	CU_ASSERT_EQUAL(status[1], 401);
	CU_ASSERT_EQUAL(status[2], 401);
	CU_ASSERT_STRING_EQUAL(known, unknown);
	CU_ASSERT_STRING_EQUAL(known, phone);
	free(known);
	free(unknown);
	free(phone);
}

static void
a_blocked_account_is_told_only_to_its_owner(void)
{
	struct person p = person_register("USER");

	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", p.id);
	CU_ASSERT_EQUAL(sign_in(p.email, "wrong password"), 401);
	CU_ASSERT_EQUAL(sign_in(p.email, person_password), 403);
	CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "account_blocked");
	CU_ASSERT_EQUAL(refresh(p.refresh), 403);
	testdb_run("UPDATE user_account SET state = 'DELETED' WHERE id = $1", p.id);
	CU_ASSERT_EQUAL(sign_in(p.email, person_password), 401); /* as if it had never been */
	CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "bad_credentials");
}

static void
a_refresh_token_is_good_once(void)
{
	struct person p = person_register("USER");
	char second[512];

	CU_ASSERT_EQUAL(refresh(p.refresh), 200);
	(void)snprintf(second, sizeof(second), "%s", client_text(c, "refresh_token"));
	CU_ASSERT_STRING_NOT_EQUAL(second, p.refresh);
	CU_ASSERT_EQUAL(refresh(p.refresh), 200); /* a lost answer: the same child again */
	CU_ASSERT_STRING_EQUAL(client_text(c, "refresh_token"), second);
	CU_ASSERT_EQUAL(refresh(second), 200);
	CU_ASSERT_EQUAL(logins_with(client_text(c, "access_token")), 200);
	CU_ASSERT_EQUAL(client_count(c, "items"), 1);
}

static void
refuses_forged_refresh_tokens(void)
{
	struct person p = person_register("USER");
	char changed[512];
	size_t i;

	CU_ASSERT_EQUAL(refresh(p.token), 422); /* too long to be one */
	CU_ASSERT_EQUAL(refresh("r1.x.1.y"), 401);
	for (i = 0; i < strlen(p.refresh); i += 7) {
		(void)snprintf(changed, sizeof(changed), "%s", p.refresh);
		changed[i] = changed[i] == '2' ? '3' : '2';
		CU_ASSERT_EQUAL(refresh(changed), 401);
		CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "refresh_invalid");
	}
	CU_ASSERT_EQUAL(refresh(p.refresh), 200);
}

/* Ask until the token is refused; the promise is five seconds. */
static bool
refused_in_time(const char *token)
{
	struct timespec moment = { 0, 100000000 };
	int i;

	for (i = 0; i < 50; i++) {
		if (logins_with(token) == 401)
			return true;
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

static void
a_stolen_refresh_token_ends_the_login(void)
{
	struct person p = person_register("USER");
	char access[2049], second[512];

	CU_ASSERT_EQUAL(refresh(p.refresh), 200);
	(void)snprintf(access, sizeof(access), "%s", client_text(c, "access_token"));
	(void)snprintf(second, sizeof(second), "%s", client_text(c, "refresh_token"));
	testdb_run("UPDATE login SET rotated_at = rotated_at - interval '11 seconds'"
		   " WHERE user_id = $1",
	    p.id);
	CU_ASSERT_EQUAL(refresh(p.refresh), 401);
	CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "refresh_invalid");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT end_reason FROM login WHERE user_id = $1", p.id), "REUSE");
	CU_ASSERT_EQUAL(refresh(second), 401);
	CU_ASSERT(refused_in_time(access));
}

static void
a_login_ends_by_age_and_idleness(void)
{
	struct person p = person_register("USER"), q = person_register("USER");

	testdb_run("UPDATE login SET expires_at = app_now() WHERE user_id = $1", p.id);
	testdb_run("UPDATE login SET last_used_at = app_now() - interval '31 days'"
		   " WHERE user_id = $1",
	    q.id);
	CU_ASSERT_EQUAL(refresh(p.refresh), 401);
	CU_ASSERT_EQUAL(refresh(q.refresh), 401);
}

static void
logout_ends_this_login(void)
{
	struct person p = person_register("USER");
	char other[2049];

	CU_ASSERT_EQUAL(sign_in(p.email, person_password), 200);
	(void)snprintf(other, sizeof(other), "%s", client_text(c, "access_token"));
	client_token(c, p.token);
	CU_ASSERT_EQUAL(client_call(c, "POST", "/auth/logout", NULL), 204);
	client_token(c, NULL);
	CU_ASSERT(refused_in_time(p.token));
	CU_ASSERT_EQUAL(refresh(p.refresh), 401);
	CU_ASSERT_EQUAL(logins_with(other), 200);
	CU_ASSERT_EQUAL(client_count(c, "items"), 1);
}

static void
logout_all_ends_every_login(void)
{
	struct person p = person_register("USER");
	char other[2049];

	CU_ASSERT_EQUAL(sign_in(p.email, person_password), 200);
	(void)snprintf(other, sizeof(other), "%s", client_text(c, "access_token"));
	client_token(c, p.token);
	CU_ASSERT_EQUAL(client_call(c, "POST", "/auth/logout-all", NULL), 204);
	client_token(c, NULL);
	CU_ASSERT(refused_in_time(p.token));
	CU_ASSERT(refused_in_time(other));
}

static void
one_login_can_be_ended_from_another(void)
{
	struct person p = person_register("USER"), stranger = person_register("USER");
	char other[2049], id[37], path[64];

	CU_ASSERT_EQUAL(sign_in(p.email, person_password), 200);
	(void)snprintf(other, sizeof(other), "%s", client_text(c, "access_token"));
	CU_ASSERT_EQUAL(logins_with(p.token), 200);
	CU_ASSERT_STRING_EQUAL(client_text(c, "items.0.current"), "false");
	CU_ASSERT_STRING_EQUAL(client_text(c, "items.1.current"), "true");
	(void)snprintf(id, sizeof(id), "%s", client_text(c, "items.0.id"));
	(void)snprintf(path, sizeof(path), "/auth/logins/%s", id);
	client_token(c, stranger.token);
	CU_ASSERT_EQUAL(client_call(c, "DELETE", path, NULL), 404);
	client_token(c, p.token);
	CU_ASSERT_EQUAL(client_call(c, "DELETE", path, NULL), 204);
	CU_ASSERT_EQUAL(client_call(c, "DELETE", path, NULL), 404);
	client_token(c, NULL);
	CU_ASSERT(refused_in_time(other));
	CU_ASSERT_EQUAL(logins_with(p.token), 200);
}

static void
keeps_ten_logins(void)
{
	struct person p = person_register("USER");
	int i;

	for (i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(sign_in(p.email, person_password), 200);
	CU_ASSERT_EQUAL(logins_with(client_text(c, "access_token")), 200);
	CU_ASSERT_EQUAL(client_count(c, "items"), 10);
	CU_ASSERT_EQUAL(refresh(p.refresh), 401);
}

static void
bad_tokens_are_refused(void)
{
	static const char *const headers[] = { "Authorization: Bearer", "Authorization: Bearer x",
		"Authorization: Basic dXNlcjpwYXNz", "Authorization: Bearer a.b.c",
		"Authorization: bearer e30.e30.e30", "Authorization: Bearer  " };
	size_t i;

	for (i = 0; i < COUNT_OF(headers); i++) {
		client_header(c, headers[i]);
		CU_ASSERT_EQUAL(client_call(c, "GET", "/auth/logins", NULL), 401);
		CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "unauthorized");
		CU_ASSERT(strstr(client_reply_header(c, "WWW-Authenticate"), "Bearer") != NULL);
	}
}

/* The word before a token says what kind it is: a good one under another word is none. */
static void
a_token_goes_by_the_name_of_bearer(void)
{
	static const struct {
		const char *word;
		int status;
	} words[] = { { "Bearer ", 200 }, { "BEARER ", 200 }, { "Digest ", 401 },
		{ "Bearer\t", 401 }, { "Bearers ", 401 }, { "", 401 } };
	struct person p = person_register("USER");
	char line[2200];
	size_t i;

	for (i = 0; i < COUNT_OF(words); i++) {
		(void)snprintf(line, sizeof(line), "Authorization: %s%s", words[i].word, p.token);
		client_header(c, line);
		CU_ASSERT_EQUAL(client_call(c, "GET", "/auth/logins", NULL), words[i].status);
	}
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "registers users and advisors",
						       registers_users_and_advisors },
		{ "never registers an admin", never_registers_an_admin },
		{ "takes an address once, in any case", takes_an_address_once },
		{ "refuses weak passwords", refuses_weak_passwords },
		{ "refuses a zone or a language that does not exist", refuses_what_does_not_exist },
		{ "signs in by mail or phone", signs_in_by_mail_or_phone },
		{ "known and unknown accounts get one answer", known_and_unknown_get_one_answer },
		{ "a blocked account is told only to its owner",
		    a_blocked_account_is_told_only_to_its_owner },
		{ "a refresh token is good once", a_refresh_token_is_good_once },
		{ "refuses forged refresh tokens", refuses_forged_refresh_tokens },
		{ "a stolen refresh token ends the login", a_stolen_refresh_token_ends_the_login },
		{ "a login ends by age and idleness", a_login_ends_by_age_and_idleness },
		{ "logout ends this login", logout_ends_this_login },
		{ "logout-all ends every login", logout_all_ends_every_login },
		{ "one login can be ended from another", one_login_can_be_ended_from_another },
		{ "keeps ten logins", keeps_ten_logins },
		{ "bad tokens are refused", bad_tokens_are_refused },
		{ "a token goes by the name of Bearer", a_token_goes_by_the_name_of_bearer },
		{ NULL, NULL } };
	int status;

	c = client_new();
	status = cunit_run("auth", tests);
	client_free(c);
	return status;
}
