#include "harness/client.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "harness/testdb.h"

#include "harness/require.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { REPLY_ARENA_MAX = 64 * 1024 * 1024, CALL_TIMEOUT_S = 60 };

struct client {
	CURL *curl;
	struct arena *arena; /* of the last reply */
	char token[2049]; /* "" when anonymous */
	struct curl_slist *extra;
	struct buf body, headers;
	struct json_object *json;
};

const char person_password[] = "correct horse battery 9";

/* ------------------------------------------------------------------ calls */

struct client *
client_new(void)
{
	struct client *c = calloc(1, sizeof(*c));

	require(c != NULL);
	c->curl = curl_easy_init();
	require(c->curl != NULL);
	c->arena = arena_new(REPLY_ARENA_MAX);
	return c;
}

static void
reply_forget(struct client *c)
{
	json_object_put(c->json); /* takes NULL */
	c->json = NULL;
	arena_reset(c->arena);
	c->body = buf_new(c->arena, 4096);
	c->headers = buf_new(c->arena, 1024);
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	reply_forget(c);
	curl_slist_free_all(c->extra);
	curl_easy_cleanup(c->curl);
	arena_free(c->arena);
	free(c);
}

void
client_token(struct client *c, const char *access_token)
{
	(void)snprintf(c->token, sizeof(c->token), "%s", access_token != NULL ? access_token : "");
}

void
client_header(struct client *c, const char *line)
{
	c->extra = curl_slist_append(c->extra, line);
	require(c->extra != NULL);
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	buf_add(&((struct client *)arg)->body, bytes, size * count);
	return size * count;
}

static size_t
take_header(char *bytes, size_t size, size_t count, void *arg)
{
	buf_add(&((struct client *)arg)->headers, bytes, size * count);
	return size * count;
}

static void
call_headers(struct client *c, const char *type)
{
	if (c->token[0] != '\0')
		client_header(c, arena_printf(c->arena, "Authorization: Bearer %s", c->token));
	if (type != NULL)
		client_header(c, arena_printf(c->arena, "Content-Type: %s", type));
	else
		client_header(c, "Content-Type:");
	client_header(c, "Expect:");
}

static const char *
call_url(struct client *c, const char *path)
{
	const char *base = getenv("BASE_URL");

	require(base != NULL);
	if (path[0] == '/' && path[1] == '/')
		return arena_printf(c->arena, "%s%s", base, path + 1);
	return arena_printf(c->arena, "%s/api/v1%s", base, path);
}

int
client_send(struct client *c, const char *method, const char *path, const char *type,
    const void *bytes, size_t len)
{
	/* The arguments may point into the last reply, so it is kept until they are used. */
	struct json_object *old_json = json_object_get(c->json);
	struct arena *old = c->arena;
	long status = 0;
	CURLcode result;
	const char *url;

	c->arena = arena_new(REPLY_ARENA_MAX);
	reply_forget(c);
	url = call_url(c, path);
	call_headers(c, type);
	curl_easy_reset(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(c->curl, CURLOPT_NOBODY, 1L);
	if (bytes != NULL) {
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, bytes);
	}
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->extra);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, (long)CALL_TIMEOUT_S);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, c);
	result = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(c->extra);
	c->extra = NULL;
	json_object_put(old_json);
	arena_free(old);
	if (result != CURLE_OK)
		(void)fprintf(stderr, "%s %s: %s\n", method, url, curl_easy_strerror(result));
	require(result == CURLE_OK);
	c->json = json_tokener_parse(c->body.data);
	return (int)status;
}

int
client_call(struct client *c, const char *method, const char *path, const char *body)
{
	return client_send(c, method, path, body != NULL ? "application/json" : NULL, body,
	    body != NULL ? strlen(body) : 0);
}

bool
client_becomes(struct client *c, const char *path, int status)
{
	const struct timespec moment = { 0, 50000000 };
	int64_t end = clock_steady_us() + HANG_US;
	int got;

	while ((got = client_call(c, "GET", path, NULL)) != status) {
		if (clock_steady_us() > end) {
			(void)fprintf(stderr, "%s: still %d: %s\n", path, got, client_body(c));
			return false;
		}
		(void)nanosleep(&moment, NULL);
	}
	return true;
}

long
client_revoke_reads(struct client *c)
{
	static const char name[] = "\nconfab_revoke_reads_total{";
	const char *at;
	long sum = 0;

	require(client_call(c, "GET", "//metrics", NULL) == 200);
	for (at = client_body(c); (at = strstr(at, name)) != NULL; at++)
		sum += strtol(strchr(at, '}') + 1, NULL, 10);
	return sum;
}

int
client_callf(struct client *c, const char *method, const char *body, const char *path_fmt, ...)
{
	va_list args;
	const char *path;

	va_start(args, path_fmt);
	path = arena_vprintf(c->arena, path_fmt, args);
	va_end(args);
	return client_call(c, method, path, body);
}

/* --------------------------------------------------------------- replies */

