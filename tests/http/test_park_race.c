/*
 * Sending races with parking: while a poll is on its way to its place, its event is committed, now a moment
 * before, now a moment after. Whichever is first, the poll is answered by what happened and never waits for
 * longer than the scan takes to come round. PARK_RACES of them; `make soak T=race` runs 100,000.
 */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <curl/curl.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PAIRS = 8,
	RACES = 2000,
	APART_US = 2500, /* between the two at most, either way about */
	LONGEST_US =
	    1200000 /* the scan's second, and what an answer takes when the machine is ours: in the soak */
};

/* One who listens and one who writes to them, a thread each, with connections of their own. */
struct pair {
	struct listener who;
	pthread_barrier_t line; /* both stand at it before and after each race */
	unsigned seed;
	int races;
	int64_t *took_us; /* of each race, from its commit to its reply; negative: a wrong reply */
	int64_t committed_us;
};

static char epoch[32];

/* Exactly the event behind the cursor is there. */
static bool
is_next(const char *body, int race)
{
	const char *seq = strstr(body, "\"seq\":");

	return seq != NULL && strtol(seq + strlen("\"seq\":"), NULL, 10) == race + 1 &&
	    strstr(seq + 1, "\"seq\":") == NULL;
}

/* One poll: the status, 0 when it is not answered by the event of this race alone. */
static long
poll_once(CURL *curl, int race)
{
	char url[256], *body = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&body, &len);
	long status = 0;

	if (file == NULL)
		return 0;
	(void)snprintf(url, sizeof(url), "%s/api/v1/events?cursor=%s-%d&wait=20",
	    getenv("BASE_URL"), epoch, race);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, file);
	if (curl_easy_perform(curl) == CURLE_OK)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	(void)fclose(file);
	if (!is_next(body, race))
		status = 0;
	free(body);
	return status;
}

static void *
listen_all(void *arg)
{
	struct pair *pair = arg;
	CURL *curl = curl_easy_init();
	struct curl_slist *headers;
	char header[2100];
	int i;

	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s", pair->who.token);
	headers = curl_slist_append(NULL, header);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	for (i = 0; i < pair->races; i++) {
		int64_t answered_us;
		long status;

		(void)pthread_barrier_wait(&pair->line);
		status = poll_once(curl, i);
		answered_us = clock_monotonic_us();
		(void)pthread_barrier_wait(&pair->line);
		pair->took_us[i] = status == 200 ? answered_us - pair->committed_us : -1;
		if (status == 200 && pair->took_us[i] < 0)
			pair->took_us[i] = 0; /* heard before the writer's own reply */
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return NULL;
}

static void *
write_all(void *arg)
{
	struct pair *pair = arg;
	PGconn *conn = PQconnectdb(getenv("DATABASE_URL"));
	const char *params[] = { pair->who.id };
	int i;

	for (i = 0; i < pair->races; i++) {
		struct timespec apart = { 0, rand_r(&pair->seed) % APART_US * 1000L };

		(void)pthread_barrier_wait(&pair->line);
		(void)nanosleep(&apart, NULL);
		PQclear(PQexecParams(conn, "SELECT event_emit(ARRAY[$1::uuid], 'test.race', '{}')",
		    1, NULL, params, NULL, NULL, 0));
		pair->committed_us = clock_monotonic_us();
		(void)pthread_barrier_wait(&pair->line);
	}
	PQfinish(conn);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static void
no_wake_up_is_lost(void)
{
	const char *wanted = getenv("PARK_RACES");
	int races = (wanted != NULL ? (int)strtol(wanted, NULL, 10) : RACES) / PAIRS, i;
	int all = races * PAIRS;
	int64_t *took_us = calloc((size_t)all, sizeof(*took_us));
	static struct pair pairs[PAIRS];
	pthread_t threads[2 * PAIRS];

	CU_ASSERT_PTR_NOT_NULL_FATAL(took_us);
	(void)snprintf(epoch, sizeof(epoch), "%s", testdb_text("SELECT epoch FROM epoch"));
	for (i = 0; i < PAIRS; i++) {
		pairs[i].who = listener_make();
		pairs[i].seed = testdb_random();
		pairs[i].races = races;
		pairs[i].took_us = took_us + (ptrdiff_t)i * races;
		(void)pthread_barrier_init(&pairs[i].line, NULL, 2);
	}
	for (i = 0; i < 2 * PAIRS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL,
					  i % 2 == 0 ? listen_all : write_all, &pairs[i / 2]),
		    0);
	for (i = 0; i < 2 * PAIRS; i++)
		(void)pthread_join(threads[i], NULL);
	qsort(took_us, (size_t)all, sizeof(*took_us), compare);
	(void)printf("%d races of a send and a poll: heard after %.1f ms (median), %.1f ms (99th "
		     "percentile), %.1f ms (longest)\n",
	    all, (double)took_us[all / 2] / 1000, (double)took_us[all / 100 * 99] / 1000,
	    (double)took_us[all - 1] / 1000);
	CU_ASSERT(took_us[0] >= 0);
	CU_ASSERT(wanted == NULL || took_us[all - 1] < LONGEST_US);
	free(took_us);
}

static const struct cunit_test tests[] = {
	{ "no wake-up is lost, whichever comes first", no_wake_up_is_lost },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("park_race", tests);
}
