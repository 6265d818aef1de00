#include "harness/parked.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "harness/require.h"
#include "harness/testdb.h"
#include "web/metrics.h"
#include "web/token.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 64 * 1024 * 1024 };

struct parked {
	CURL *curl;
	struct curl_slist *headers;
	bool running, done;
	int status;
	char *body; /* from realloc; len bytes and NUL */
	size_t len;
	struct json_object *json;
};

static CURLM *multi;
static struct conf conf;
static struct arena *keep; /* settings and texts, until the program ends */

static void
at_end(void)
{
	(void)curl_multi_cleanup(multi);
	arena_free(keep);
}

static void
begin(void)
{
	const char *dir = getenv("STACK_DIR");

	if (multi != NULL)
		return;
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	keep = arena_new(ARENA_MAX);
	CU_ASSERT_EQUAL_FATAL(conf_load(arena_printf(keep, "%s/confab.conf", dir), &conf), ERR_OK);
	multi = curl_multi_init();
	CU_ASSERT_PTR_NOT_NULL_FATAL(multi);
	(void)atexit(at_end);
}

struct listener
listener_make(void)
{
	return listener_device(testdb_user("USER"));
}

struct listener
listener_device(const char *id)
{
	struct listener made;
	struct arena *arena;

	begin();
	arena = arena_new(ARENA_MAX);
	(void)snprintf(made.id, sizeof(made.id), "%s", id);
	(void)snprintf(made.login, sizeof(made.login), "%s", uuid_new(arena));
	testdb_run("INSERT INTO login (id, user_id, kind, ip, expires_at)"
		   " VALUES ($1, $2, 'APP', '127.0.0.1', now() + interval '1 day')",
	    made.login, made.id);
	(void)snprintf(made.token, sizeof(made.token), "%s",
	    token_make(arena, &conf, made.id, made.login, ROLE_USER));
	arena_free(arena);
	return made;
}

void
listener_emit(const struct listener *listener, const char *type, const char *data)
{
	testdb_run("SELECT event_emit(ARRAY[$1::uuid], $2, $3::jsonb)", listener->id, type, data);
}

const char *
cursor_at(int64_t seq)
{
	begin();
	return arena_printf(keep, "%s-%lld", testdb_text("SELECT epoch FROM epoch"), (long long)seq);
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct parked *parked = arg;
	size_t len = size * count;
	char *grown = realloc(parked->body, parked->len + len + 1);

	if (grown == NULL)
		return 0;
	memcpy(grown + parked->len, bytes, len);
	parked->body = grown;
	parked->len += len;
	grown[parked->len] = '\0';
	return len;
}

struct parked *
parked_start(const char *token, const char *query_fmt, ...)
{
	struct parked *parked = calloc(1, sizeof(*parked));
	char query[16384], url[17000], header[2100];
	va_list args;
	int running;

	begin();
	va_start(args, query_fmt);
	(void)vsnprintf(query, sizeof(query), query_fmt, args);
	va_end(args);
	(void)snprintf(url, sizeof(url), "%s/api/v1/events%s%s", getenv("BASE_URL"),
	    query[0] == '\0' ? "" : "?", query);
	CU_ASSERT_PTR_NOT_NULL_FATAL(parked);
	parked->curl = curl_easy_init();
	CU_ASSERT_PTR_NOT_NULL_FATAL(parked->curl);
	if (token != NULL) {
		(void)snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
		parked->headers = curl_slist_append(NULL, header);
	}
	(void)curl_easy_setopt(parked->curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(parked->curl, CURLOPT_HTTPHEADER, parked->headers);
	(void)curl_easy_setopt(parked->curl, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(parked->curl, CURLOPT_WRITEDATA, parked);
	(void)curl_easy_setopt(parked->curl, CURLOPT_PRIVATE, parked);
	(void)curl_easy_setopt(parked->curl, CURLOPT_BUFFERSIZE, 4096L);
	(void)curl_easy_setopt(parked->curl, CURLOPT_NOSIGNAL, 1L);
	CU_ASSERT_EQUAL_FATAL(curl_multi_add_handle(multi, parked->curl), CURLM_OK);
	parked->running = true;
	(void)curl_multi_perform(multi, &running);
	return parked;
}

static void
take_finished(void)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL) {
		struct parked *parked;
		long status = 0;

		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &parked);
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
		parked->done = true;
		parked->status = message->data.result == CURLE_OK ? (int)status : 0;
		parked->running = false;
		(void)curl_multi_remove_handle(multi, message->easy_handle);
	}
}

