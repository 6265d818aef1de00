/* The edges of HTTP: what every route does with odd requests, and the one shape of errors. */
#include "base/str.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static struct client *c;
static struct person user;

/* The reply is an error of that code, in the shape of all errors. */
static bool
is_error(int status, int wanted, const char *code)
{
	bool good = status == wanted && strcmp(client_text(c, "error"), code) == 0 &&
	    client_text(c, "message")[0] != '\0' &&
	    strcmp(client_text(c, "request_id"), client_reply_header(c, "X-Request-Id")) == 0 &&
	    strstr(client_reply_header(c, "Content-Type"), "application/json") != NULL;

	if (!good)
		(void)fprintf(
		    stderr, "%d, wanted %d %s: %s\n", status, wanted, code, client_body(c));
	return good;
}

static int
send_text(const char *path, const char *type, const char *text, size_t len)
{
	return client_send(c, "POST", path, type, text, len);
}

static int
login_with(const char *text)
{
	return send_text("/auth/login", "application/json", text, strlen(text));
}

static void
unknown_paths_are_not_found(void)
{
	static const char *const paths[] = { "/nothing", "/auth", "/auth/", "/auth/nothing",
		"/users/me/", "//nothing", "//api", "//api/v1", "/advisors/1",
		"/advisors/0199A3C0-7D2E-7C1B-9F3A-2B1D5E6F7A80", "//.confab/404", "//.git/config",
		/* merely begin as paths of a program */
		"/usersX", "/users.json", "/reportsX", "/advisorsX", "/specializations1",
		"/sessionsX", "/conversationsX", "/messagesX", "/eventsX", "/events/streamX",
		"/wsX", "/authX", "/adminX", "//adminX", "//admin.html", "//livezX", "//readyz/",
		"//metricsX", "//docs/", "//api//v1//usersX" };
	size_t i;

	for (i = 0; i < COUNT_OF(paths); i++)
		CU_ASSERT(is_error(client_call(c, "GET", paths[i], NULL), 404, "not_found"));
}

static void
a_path_is_read_in_one_way(void)
{
	client_token(c, user.token);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/%6de", NULL), 200);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/auth/../users/./me", NULL), 200);
	CU_ASSERT_EQUAL(client_call(c, "GET", "//api/v1//users///me", NULL), 200);
	CU_ASSERT_EQUAL(client_call(c, "GET", "//api/v1/events/../users/me", NULL), 200);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/userS/me", NULL), 404);
	client_token(c, NULL);
	CU_ASSERT(is_error(client_call(c, "GET", "/users/me%00", NULL), 400, "bad_request"));
	CU_ASSERT(is_error(client_call(c, "GET", "/users/%ff%fe", NULL), 400, "bad_request"));
	CU_ASSERT(is_error(
	    client_call(c, "GET", "/users/..%2f..%2f..%2f..%2fetc", NULL), 400, "bad_request"));
}

static void
other_methods_are_told_what_is_allowed(void)
{
	CU_ASSERT(
	    is_error(client_call(c, "DELETE", "/auth/login", NULL), 405, "method_not_allowed"));
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Allow"), "POST");
	CU_ASSERT(is_error(client_call(c, "PUT", "/auth/logins", "{}"), 405, "method_not_allowed"));
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Allow"), "GET, HEAD");
	CU_ASSERT(is_error(client_call(c, "BREW", "/auth/login", NULL), 405, "method_not_allowed"));
	CU_ASSERT_EQUAL(client_call(c, "TRACE", "/auth/login", NULL), 405);
}

