/* What a program tells systemd, and that each step ends: start, reload, reload of bad settings, stop. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/require.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/confab-notify-XXXXXX", conf[PATH_MAX];
static int notify;
static pid_t program;

static void
listen_for_notes(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { 20, 0 };

	require(mkdtemp(dir) != NULL);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", dir);
	notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	require(bind(notify, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0);
	require(setsockopt(notify, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
	require(setenv("NOTIFY_SOCKET", address.sun_path, 1) == 0);
}

/* The settings of the stack with one line more. */
static void
settings_write(const char *more)
{
	char line[4096], from[PATH_MAX];
	FILE *in, *out;

	(void)snprintf(from, sizeof(from), "%s/confab.conf", getenv("STACK_DIR"));
	(void)snprintf(conf, sizeof(conf), "%s/confab.conf", dir);
	in = fopen(from, "re");
	out = fopen(conf, "we");
	require(in != NULL && out != NULL);
	while (fgets(line, sizeof(line), in) != NULL)
		(void)fputs(line, out);
	(void)fprintf(out, "RUN_DIR=%s\n%s\n", dir, more);
	require(fclose(in) == 0 && fclose(out) == 0);
}

static void
program_start(void)
{
	char path[PATH_MAX], socket_path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/people", getenv("BIN"));
	(void)snprintf(socket_path, sizeof(socket_path), "%s/people.sock", dir);
	require(setenv("CONFAB_CONF", conf, 1) == 0);
	program = fork();
	if (program == 0) {
		(void)unsetenv("BASE_URL");
		(void)unsetenv("DATABASE_URL");
		(void)execl(path, path, "--socket", socket_path, NULL);
		_exit(127);
	}
	require(program > 0);
}

/* The next note that is not about being alive; "" when none comes. */
static const char *
note(void)
{
	static char text[512];
	ssize_t got;

	do {
		got = recv(notify, text, sizeof(text) - 1, 0);
		text[got > 0 ? got : 0] = '\0';
	} while (strcmp(text, "WATCHDOG=1") == 0);
	return text;
}

static void
a_start_is_told(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(note(), "READY=1"));
}

static void
a_reload_begins_and_ends(void)
{
	const char *text, *at;

	CU_ASSERT_EQUAL(kill(program, SIGHUP), 0);
	text = note();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "RELOADING=1"));
	at = strstr(text, "MONOTONIC_USEC=");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT(llabs(strtoll(at + 15, NULL, 10) - clock_monotonic_us()) < 60 * SECOND_US);
	CU_ASSERT_PTR_NOT_NULL(strstr(note(), "READY=1"));
}

static void
a_refused_reload_ends_too(void)
{
	settings_write("LOG_LEVEL=loud");
	CU_ASSERT_EQUAL(kill(program, SIGHUP), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(note(), "RELOADING=1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(note(), "READY=1"));
}

/* A child that is stopped hears nothing: it is killed when its time is over, and the parent ends well. */
static void
a_child_that_does_not_leave_is_killed(void)
{
	char path[64];
	int child = 0, status = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)program, (int)program);
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fscanf(file, "%d", &child), 1);
	(void)fclose(file);
	CU_ASSERT_EQUAL(kill(child, SIGSTOP), 0);
	CU_ASSERT_EQUAL(kill(program, SIGTERM), 0);
	CU_ASSERT_STRING_EQUAL(note(), "STOPPING=1");
	CU_ASSERT_EQUAL(waitpid(program, &status, 0), program);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CU_ASSERT(kill(child, 0) != 0);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "a start is told", a_start_is_told },
		{ "a reload begins and ends", a_reload_begins_and_ends },
		{ "a refused reload ends too", a_refused_reload_ends_too },
		{ "a child that does not leave is killed", a_child_that_does_not_leave_is_killed },
		{ NULL, NULL } };

	listen_for_notes();
	settings_write("DRAIN_S=0");
	program_start();
	return cunit_run("notify", tests);
}
