#include "harness/private.h"

#include "base/base.h"
#include "base/clock.h"
#include "harness/require.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[512];
static const char script[] = "tests/harness/stack.sh";

/* Run a command with more environment; its output goes to this test's log. */
static int
command(char *const argv[], const char *const settings[])
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		for (; settings != NULL && *settings != NULL; settings++) {
			char *copy = strdup(*settings);

			if (copy == NULL || putenv(copy) != 0)
				_exit(126);
		}
		(void)dup2(STDERR_FILENO, STDOUT_FILENO);
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	require(pid > 0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int
stack(const char *action, const char *const settings[])
{
	return command((char *[]){ strdupa(script), strdupa(action), dir, NULL }, settings);
}

/* Take BASE_URL and the like from the file that the start wrote. */
static void
env_read(void)
{
	char path[600], line[1024], *value;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/env", dir);
	file = fopen(path, "re");
	require(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *from, *to;

		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, '=');
		if (line[0] == '#' || value == NULL)
			continue;
		*value++ = '\0';
		for (from = to = value; *from != '\0'; from++) /* quoted for a shell */
			if (*from != '\\')
				*to++ = *from;
		*to = '\0';
		require(setenv(line, value, 1) == 0);
	}
	(void)fclose(file);
	require(setenv("STACK_DIR", dir, 1) == 0);
}

void
private_start(const char *name, const char *const settings[])
{
	static const char *const usual[] = { "QUIET=1", "STACK_FAST=1", "STACK_SEED=1", "PORT=0",
		"RATE_PERCENT=1000000", "WORKERS=2", "COMMIT_WORKERS=2", NULL };
	const char *all[32];
	size_t count = 0;

	/* Beside the folder of the shared stack, which the runner clears too. */
	require(getenv("STACK_DIR") != NULL && getenv("BIN") != NULL);
	(void)snprintf(dir, sizeof(dir), "%s/../private-%s", getenv("STACK_DIR"), name);
	for (; count < COUNT_OF(usual) - 1; count++)
		all[count] = usual[count];
	for (; settings != NULL && *settings != NULL; settings++) {
		require(count < COUNT_OF(all) - 1);
		all[count++] = *settings;
	}
	all[count] = NULL;
	(void)stack("stop", all);
	(void)command((char *[]){ strdupa("rm"), strdupa("-rf"), dir, NULL }, NULL);
	(void)atexit(private_stop);
	require(stack("start", all) == 0);
	env_read();
}

void
private_stop(void)
{
	if (dir[0] == '\0')
		return;
	(void)stack("stop", NULL);
	dir[0] = '\0';
}

static long
number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[32] = "";

	if (file == NULL)
		return 0;
	(void)(fgets(line, sizeof(line), file) != NULL);
	(void)fclose(file);
	return strtol(line, NULL, 10);
}

pid_t
private_pid(const char *program)
{
	char path[600];
	long pid;

	(void)snprintf(path, sizeof(path), "%s/run/%s.pid", dir, program);
	pid = number_in(path);
	require(pid > 1);
	return (pid_t)pid;
}

pid_t
private_child(pid_t parent)
{
	char path[64];

	(void)snprintf(
	    path, sizeof(path), "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
	return (pid_t)number_in(path);
}

void
private_worker_start(void)
{
	static const char start[] =
	    "D=$(realpath \"$1\"); R=$(sed -n 's/^RUN_DIR=//p' \"$D/confab.conf\"); W=$(realpath \"$BIN/worker\");"
	    " cd /; env -i CONFAB_CONF=\"$D/confab.conf\" CONFAB_TEST_FILE=\"$D/test.map\" setsid \"$W\" --pid-file \"$R/worker.pid\""
	    " </dev/null >>\"$D/log/worker.log\" 2>&1 &";

	require(command((char *[]){ strdupa("bash"), strdupa("-euc"), strdupa(start),
			    strdupa(script), dir, NULL },
		    NULL) == 0);
}

int
private_logged(const char *program, const char *level, const char *text)
{
	char path[600], wanted[32], line[8192];
	FILE *file;
	int count = 0;

	(void)snprintf(path, sizeof(path), "%s/log/%s.log", dir, program);
	(void)snprintf(wanted, sizeof(wanted), "\"level\":\"%s\"", level != NULL ? level : "");
	file = fopen(path, "re");
	require(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		count +=
		    (level == NULL || strstr(line, wanted) != NULL) && strstr(line, text) != NULL;
	(void)fclose(file);
	return count;
}

void
private_db_start(void)
{
	static const char start[] =
	    ". tests/harness/common.sh; . tests/harness/stack_db.sh; DIR=$(realpath \"$1\");"
	    " PGDIR=$(cat \"$DIR/pgdir\"); RUN_DIR=$DIR/run; QUIET=1 STACK_FAST=1; db_start";

	require(command((char *[]){ strdupa("bash"), strdupa("-euc"), strdupa(start),
			    strdupa(script), dir, NULL },
		    NULL) == 0);
}

void
private_socket(const char *program, char path[static 600])
{
	char run[600], *real;

	(void)snprintf(run, sizeof(run), "%s/run", dir);
	real = realpath(run, NULL);
	require(real != NULL);
	(void)snprintf(path, 600, "%s/%s.sock", real, program);
	free(real);
}

int
private_accepted(const char *path)
{
	FILE *file = fopen("/proc/net/unix", "re");
	char line[512], at[256];
	long inode;
	int count = 0, state;

	require(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		count += sscanf(line, "%*s %*s %*s %*s %*s %d %ld %255s", &state, &inode, at) == 3 &&
		    state == 3 && inode != 0 && strcmp(at, path) == 0;
	(void)fclose(file);
	return count;
}

void
private_alone(const char *program)
{
	const struct timespec moment = { 0, 5000000 };
	int64_t end = clock_steady_us() + HANG_US;
	char path[600];

	private_socket(program, path);
	while (private_accepted(path) > 0 && clock_steady_us() < end)
		(void)nanosleep(&moment, NULL);
	require(private_accepted(path) == 0);
}