static void
head_is_get_without_a_body(void)
{
	char length[32];

	CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
	(void)snprintf(length, sizeof(length), "%zu", strlen(client_body(c)));
	CU_ASSERT_EQUAL(client_call(c, "HEAD", "/specializations", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_body(c), "");
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Content-Length"), length);
	CU_ASSERT_EQUAL(client_call(c, "HEAD", "/auth/login", NULL), 405);
}

static void
bodies_are_bounded(void)
{
	size_t len = 70000;
	char *big = malloc(len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	memset(big, ' ', len);
	CU_ASSERT(
	    is_error(send_text("/auth/login", "application/json", big, len), 413, "too_large"));
	CU_ASSERT(
	    is_error(send_text("/auth/login", "application/json", big, 4097), 413, "too_large"));
	CU_ASSERT(
	    is_error(send_text("/auth/login", "application/json", big, 4096), 400, "bad_json"));
	client_token(c, user.token);
	CU_ASSERT(is_error(
	    client_send(c, "PATCH", "/users/me", "application/json", big, len), 413, "too_large"));
	client_token(c, NULL);
	free(big);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
}

/* On a kept connection what nobody read would be taken for the next request. */
static void
a_body_that_nobody_reads_is_in_nobodys_way(void)
{
	size_t len = 60000;
	char *big = malloc(len);
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	memset(big, 'x', len);
	for (i = 0; i < 20; i++) {
		CU_ASSERT(is_error(client_send(c, "POST", "/reports", "application/json", big, len),
		    401, "unauthorized"));
		CU_ASSERT(is_error(client_call(c, "GET", "/users/me", NULL), 401, "unauthorized"));
	}
	free(big);
}

static void
long_lines_are_refused(void)
{
	char path[9000];
	size_t len = (size_t)snprintf(path, sizeof(path), "/advisors?q=");

	memset(path + len, 'a', 5000);
	path[len + 5000] = '\0';
	CU_ASSERT(is_error(client_call(c, "GET", path, NULL), 414, "uri_too_long"));
	memset(path + len, 'a', 8500);
	path[len + 8500] = '\0';
	CU_ASSERT(is_error(client_call(c, "GET", path, NULL), 414, "uri_too_long"));
	(void)snprintf(path, sizeof(path), "/users/");
	memset(path + 7, 'a', 2000);
	path[2007] = '\0';
	CU_ASSERT(is_error(client_call(c, "GET", path, NULL), 414, "uri_too_long"));
}

static void
only_json_is_taken(void)
{
	static const char good[] = "{\"identifier\":\"x@y.zz\",\"password\":\"wrong pw\"}";
	static const char *const types[] = { "text/plain", "application/x-www-form-urlencoded",
		"application/jsonp", "application/json-patch+json", "multipart/form-data" };
	size_t i;

	for (i = 0; i < COUNT_OF(types); i++)
		CU_ASSERT(is_error(
		    send_text("/auth/login", types[i], good, strlen(good)), 415, "media_type"));
	CU_ASSERT(is_error(send_text("/auth/login", NULL, good, strlen(good)), 415, "media_type"));
	CU_ASSERT_EQUAL(
	    send_text("/auth/login", "Application/JSON; charset=utf-8", good, strlen(good)), 401);
}

static void
bad_json_names_its_key(void)
{
	static const struct {
		const char *text, *field;
	} cases[] = { { "{\"password\":\"a\",\"password\":\"b\"}", "password" },
		{ "{\"identifier\":\"a\\u0000b\"}", "identifier" },
		{ "{\"identifier\":\"\xff\"}", "identifier" },
		{ "{\"identifier\":\"\xc0\xaf\"}", "identifier" },
		{ "{\"identifier\":\"\\ud800\"}", "identifier" },
		{ "{\"identifier\":99999999999999999999}", "identifier" }, { "", "body" },
		{ " ", "body" }, { "{", "body" }, { "nonsense", "body" }, { "{}{}", "body" },
		{ "{'a':1}", "body" } };
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		CU_ASSERT(is_error(login_with(cases[i].text), 400, "bad_json"));
		if (strcmp(client_text(c, "details.field"), cases[i].field) != 0)
			(void)fprintf(stderr, "%s: %s\n", cases[i].text, client_body(c));
		CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), cases[i].field);
	}
	CU_ASSERT(is_error(
	    send_text("/auth/login", "application/json", "{\"a\":\0}", 7), 400, "bad_json"));
	CU_ASSERT(is_error(login_with("[]"), 422, "validation_error"));
	CU_ASSERT(is_error(login_with("1"), 422, "validation_error"));
}

static void
all_failed_fields_are_named(void)
{
	CU_ASSERT(
	    is_error(login_with("{\"identifier\":7,\"extra\":true}"), 422, "validation_error"));
	CU_ASSERT_EQUAL(client_count(c, "errors"), 3);
	CU_ASSERT_STRING_EQUAL(client_text(c, "errors.0.field"), "extra");
	CU_ASSERT_STRING_EQUAL(client_text(c, "errors.1.field"), "identifier");
	CU_ASSERT_STRING_EQUAL(client_text(c, "errors.2.field"), "password");
}

