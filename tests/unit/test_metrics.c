/* Counters outlive the program that counts, as long as they mean the same. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "web/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *arena;
static char dir[] = "/tmp/confab-metrics-XXXXXX";

static const struct route one[] = {
	{ METHOD_GET, "/one", "one", .roles = ROLE_ANON },
	{ METHOD_GET, "/two", "two", .roles = ROLE_ANON },
	{ 0 },
};
static const struct route other[] = {
	{ METHOD_GET, "/two", "two", .roles = ROLE_ANON },
	{ METHOD_GET, "/one", "one", .roles = ROLE_ANON },
	{ 0 },
};
static const struct route *const tables[] = { one, NULL }, *const changed[] = { other, NULL };

/* How often the route was called, as the metrics say. */
static long
calls(const char *route)
{
	struct buf out = buf_new(arena, 65536);
	const char *line = arena_printf(arena,
	    "confab_http_requests_total{program=\"test\",route=\"%s\",status=\"2xx\"} ", route);
	const char *at;

	metrics_print(dir, arena, &out);
	at = strstr(out.data, line);
	return at == NULL ? 0 : strtol(at + strlen(line), NULL, 10);
}

static int64_t
value(enum metric_value metric)
{
	int64_t number = -1;

	CU_ASSERT(metrics_read(dir, "test", metric, &number));
	return number;
}

static void
what_was_counted_is_there_after_a_restart(void)
{
	struct metrics *metrics = metrics_open(dir, "test", tables);

	metrics_request(metrics, 1, 200, 1000);
	metrics_request(metrics, 1, 204, 1000);
	metrics_request(metrics, 2, 404, 1000);
	CU_ASSERT_EQUAL(calls("one"), 2);
	CU_ASSERT_EQUAL(calls("two"), 0);
	metrics = metrics_open(dir, "test", tables);
	metrics_request(metrics, 1, 200, 1000);
	CU_ASSERT_EQUAL(calls("one"), 3);
}

static void
what_is_now_begins_anew(void)
{
	static const enum metric_value now[] = { METRIC_REQUESTS_BUSY, METRIC_POLLS_PARKED,
		METRIC_STREAMS_OPEN, METRIC_STREAM_CONNECTED };
	struct metrics *metrics = metrics_open(dir, "test", tables);
	size_t i;

	for (i = 0; i < COUNT_OF(now); i++)
		metrics_set(metrics, now[i], 7);
	metrics_set(metrics, METRIC_EVENTS_DELIVERED, 9);
	(void)metrics_open(dir, "test", tables);
	for (i = 0; i < COUNT_OF(now); i++)
		CU_ASSERT_EQUAL(value(now[i]), 0);
	CU_ASSERT_EQUAL(value(METRIC_EVENTS_DELIVERED), 9);
}

/* As after an upgrade: the number of one route is not that of another. */
static void
other_routes_begin_anew(void)
{
	(void)metrics_open(dir, "test", changed);
	CU_ASSERT_EQUAL(calls("one"), 0);
	CU_ASSERT_EQUAL(calls("two"), 0);
}

/* No number of routes or of programs is too many, and each program has as many as it has. */
static void
many_routes_and_programs_are_counted(void)
{
	enum { ROUTES = 300, PROGRAMS = 40 };
	struct route *routes = arena_calloc(arena, ROUTES + 1, sizeof(*routes));
	const struct route *const many[] = { routes, one, NULL };
	struct buf out = buf_new(arena, 65536);
	struct metrics *metrics;
	char file[80];
	size_t i;

	for (i = 0; i < ROUTES; i++)
		routes[i] = (struct route){ METHOD_GET, "/many", arena_printf(arena, "many_%zu", i),
			.roles = ROLE_ANON };
	metrics = metrics_open(dir, "test", many);
	metrics_request(metrics, ROUTES, 200, 1000);
	metrics_request(metrics, ROUTES + 2, 200, 1000);
	metrics_request(metrics_open(dir, "test", many), ROUTES + 2, 200, 1000);
	CU_ASSERT_EQUAL(calls("many_299"), 1);
	CU_ASSERT_EQUAL(calls("two"), 2);
	for (i = 0; i < PROGRAMS; i++)
		metrics_request(
		    metrics_open(dir, arena_printf(arena, "other-%zu", i), tables), 1, 200, 1000);
	CU_ASSERT_EQUAL(calls("many_299"), 1);
	metrics_print(dir, arena, &out);
	for (i = 0; i < PROGRAMS; i++) {
		CU_ASSERT_PTR_NOT_NULL(strstr(out.data,
		    arena_printf(arena,
			"requests_total{program=\"other-%zu\",route=\"one\",status=\"2xx\"} 1\n",
			i)));
		(void)snprintf(file, sizeof(file), "%s/metrics/other-%zu", dir, i);
		(void)unlink(file);
	}
}

