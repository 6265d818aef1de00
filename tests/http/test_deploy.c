/*
 * A deployment under load, as systemd does it: the sockets stay while events and chat are ended and started
 * again. Every poll and every message is answered, ending answers all that wait, and nobody misses a
 * message (P48).
 */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/private.h"
#include "harness/require.h"
#include "harness/testdb.h"
#include "web/fcgi.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PAIRS = 10,
	LISTENERS = 2 * PAIRS,
	RESTARTS = 4,
	PAUSE_US = 700000,
	END_US = 3 * HANG_US,
	WAIT_S = 20
};

/* A program and the sockets that are kept for it. */
struct service {
	const char *name, *sockets[2];
	int fds[2];
	pid_t pid; /* 0: does not run */
	int64_t told_us; /* when it was told to leave; 0: not yet */
	int64_t next_us; /* when to tell it */
	atomic_int restarts;
	int failures; /* it did not end with 0 */
	int64_t longest_us; /* from being told to having left */
};

static struct service services[] = {
	{ .name = "events", .sockets = { "events.sock", "events-ws.sock" } },
	{ .name = "chat", .sockets = { "chat.sock", NULL } },
};

/* --- services --- */

static void
in_run_dir(char path[static 1024], const char *name)
{
	char folder[600], *real;

	(void)snprintf(folder, sizeof(folder), "%s/run", getenv("STACK_DIR"));
	real = realpath(folder, NULL);
	require(real != NULL);
	(void)snprintf(path, 1024, "%s/%s", real, name);
	free(real);
}

static void
service_exec(const struct service *service)
{
	char path[1024], program[1024], pid[32], name[64];
	int i;

	for (i = 0; i < 2; i++)
		if (service->fds[i] >= 0)
			(void)dup2(service->fds[i], 3 + i);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", service->fds[1] >= 0 ? "2" : "1", 1);
	(void)setenv("LISTEN_FDNAMES", "first:second", 1);
	(void)snprintf(path, sizeof(path), "%s/confab.conf", getenv("STACK_DIR"));
	(void)setenv("CONFAB_CONF", path, 1);
	(void)unsetenv("BASE_URL");
	(void)snprintf(name, sizeof(name), "%s.pid", service->name);
	in_run_dir(path, name);
	(void)snprintf(program, sizeof(program), "%s/%s", getenv("BIN"), service->name);
	(void)execl(program, program, "--pid-file", path, NULL);
	_exit(127);
}

static void
service_begin(struct service *service)
{
	service->pid = fork();
	if (service->pid == 0)
		service_exec(service);
	require(service->pid > 0);
	service->told_us = 0;
	service->next_us = clock_monotonic_us() + PAUSE_US;
}

