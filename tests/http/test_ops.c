/* Health and counters: alive, ready or not, and what promtool says of the metrics. */
#include "base/clock.h"
#include "base/version.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/testdb.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct client *c;

static long
header_number(const char *name)
{
	return strtol(client_reply_header(c, name), NULL, 10);
}

static void
is_alive_and_ready(void)
{
	CU_ASSERT_EQUAL(client_call(c, "GET", "//livez", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(c, "alive"), "true");
	CU_ASSERT_STRING_EQUAL(client_text(c, "version"), confab_version);
	CU_ASSERT_EQUAL(client_call(c, "GET", "//readyz", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(c, "ready"), "true");
	CU_ASSERT_STRING_EQUAL(client_text(c, "adapters.ai"), "echo");
	CU_ASSERT_STRING_EQUAL(client_text(c, "adapters.sms"), "outbox");
	CU_ASSERT_STRING_EQUAL(client_text(c, "adapters.mail"), "outbox");
	CU_ASSERT(client_count(c, "checks") >= 10);
}

/* The count of livez in the metrics. */
static long
livez_count(void)
{
	static const char line[] =
	    "confab_http_requests_total{program=\"ops\",route=\"livez\",status=\"2xx\"} ";
	const char *at;

	CU_ASSERT_EQUAL(client_call(c, "GET", "//metrics", NULL), 200);
	at = strstr(client_body(c), line);
	return at != NULL ? strtol(at + sizeof(line) - 1, NULL, 10) : 0;
}

static void
counts_over_all_workers(void)
{
	long before = livez_count();
	int i;

	for (i = 0; i < 50; i++)
		CU_ASSERT_EQUAL(client_call(c, "GET", "//livez", NULL), 200);
	CU_ASSERT_EQUAL(livez_count() - before, 50);
}

static void
promtool_takes_the_metrics(void)
{
	int ends[2], status = -1;
	pid_t pid;

	CU_ASSERT_EQUAL(client_call(c, "GET", "//metrics", NULL), 200);
	CU_ASSERT(strstr(client_reply_header(c, "Content-Type"), "text/plain") != NULL);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[0], STDIN_FILENO);
		(void)close(ends[1]);
		(void)execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
		_exit(127);
	}
	(void)close(ends[0]);
	CU_ASSERT_EQUAL(write(ends[1], client_body(c), strlen(client_body(c))),
	    (ssize_t)strlen(client_body(c)));
	(void)close(ends[1]);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
metrics_name_the_release(void)
{
	char line[96];

	(void)snprintf(
	    line, sizeof(line), "\nconfab_build_info{version=\"%s\"} 1\n", confab_version);
	CU_ASSERT_EQUAL(client_call(c, "GET", "//metrics", NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(client_body(c), line));
}

/* The age of the worker's heartbeat by the metrics; -1 when they have none. */
static double
beat_age_s(void)
{
	static const char name[] = "\nconfab_worker_beat_age_seconds{program=\"worker\"} ";
	const char *at;

	CU_ASSERT_EQUAL(client_call(c, "GET", "//metrics", NULL), 200);
	at = strstr(client_body(c), name);
	return at != NULL ? strtod(at + sizeof(name) - 1, NULL) : -1;
}

/* The same once it is of a worker that is there: WORKER_SILENT_S is 3 here. */
static bool
beats(void)
{
	const struct timespec moment = { 0, 50000000 };
	int64_t end = clock_steady_us() + HANG_US;
	double age;

	while (((age = beat_age_s()) < 0 || age >= 3) && clock_steady_us() < end)
		(void)nanosleep(&moment, NULL);
	return age >= 0 && age < 3;
}

/* Ask /readyz until it answers so and says detail of the worker. */
static bool
worker_is(int status, const char *detail)
{
	const struct timespec moment = { 0, 50000000 };
	int64_t end = clock_steady_us() + HANG_US;

	while (clock_steady_us() < end) {
		if (client_call(c, "GET", "//readyz", NULL) == status &&
		    strstr(client_body(c), detail) != NULL)
			return true;
		(void)nanosleep(&moment, NULL);
	}
	(void)fprintf(stderr, "%s\n", client_body(c));
	return false;
}

/* /readyz says so as soon as the last beat is WORKER_SILENT_S old, in whole seconds, and not before. */
static void
falls_silent(void)
{
	const struct timespec moment = { 0, 50000000 };
	int64_t end = clock_steady_us() + HANG_US;
	double before;

	do {
		before = beat_age_s();
		(void)nanosleep(&moment, NULL);
	} while (client_call(c, "GET", "//readyz", NULL) == 200 && before < 5 &&
	    clock_steady_us() < end);
	CU_ASSERT(before < 5);
	CU_ASSERT(beat_age_s() >= 3);
}

static void
is_not_ready_without_a_worker(void)
{
	CU_ASSERT(worker_is(200, "{\"name\":\"worker\",\"good\":true,\"detail\":\"last turn "));
	CU_ASSERT(worker_is(200, "expire "));
	CU_ASSERT(beats());
	CU_ASSERT_EQUAL(kill(private_pid("worker"), SIGTERM), 0);
	falls_silent();
	CU_ASSERT(worker_is(503, "{\"name\":\"worker\",\"good\":false,\"detail\":\"silent for "));
	testdb_run("DELETE FROM heartbeat");
	CU_ASSERT(worker_is(503, "\"good\":false,\"detail\":\"has never run\""));
	private_worker_start();
	CU_ASSERT(worker_is(200, "{\"name\":\"worker\",\"good\":true"));
	CU_ASSERT(beats());
}

/* One that hangs has its process and its connection, and does nothing. */
static void
is_not_ready_with_a_worker_that_hangs(void)
{
	pid_t worker = private_child(private_pid("worker"));

	CU_ASSERT_EQUAL(kill(worker, SIGSTOP), 0);
	CU_ASSERT(worker_is(503, "silent for "));
	CU_ASSERT_EQUAL(kill(worker, SIGCONT), 0);
	CU_ASSERT(worker_is(200, "last turn "));
}

static void
a_killed_worker_is_replaced(void)
{
	const struct timespec moment = { 0, 50000000 };
	pid_t parent = private_pid("ops"), child = private_child(parent), now = child;
	int i;

	CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
	for (i = 0; i < 1200 && (now == child || now == 0); i++) {
		(void)nanosleep(&moment, NULL);
		now = private_child(parent);
	}
	CU_ASSERT(now != child && now != 0);
	CU_ASSERT_EQUAL(client_call(c, "GET", "//livez", NULL), 200);
}

static void
is_not_ready_without_a_program(void)
{
	CU_ASSERT_EQUAL(kill(private_pid("chat"), SIGTERM), 0);
	CU_ASSERT(client_becomes(c, "//readyz", 503));
	CU_ASSERT_STRING_EQUAL(client_text(c, "ready"), "false");
	CU_ASSERT(strstr(client_body(c), "{\"name\":\"chat\",\"good\":false") != NULL);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/conversations", NULL), 503);
	CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "unavailable");
	CU_ASSERT(header_number("Retry-After") >= 1);
	CU_ASSERT_EQUAL(client_call(c, "GET", "//livez", NULL), 200);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "is alive and ready", is_alive_and_ready },
		{ "counts over all workers", counts_over_all_workers },
		{ "promtool takes the metrics", promtool_takes_the_metrics },
		{ "metrics name the release", metrics_name_the_release },
		{ "is not ready without a worker, and heals", is_not_ready_without_a_worker },
		{ "is not ready with a worker that hangs", is_not_ready_with_a_worker_that_hangs },
		{ "a killed worker is replaced", a_killed_worker_is_replaced },
		{ "is not ready without one of its programs", is_not_ready_without_a_program },
		{ NULL, NULL } };
	static const char *const settings[] = { "WORKER_SILENT_S=3", NULL };
	int status;

	private_start("ops", settings);
	c = client_new();
	status = cunit_run("ops", tests);
	client_free(c);
	return status;
}