void
parked_turn(int ms)
{
	int running, count;

	begin();
	(void)curl_multi_poll(multi, NULL, 0, ms, &count);
	(void)curl_multi_perform(multi, &running);
	take_finished();
}

int
parked_wait(struct parked *parked)
{
	int64_t end = clock_monotonic_us() + HANG_US;

	while (!parked->done && clock_monotonic_us() < end)
		parked_turn(50);
	CU_ASSERT_FATAL(parked->done);
	return parked->status;
}

bool
parked_done(const struct parked *parked)
{
	return parked->done;
}

struct json_object *
parked_json(struct parked *parked)
{
	if (parked->json == NULL && parked->body != NULL)
		parked->json = json_tokener_parse(parked->body);
	return parked->json;
}

const char *
parked_text(struct parked *parked, const char *path)
{
	struct json_object *at = parked_json(parked);
	char part[64];

	while (at != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");

		(void)snprintf(part, sizeof(part), "%.*s", (int)len, path);
		path += len + (path[len] == '.');
		if (json_object_is_type(at, json_type_array))
			at = json_object_array_get_idx(at, strtoul(part, NULL, 10));
		else
			at = json_object_object_get(at, part);
	}
	return at == NULL ? "" : json_object_get_string(at);
}

size_t
parked_events(struct parked *parked)
{
	struct json_object *events = json_object_object_get(parked_json(parked), "events");

	CU_ASSERT_FATAL(json_object_is_type(events, json_type_array));
	return json_object_array_length(events);
}

int64_t
parked_seq(struct parked *parked, size_t index)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "events.%zu.seq", index);
	return strtoll(parked_text(parked, path), NULL, 10);
}

void
parked_free(struct parked *parked)
{
	if (parked->running)
		(void)curl_multi_remove_handle(multi, parked->curl);
	curl_easy_cleanup(parked->curl);
	curl_slist_free_all(parked->headers);
	(void)json_object_put(parked->json);
	free(parked->body);
	free(parked);
}

int64_t
events_metric(const char *name)
{
	struct arena *arena = arena_new(ARENA_MAX);
	struct buf text = buf_new(arena, 4096);
	const char *at, *line;
	int64_t value = -1;

	begin();
	metrics_print(conf.run_dir, arena, &text);
	line = arena_printf(arena, "confab_%s{program=\"events\"} ", name);
	at = strstr(text.data, line);
	if (at != NULL)
		value = strtoll(at + strlen(line), NULL, 10);
	arena_free(arena);
	return value;
}

void
events_metric_wait(const char *name, int64_t wanted)
{
	int64_t end = clock_monotonic_us() + HANG_US, found;

	while ((found = events_metric(name)) != wanted && clock_monotonic_us() < end)
		parked_turn(5);
	CU_ASSERT_EQUAL_FATAL(found, wanted);
}

int
events_child(void)
{
	char path[512];
	int parent = 0, child = 0;
	FILE *file;

	begin();
	(void)snprintf(path, sizeof(path), "%s/events.pid", conf.run_dir);
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL_FATAL(fscanf(file, "%d", &parent), 1);
	(void)fclose(file);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	if (fscanf(file, "%d", &child) != 1)
		child = 0;
	(void)fclose(file);
	return child;
}