/* Its exit status when it has left; else -1. */
static int
service_left(struct service *service)
{
	int status = 0;

	if (waitpid(service->pid, &status, WNOHANG) != service->pid)
		return -1;
	service->pid = 0;
	if (clock_monotonic_us() - service->told_us > service->longest_us)
		service->longest_us = clock_monotonic_us() - service->told_us;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Tell it to leave when it is time, and start it again when it has left. */
static void
service_turn(struct service *service)
{
	int status;

	if (service->told_us == 0) {
		if (service->restarts < RESTARTS && clock_monotonic_us() > service->next_us) {
			service->told_us = clock_monotonic_us();
			(void)kill(service->pid, SIGTERM);
		}
		return;
	}
	status = service_left(service);
	if (status < 0)
		return;
	service->failures += status != 0;
	service->restarts++;
	service_begin(service);
}

static atomic_bool deployed; /* no more restarts */

/* What systemd is to them: in a thread, for a send waits until chat is back. */
static void *
services_keep(void *arg)
{
	struct timespec pause = { 0, 5000000 };
	size_t i;

	while (!atomic_load(&deployed)) {
		for (i = 0; i < COUNT_OF(services); i++)
			service_turn(&services[i]);
		(void)nanosleep(&pause, NULL);
	}
	return arg;
}

/* From the stack's own process, with sockets that stay. */
static void
service_take(struct service *service)
{
	char path[1024];
	int i, fd;

	(void)kill(private_pid(service->name), SIGTERM);
	for (i = 0; i < 2; i++) {
		service->fds[i] = -1;
		if (service->sockets[i] == NULL)
			continue;
		in_run_dir(path, service->sockets[i]);
		while ((fd = http_listen(path)) < 0) /* it still listens */
			parked_turn(100);
		service->fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		(void)close(fd);
	}
	service_begin(service);
}

static void
service_end(struct service *service)
{
	if (service->told_us == 0) {
		service->told_us = clock_monotonic_us();
		(void)kill(service->pid, SIGTERM);
	}
	while (service->pid != 0)
		if (service_left(service) < 0)
			parked_turn(20);
}

/* --- load --- */

struct side {
	struct listener who;
	struct client *client;
	struct parked *poll;
	int64_t seq;
	char place[37];
};

static struct side sides[LISTENERS];
static int sent, wrong_sends, wrong_polls;
static int64_t longest_send_us;

static void
meet(void)
{
	int i;

	for (i = 0; i < LISTENERS; i++) {
		sides[i].who = listener_make();
		sides[i].client = client_new();
		client_token(sides[i].client, sides[i].who.token);
		if (i % 2 == 0)
			continue;
		(void)snprintf(sides[i].place, sizeof(sides[i].place), "%s",
		    testdb_text("WITH c AS (INSERT INTO conversation (id, kind)"
				" VALUES (gen_random_uuid(), 'DIRECT') RETURNING id), m AS ("
				" INSERT INTO member (conversation_id, user_id, role)"
				" SELECT c.id, p.id, 'USER' FROM c,"
				" (VALUES ($1::uuid), ($2::uuid)) p(id)) SELECT id FROM c",
			sides[i - 1].who.id, sides[i].who.id));
		memcpy(sides[i - 1].place, sides[i].place, sizeof(sides[i].place));
	}
}

/* Take what has come, and wait for more. */
static void
side_turn(struct side *side)
{
	size_t i;

	if (side->poll != NULL && !parked_done(side->poll))
		return;
	if (side->poll != NULL) {
		if (parked_wait(side->poll) != 200)
			wrong_polls++;
		else
			for (i = 0; i < parked_events(side->poll); i++)
				if (parked_seq(side->poll, i) !=
				    0) /* who came and went is not stored */
					CU_ASSERT_EQUAL(parked_seq(side->poll, i), ++side->seq);
		parked_free(side->poll);
	}
	side->poll =
	    parked_start(side->who.token, "cursor=%s&wait=%d", cursor_at(side->seq), WAIT_S);
}

static void
send_one(void)
{
	struct side *side = &sides[sent % LISTENERS];
	int64_t began = clock_monotonic_us();
	char body[96];

	(void)snprintf(
	    body, sizeof(body), "{\"client_id\":\"d-%d\",\"body\":\"Number %d\"}", sent, sent);
	if (client_callf(side->client, "POST", body, "/conversations/%s/messages", side->place) !=
	    201)
		wrong_sends++;
	if (clock_monotonic_us() - began > longest_send_us)
		longest_send_us = clock_monotonic_us() - began;
	sent++;
}

static void
everyone_turns(void)
{
	int i;

	for (i = 0; i < LISTENERS; i++)
		side_turn(&sides[i]);
	parked_turn(5);
}

/* Everyone has heard all of the pair's messages. */
static bool
all_heard(void)
{
	int i;

	for (i = 0; i < LISTENERS; i++)
		if (sides[i].seq < sent / LISTENERS * 2)
			return false;
	return true;
}

static void
deploy_under_load(int64_t end)
{
	pthread_t keeper;
	bool more = true;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&keeper, NULL, services_keep, NULL), 0);
	while (more || sent % LISTENERS != 0) {
		send_one();
		everyone_turns();
		more = (services[0].restarts < RESTARTS || services[1].restarts < 1) &&
		    clock_monotonic_us() < end;
	}
	atomic_store(&deployed, true);
	(void)pthread_join(keeper, NULL);
}

static void
a_deployment_is_not_noticed(void)
{
	int64_t end = clock_monotonic_us() + END_US;
	size_t i;

	for (i = 0; i < COUNT_OF(services); i++)
		service_take(&services[i]);
	meet();
	deploy_under_load(end);
	while (!all_heard() && clock_monotonic_us() < end)
		everyone_turns();
	(void)printf(
	    "%d messages while events was restarted %d times (at most %.0f ms each) and chat "
	    "%d times; longest sending %.0f ms\n",
	    sent, services[0].restarts, (double)services[0].longest_us / 1000, services[1].restarts,
	    (double)longest_send_us / 1000);
	CU_ASSERT(all_heard());
	CU_ASSERT_EQUAL(services[0].restarts, RESTARTS);
	CU_ASSERT(services[1].restarts >= 1);
	CU_ASSERT(
	    services[0].longest_us < WAIT_S * SECOND_US); /* it did not wait for the polls' end */
	CU_ASSERT_EQUAL(wrong_sends, 0);
	CU_ASSERT_EQUAL(wrong_polls, 0);
	for (i = 0; i < LISTENERS; i++) {
		CU_ASSERT_EQUAL(sides[i].seq, sent / LISTENERS * 2);
		parked_free(sides[i].poll);
		client_free(sides[i].client);
	}
	for (i = 0; i < COUNT_OF(services); i++) {
		service_end(&services[i]);
		CU_ASSERT_EQUAL(services[i].failures, 0);
	}
}

static const struct cunit_test tests[] = {
	{ "a deployment is not noticed", a_deployment_is_not_noticed },
	{ NULL, NULL },
};

int
main(void)
{
	static const char *const settings[] = { "DRAIN_S=5", "LOG_LEVEL=warn", NULL };

	private_start("deploy", settings);
	return cunit_run("deploy", tests);
}
