#include "harness/browser.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#include <CUnit/CUnit.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 128 * 1024 * 1024, HEADERS_MAX = 64 };

struct browser {
	CURL *curl;
	struct arena *arena;
	struct buf body;
	char *names[HEADERS_MAX], *values[HEADERS_MAX];
	size_t header_count;
	const char *csrf;
};

static const char *
env(const char *name)
{
	const char *value = getenv(name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(value);
	return value;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct browser *browser = arg;

	buf_add(&browser->body, bytes, size * count);
	return size * count;
}

static size_t
take_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct browser *browser = arg;
	size_t len = size * count;
	const char *colon = memchr(bytes, ':', len);
	size_t name_len, skip;

	if (colon == NULL || browser->header_count == HEADERS_MAX)
		return len;
	name_len = (size_t)(colon - bytes);
	skip = name_len + 1;
	while (skip < len && bytes[skip] == ' ')
		skip++;
	browser->names[browser->header_count] = arena_strndup(browser->arena, bytes, name_len);
	browser->values[browser->header_count] =
	    arena_strndup(browser->arena, bytes + skip, strcspn(bytes + skip, "\r\n"));
	browser->header_count++;
	return len;
}

struct browser *
browser_new(void)
{
	struct arena *arena = arena_new(TEXT_MAX);
	struct browser *browser = arena_alloc(arena, sizeof(*browser));

	browser->arena = arena;
	browser->csrf = "";
	browser->curl = curl_easy_init();
	CU_ASSERT_PTR_NOT_NULL_FATAL(browser->curl);
	curl_easy_setopt(browser->curl, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(browser->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(browser->curl, CURLOPT_WRITEDATA, browser);
	curl_easy_setopt(browser->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(browser->curl, CURLOPT_HEADERDATA, browser);
	curl_easy_setopt(browser->curl, CURLOPT_TIMEOUT, 60L);
	return browser;
}

void
browser_free(struct browser *browser)
{
	curl_easy_cleanup(browser->curl);
	arena_free(browser->arena);
}

void
browser_forget(struct browser *browser)
{
	curl_easy_setopt(browser->curl, CURLOPT_COOKIELIST, "ALL");
}

static void
keep_csrf(struct browser *browser)
{
	static const char mark[] = "name=\"csrf\" value=\"";
	const char *at = strstr(browser->body.data, mark);

	if (at == NULL)
		return;
	at += sizeof(mark) - 1;
	browser->csrf = arena_strndup(browser->arena, at, strcspn(at, "\""));
}

static int
perform(struct browser *browser, const char *path, const char *const *lines)
{
	struct curl_slist *list = NULL;
	long status = 0;

	for (; lines != NULL && *lines != NULL; lines++)
		list = curl_slist_append(list, *lines);
	curl_easy_setopt(browser->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(browser->curl, CURLOPT_URL,
	    arena_printf(browser->arena, "%s%s", env("BASE_URL"), path));
	browser->body = buf_new(browser->arena, 16384);
	browser->header_count = 0;
	CU_ASSERT_EQUAL_FATAL(curl_easy_perform(browser->curl), CURLE_OK);
	curl_easy_setopt(browser->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(list);
	curl_easy_getinfo(browser->curl, CURLINFO_RESPONSE_CODE, &status);
	keep_csrf(browser);
	return (int)status;
}

int
browser_get(struct browser *browser, const char *path)
{
	return browser_get_with(browser, path, NULL);
}

int
browser_get_with(struct browser *browser, const char *path, const char *const *headers)
{
	curl_easy_setopt(browser->curl, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(browser->curl, CURLOPT_HTTPGET, 1L);
	return perform(browser, path, headers);
}

int
browser_follow(struct browser *browser)
{
	int tries, status = 0;

	for (tries = 0; tries < 3 && (status == 0 || status == 303); tries++) {
		char path[1024];

		(void)snprintf(path, sizeof(path), "%s", browser_header(browser, "Location"));
		status = browser_get(browser, path);
	}
	return status;
}

int
browser_post(struct browser *browser, const char *path, const char *form, const char *const *headers)
{
	static const char *const usual[] = { "Sec-Fetch-Site: same-origin", NULL };

	curl_easy_setopt(browser->curl, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(browser->curl, CURLOPT_COPYPOSTFIELDS, form);
	return perform(browser, path, headers == NULL ? usual : headers);
}

int
browser_call(struct browser *browser, const char *method, const char *path)
{
	curl_easy_setopt(browser->curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(browser->curl, CURLOPT_CUSTOMREQUEST, method);
	return perform(browser, path, NULL);
}

const char *
browser_body(const struct browser *browser)
{
	return browser->body.data;
}

const char *
browser_header(const struct browser *browser, const char *name)
{
	size_t i;

	for (i = browser->header_count; i > 0; i--)
		if (str_equal_nocase(browser->names[i - 1], name))
			return browser->values[i - 1];
	return "";
}

/* A line of libcurl's has seven parts between tabs, the last two are name and value. */
const char *
browser_cookie(struct browser *browser, const char *name)
{
	const char *mark = arena_printf(browser->arena, "\t%s\t", name), *value = "";
	struct curl_slist *list = NULL, *at;

	CU_ASSERT_EQUAL_FATAL(
	    curl_easy_getinfo(browser->curl, CURLINFO_COOKIELIST, &list), CURLE_OK);
	for (at = list; at != NULL; at = at->next)
		if (strstr(at->data, mark) != NULL)
			value = arena_strdup(browser->arena, strstr(at->data, mark) + strlen(mark));
	curl_slist_free_all(list);
	return value;
}

const char *
browser_csrf(const struct browser *browser)
{
	return browser->csrf;
}

void
browser_sign_in(struct browser *browser)
{
	struct buf form = buf_new(browser->arena, 256);

	browser_forget(browser);
	CU_ASSERT_EQUAL_FATAL(browser_get(browser, "/admin/login"), 200);
	buf_puts(&form, "email=");
	buf_url(&form, env("ADMIN_EMAIL"));
	buf_puts(&form, "&password=");
	buf_url(&form, env("ADMIN_PASSWORD"));
	buf_printf(&form, "&csrf=%s", browser->csrf);
	CU_ASSERT_EQUAL_FATAL(browser_post(browser, "/admin/login", form.data, NULL), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), "/admin");
	CU_ASSERT_EQUAL_FATAL(browser_get(browser, "/admin"), 200);
}