/* What the parent said last, and for how long that is believed. */
static void
a_program_is_seen_from_outside(void)
{
	struct metrics *metrics = metrics_open(dir, "test", tables);
	struct metrics_program seen;
	int pids[METRICS_WORKERS_MAX + 1];
	size_t i;

	for (i = 0; i < COUNT_OF(pids); i++)
		pids[i] = (int)getpid();
	CU_ASSERT_FALSE(metrics_program(dir, "nobody", &seen));
	CU_ASSERT_EQUAL(metrics_state(&seen, clock_steady_us()), METRICS_UNSEEN);
	CU_ASSERT_TRUE(metrics_program(dir, "test", &seen));
	CU_ASSERT_EQUAL(metrics_state(&seen, clock_steady_us()), METRICS_UNSEEN);
	metrics_request(metrics, 1, 200, 1000);
	metrics_request(metrics, 2, 503, 1000);
	pids[1] = 0;
	metrics_tell(metrics, pids, 2, false);
	CU_ASSERT_TRUE(metrics_program(dir, "test", &seen));
	CU_ASSERT_EQUAL(seen.requests, 2);
	CU_ASSERT_EQUAL(seen.failed, 1);
	CU_ASSERT_EQUAL(seen.workers, 2);
	CU_ASSERT_EQUAL(seen.parent.pid, getpid());
	CU_ASSERT_TRUE(seen.parent.rss_kib > 100);
	CU_ASSERT_EQUAL(seen.worker[0].rss_kib, seen.parent.rss_kib);
	CU_ASSERT_EQUAL(seen.worker[1].rss_kib, 0);
	CU_ASSERT_EQUAL(metrics_state(&seen, seen.told_us + 15 * SECOND_US), METRICS_RUNNING);
	CU_ASSERT_EQUAL(metrics_state(&seen, seen.told_us + 15 * SECOND_US + 1), METRICS_SILENT);
	metrics_tell(metrics, pids, COUNT_OF(pids), true);
	CU_ASSERT_TRUE(metrics_program(dir, "test", &seen));
	CU_ASSERT_EQUAL(seen.workers, METRICS_WORKERS_MAX);
	CU_ASSERT_EQUAL(metrics_state(&seen, seen.told_us + 1000 * SECOND_US), METRICS_STOPPED);
	metrics_tell(metrics, pids, 1, false);
	CU_ASSERT_TRUE(metrics_program(dir, "test", &seen));
	CU_ASSERT_EQUAL(metrics_state(&seen, seen.told_us), METRICS_RUNNING);
	CU_ASSERT_EQUAL(seen.workers, 1);
}

static const struct cunit_test tests[] = {
	{ "what was counted is there after a restart", what_was_counted_is_there_after_a_restart },
	{ "what is now begins anew", what_is_now_begins_anew },
	{ "other routes begin anew", other_routes_begin_anew },
	{ "a program is seen from outside", a_program_is_seen_from_outside },
	{ "many routes and programs are counted", many_routes_and_programs_are_counted },
	{ NULL, NULL },
};

int
main(void)
{
	char path[64], file[80];
	int status;

	if (mkdtemp(dir) == NULL)
		return 2;
	(void)snprintf(path, sizeof(path), "%s/metrics", dir);
	(void)mkdir(path, 0700);
	arena = arena_new(16 * 1024 * 1024);
	status = cunit_run("metrics", tests);
	arena_free(arena);
	(void)snprintf(file, sizeof(file), "%s/test", path);
	(void)unlink(file);
	(void)rmdir(path);
	(void)rmdir(dir);
	return status;
}