struct json_object *
client_json(struct client *c)
{
	return c->json;
}

const char *
client_body(struct client *c)
{
	return c->body.data != NULL ? c->body.data : "";
}

/* The object at path; *found tells null from absence. */
static struct json_object *
reply_at(struct client *c, const char *path, bool *found)
{
	struct json_object *at = c->json;
	char *rest = arena_strdup(c->arena, path), *name;

	*found = at != NULL;
	while (*found && (name = strsep(&rest, ".")) != NULL) {
		char *end;
		unsigned long index = strtoul(name, &end, 10);

		if (json_object_is_type(at, json_type_array)) {
			*found = *end == '\0' && index < json_object_array_length(at);
			at = *found ? json_object_array_get_idx(at, index) : NULL;
		} else {
			*found = json_object_is_type(at, json_type_object) &&
			    json_object_object_get_ex(at, name, &at);
		}
	}
	return *found ? at : NULL;
}

const char *
client_text(struct client *c, const char *path)
{
	bool found;
	struct json_object *at = reply_at(c, path, &found);

	if (at == NULL)
		return found ? "null" : "";
	return json_object_get_string(at);
}

int64_t
client_i64(struct client *c, const char *path)
{
	bool found;

	return json_object_get_int64(reply_at(c, path, &found));
}

size_t
client_count(struct client *c, const char *path)
{
	bool found;
	struct json_object *at = reply_at(c, path, &found);

	return json_object_is_type(at, json_type_array) ? json_object_array_length(at) : 0;
}

const char *
client_reply_header(struct client *c, const char *name)
{
	size_t len = strlen(name);
	const char *line, *end, *value = "";

	/* The last block counts: "100 Continue" may come before it. */
	for (line = c->headers.data; line != NULL && (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		const char *stop = end;

		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " \t");
		while (stop > line && (stop[-1] == '\r' || stop[-1] == ' '))
			stop--;
		value = arena_strndup(c->arena, line, (size_t)(stop - line));
	}
	return value;
}

/* --------------------------------------------------------------- persons */

static void
person_take(struct client *c, struct person *person)
{
	(void)snprintf(person->id, sizeof(person->id), "%s", client_text(c, "user.id"));
	(void)snprintf(person->token, sizeof(person->token), "%s", client_text(c, "access_token"));
	(void)snprintf(
	    person->refresh, sizeof(person->refresh), "%s", client_text(c, "refresh_token"));
	require(strlen(person->id) == 36);
	require(person->token[0] != '\0');
}

/* Anything but the wanted status shows the reply, so that a failed test tells why. */
static void
expect(struct client *c, int status, int wanted)
{
	if (status != wanted)
		(void)fprintf(stderr, "status %d, wanted %d: %s\n", status, wanted, client_body(c));
	require(status == wanted);
}

struct person
person_register(const char *role)
{
	static unsigned count;
	struct person person = { 0 };
	struct client *c = client_new();
	char body[512];

	(void)snprintf(person.email, sizeof(person.email), "p%08x-%u@example.test",
	    (unsigned)testdb_random(), count++);
	(void)snprintf(body, sizeof(body),
	    "{\"email\":\"%s\",\"password\":\"%s\",\"display_name\":\"%s Person "
	    "%u\",\"role\":\"%s\"}",
	    person.email, person_password, role[0] == 'A' ? "Ada" : "Udo", count, role);
	expect(c, client_call(c, "POST", "/auth/register", body), 201);
	person_take(c, &person);
	client_free(c);
	return person;
}

struct person
person_admin(void)
{
	const char *email = getenv("ADMIN_EMAIL"), *password = getenv("ADMIN_PASSWORD");
	struct person person = { 0 };
	struct client *c = client_new();
	char body[512];

	require(email != NULL && password != NULL);
	(void)snprintf(person.email, sizeof(person.email), "%s", email);
	(void)snprintf(
	    body, sizeof(body), "{\"identifier\":\"%s\",\"password\":\"%s\"}", email, password);
	expect(c, client_call(c, "POST", "/auth/login", body), 200);
	person_take(c, &person);
	client_free(c);
	return person;
}

struct person
person_advisor(void)
{
	struct person person = person_register("ADVISOR");
	struct client *c = client_new();

	client_token(c, person.token);
	expect(c,
	    client_call(c, "POST", "/advisors/apply",
		"{\"headline\":\"Listens first\",\"bio\":\"Twenty years of listening to people.\","
		"\"experience_years\":20,\"languages\":[\"en\"],\"specializations\":[\"dating\"],"
		"\"rate\":{\"amount_minor\":2500,\"currency\":\"INR\"}}"),
	    200);
	testdb_run("UPDATE advisor SET state = 'APPROVED', reviewed_at = app_now() WHERE id = $1",
	    person.id);
	expect(c, client_call(c, "PUT", "/advisors/me/status", "{\"status\":\"ONLINE\"}"), 200);
	client_free(c);
	return person;
}