static void
a_query_is_checked_too(void)
{
	CU_ASSERT(
	    is_error(client_call(c, "GET", "/advisors?color=red", NULL), 422, "validation_error"));
	CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), "color");
	CU_ASSERT(
	    is_error(client_call(c, "GET", "/specializations?x=1", NULL), 422, "validation_error"));
	CU_ASSERT(
	    is_error(client_call(c, "GET", "/advisors?limit=0", NULL), 422, "validation_error"));
	CU_ASSERT(is_error(client_call(c, "GET", "/advisors?q=%zz", NULL), 400, "bad_request"));
	CU_ASSERT(is_error(client_call(c, "GET", "/advisors?q=%00", NULL), 400, "bad_request"));
	CU_ASSERT(is_error(client_call(c, "GET", "/advisors?q=%ff", NULL), 400, "bad_request"));
	CU_ASSERT(is_error(client_call(c, "GET", "/advisors?cursor=AAAA", NULL), 400, "bad_cursor"));
	CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), "cursor");
}

static void
a_long_odd_name_comes_back_as_text(void)
{
	char path[1100] = "/advisors?x";
	size_t i;

	for (i = 0; i < 150; i++)
		memcpy(path + 11 + i * 6, "%C3%A9", 7);
	CU_ASSERT(is_error(client_call(c, "GET", path, NULL), 422, "validation_error"));
	CU_ASSERT(str_utf8_valid(client_body(c), strlen(client_body(c))));
}

static void
a_chunked_body_is_read_whole(void)
{
	client_header(c, "Transfer-Encoding: chunked");
	CU_ASSERT(is_error(login_with("{\"identifier\":\"x@y.zz\",\"password\":\"wrong pw\"}"), 401,
	    "bad_credentials"));
	client_header(c, "Transfer-Encoding: chunked");
	CU_ASSERT(is_error(login_with("{\"identifier\":7}"), 422, "validation_error"));
}

/* What a route does not read must not be taken for the next request on a kept connection. */
static void
an_unread_body_does_no_harm(void)
{
	char body[2000];
	int i;

	memset(body, 'x', sizeof(body));
	for (i = 0; i < 20; i++) {
		CU_ASSERT_EQUAL(
		    client_send(c, "GET", "/specializations", "text/plain", body, sizeof(body)),
		    200);
		CU_ASSERT_EQUAL(
		    client_send(c, "POST", "/users/me/nothing", "text/plain", body, sizeof(body)),
		    404);
		CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
	}
}

static void
the_request_id_is_echoed_when_harmless(void)
{
	static const char *const bad[] = { "short", "has space in it", "has\"quote", "ünïcode-id",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	char line[200];
	size_t i;

	client_header(c, "X-Request-Id: my-own-id.0_1");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/auth/logins", NULL), 401);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "X-Request-Id"), "my-own-id.0_1");
	CU_ASSERT_STRING_EQUAL(client_text(c, "request_id"), "my-own-id.0_1");
	for (i = 0; i < COUNT_OF(bad); i++) {
		(void)snprintf(line, sizeof(line), "X-Request-Id: %s", bad[i]);
		client_header(c, line);
		CU_ASSERT(
		    is_error(client_call(c, "GET", "/auth/logins", NULL), 401, "unauthorized"));
		CU_ASSERT_EQUAL(strlen(client_text(c, "request_id")), 32);
	}
}

static void
an_etag_saves_the_body(void)
{
	char line[128];

	client_token(c, user.token);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
	if (client_reply_header(c, "ETag")[0] != '\0') {
		(void)snprintf(
		    line, sizeof(line), "If-None-Match: %s", client_reply_header(c, "ETag"));
		client_header(c, line);
		CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 304);
		CU_ASSERT_STRING_EQUAL(client_body(c), "");
		client_header(c, "If-None-Match: \"other\"");
		CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
	}
	CU_ASSERT_EQUAL(client_call(c, "PATCH", "/users/me", "{\"bio\":\"x\"}"), 428);
	client_header(c, "If-Match: \"v999\"");
	CU_ASSERT_EQUAL(client_call(c, "PATCH", "/users/me", "{\"bio\":\"x\"}"), 412);
	client_header(c, "If-Match: \"vx\"");
	CU_ASSERT_EQUAL(client_call(c, "PATCH", "/users/me", "{\"bio\":\"x\"}"), 412);
	client_token(c, NULL);
}

