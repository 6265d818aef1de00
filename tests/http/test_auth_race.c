/* Many at once at the door: the lock-out cannot be outrun, and nobody honest is refused. */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 200, REPLY_MAX = 4096 };

struct call {
	CURL *curl;
	char reply[REPLY_MAX];
	size_t len;
	long status;
	curl_off_t retry_after_s;
};
static struct call calls[CALLS_MAX];

static size_t
take(char *bytes, size_t size, size_t count, void *arg)
{
	struct call *call = arg;
	size_t len = size * count;

	if (len < REPLY_MAX - call->len) {
		memcpy(call->reply + call->len, bytes, len);
		call->len += len;
		call->reply[call->len] = '\0';
	}
	return len;
}

/* POST body to path count times, all at once; the answers are in calls. */
static void
parallel(const char *path, const char *body, int count)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURLM *multi = curl_multi_init();
	char url[256];
	int i, running = 1;

	(void)snprintf(url, sizeof(url), "%s/api/v1%s", getenv("BASE_URL"), path);
	for (i = 0; i < count; i++) {
		CURL *curl = curl_easy_init();

		calls[i] = (struct call){ .curl = curl };
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, &calls[i]);
		curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
		curl_multi_add_handle(multi, curl);
	}
	while (running > 0 && curl_multi_perform(multi, &running) == CURLM_OK)
		(void)curl_multi_poll(multi, NULL, 0, 100, NULL);
	for (i = 0; i < count; i++) {
		curl_easy_getinfo(calls[i].curl, CURLINFO_RESPONSE_CODE, &calls[i].status);
		curl_easy_getinfo(calls[i].curl, CURLINFO_RETRY_AFTER, &calls[i].retry_after_s);
		curl_multi_remove_handle(multi, calls[i].curl);
		curl_easy_cleanup(calls[i].curl);
	}
	curl_multi_cleanup(multi);
	curl_slist_free_all(headers);
}

static int
with_status(int count, long status)
{
	int i, sum = 0;

	for (i = 0; i < count; i++)
		sum += calls[i].status == status;
	return sum;
}

/* How many guesses the waits of 1, 2, 4 … 60 s let through in so many seconds. */
static int
let_through(int64_t seconds)
{
	int count = 0;
	int64_t wait = 1, at = 1;

	for (; at <= seconds; at += wait) {
		count++;
		wait = wait * 2 < 60 ? wait * 2 : 60;
	}
	return count;
}

static void
two_hundred_guesses_are_five(void)
{
	/* A bucket's key does not say whose it is: what is new must be his. */
	static const char used_up[] =
	    "SELECT count(*) FROM rate_bucket"
	    " WHERE key LIKE 'login:%' AND count >= 5 AND ends_at > app_now()";
	struct person p = person_register("USER");
	int64_t before = testdb_i64(used_up), began = clock_steady_us(), looked_at;
	char body[256];

	(void)snprintf(
	    body, sizeof(body), "{\"identifier\":\"%s\",\"password\":\"a wrong guess\"}", p.email);
	parallel("/auth/login", body, 200);
	looked_at = with_status(200, 401);
	CU_ASSERT(
	    looked_at >= 5 && looked_at <= 5 + let_through((clock_steady_us() - began) / 1000000));
	CU_ASSERT_EQUAL(with_status(200, 429), 200 - looked_at);
	CU_ASSERT_EQUAL(testdb_i64(used_up), before + 1);
	/* Locked from here; the right password too, so that a guess cannot be told from a lock. */
	testdb_run("UPDATE rate_bucket SET next_at = app_now() + interval '60 s'"
		   " WHERE key LIKE 'login:%' AND count >= 5");
	(void)snprintf(body, sizeof(body), "{\"identifier\":\"%s\",\"password\":\"%s\"}", p.email,
	    person_password);
	parallel("/auth/login", body, 1);
	CU_ASSERT_EQUAL(calls[0].status, 429);
	CU_ASSERT(calls[0].retry_after_s > 0 && calls[0].retry_after_s <= 60);
	testdb_run("UPDATE rate_bucket SET next_at = app_now() WHERE key LIKE 'login:%'");
	parallel("/auth/login", body, 1);
	CU_ASSERT_EQUAL(calls[0].status, 200);
}

static void
twenty_honest_logins_all_succeed(void)
{
	struct person p = person_register("USER");
	char body[256];

	(void)snprintf(body, sizeof(body), "{\"identifier\":\"%s\",\"password\":\"%s\"}", p.email,
	    person_password);
	parallel("/auth/login", body, 20);
	CU_ASSERT_EQUAL(with_status(20, 200), 20);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM login WHERE user_id = $1"
				   " AND ended_at IS NULL",
			    p.id),
	    10);
}

static const char *
child_of(const struct call *call)
{
	const char *at = strstr(call->reply, "\"refresh_token\":");

	return at != NULL ? at : "";
}

static void
twenty_refreshes_give_one_child(void)
{
	struct person p = person_register("USER");
	char body[640];
	int i, alike = 0;

	(void)snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", p.refresh);
	parallel("/auth/refresh", body, 20);
	CU_ASSERT_EQUAL(with_status(20, 200), 20);
	for (i = 0; i < 20; i++)
		alike += strncmp(child_of(&calls[i]), child_of(&calls[0]), 120) == 0;
	CU_ASSERT_EQUAL(alike, 20);
	CU_ASSERT_EQUAL(testdb_i64("SELECT counter FROM login WHERE user_id = $1", p.id), 2);
}

static void
one_of_many_gets_an_address(void)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
	    "{\"email\":\"race%08x@example.test\",\"password\":\"%s\",\"display_name\":\"M\"}",
	    testdb_random(), person_password);
	parallel("/auth/register", body, 10);
	CU_ASSERT_EQUAL(with_status(10, 201), 1);
	CU_ASSERT_EQUAL(with_status(10, 409), 9);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "two hundred guesses at once are five",
						       two_hundred_guesses_are_five },
		{ "twenty honest logins at once all succeed", twenty_honest_logins_all_succeed },
		{ "twenty refreshes at once give one child", twenty_refreshes_give_one_child },
		{ "one of many gets an address", one_of_many_gets_an_address }, { NULL, NULL } };

	return cunit_run("auth_race", tests);
}