/* A condition is looked at when there is something to send (RFC 9110, 13.2.1), never instead of an error. */
static void
any_etag_saves_nothing_of_an_error(void)
{
	static const char any[] = "If-None-Match: *";

	client_header(c, any);
	CU_ASSERT(
	    is_error(client_call(c, "GET", "/advisors/0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80", NULL),
		404, "not_found"));
	client_header(c, any);
	CU_ASSERT(is_error(client_call(c, "GET", "/users/me", NULL), 401, "unauthorized"));
	client_header(c, any);
	CU_ASSERT(
	    is_error(client_call(c, "GET", "/specializations?x=1", NULL), 422, "validation_error"));
	client_token(c, user.token);
	client_header(c, any);
	CU_ASSERT(is_error(client_call(c, "GET", "/advisors/me", NULL), 403, "forbidden"));
	client_header(c, any);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 304);
	CU_ASSERT_STRING_EQUAL(client_body(c), "");
	/* Where no ETag is promised the header says nothing. */
	client_header(c, any);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/auth/logins", NULL), 200);
	client_token(c, NULL);
}

/* What a cache between us and the client may keep: one answer for all who are nobody, none of a person's. */
static void
only_the_answers_to_nobody_may_be_cached(void)
{
	client_token(c, NULL);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
	CU_ASSERT(strstr(client_reply_header(c, "Cache-Control"), "public") != NULL);
	CU_ASSERT(strstr(client_reply_header(c, "Vary"), "Authorization") != NULL);
	client_token(c, user.token);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Cache-Control"), "no-store");
	client_token(c, NULL);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations?x=1", NULL), 422);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Cache-Control"), "no-store");
}

static void
strangers_get_no_cross_origin_headers(void)
{
	client_header(c, "Origin: https://evil.test");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/specializations", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Access-Control-Allow-Origin"), "");
	client_header(c, "Origin: https://evil.test");
	client_header(c, "Access-Control-Request-Method: POST");
	CU_ASSERT_EQUAL(client_call(c, "OPTIONS", "/auth/login", NULL), 204);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Access-Control-Allow-Origin"), "");
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Access-Control-Allow-Methods"), "");
}

static void
every_answer_carries_the_safe_headers(void)
{
	static const char *const paths[] = { "/specializations", "/auth/logins", "/nothing" };
	size_t i;

	for (i = 0; i < COUNT_OF(paths); i++) {
		(void)client_call(c, "GET", paths[i], NULL);
		CU_ASSERT_STRING_EQUAL(client_reply_header(c, "X-Content-Type-Options"), "nosniff");
		CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Content-Security-Policy"),
		    "default-src 'none'; frame-ancestors 'none'");
		CU_ASSERT(client_reply_header(c, "Cache-Control")[0] != '\0');
	}
	CU_ASSERT_EQUAL(client_call(c, "GET", "/auth/logins", NULL), 401);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Cache-Control"), "no-store");
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "unknown paths are not found",
						       unknown_paths_are_not_found },
		{ "a path is read in one way", a_path_is_read_in_one_way },
		{ "other methods are told what is allowed", other_methods_are_told_what_is_allowed },
		{ "HEAD is GET without a body", head_is_get_without_a_body },
		{ "bodies are bounded", bodies_are_bounded },
		{ "a body that nobody reads is in nobody's way",
		    a_body_that_nobody_reads_is_in_nobodys_way },
		{ "long lines are refused", long_lines_are_refused },
		{ "only JSON is taken", only_json_is_taken },
		{ "bad JSON names its key", bad_json_names_its_key },
		{ "all failed fields are named", all_failed_fields_are_named },
		{ "a query is checked too", a_query_is_checked_too },
		{ "a long odd name comes back as text", a_long_odd_name_comes_back_as_text },
		{ "a chunked body is read whole", a_chunked_body_is_read_whole },
		{ "an unread body does no harm", an_unread_body_does_no_harm },
		{ "the request id is echoed when harmless", the_request_id_is_echoed_when_harmless },
		{ "an ETag saves the body, If-Match guards an edit", an_etag_saves_the_body },
		{ "any ETag saves nothing of an error", any_etag_saves_nothing_of_an_error },
		{ "only the answers to nobody may be cached",
		    only_the_answers_to_nobody_may_be_cached },
		{ "strangers get no cross-origin headers", strangers_get_no_cross_origin_headers },
		{ "every answer carries the safe headers", every_answer_carries_the_safe_headers },
		{ NULL, NULL } };
	int status;

	c = client_new();
	user = person_register("USER");
	status = cunit_run("edges", tests);
	client_free(c);
	return status;
}
