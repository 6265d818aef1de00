/* Rate limits: bursts, refill, and one account for all processes of all programs, whatever becomes of one. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "web/rate.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The time stands still unless a test lets it pass: how fast the machine is plays no part. */
static int64_t now_us = 1000 * SECOND_US;

static enum err
take(struct rate *rate, enum rate_class class, const char *subject, struct rate_state *state)
{
	return rate_take_at(rate, class, subject, now_us, state);
}

static int
taken(struct rate *rate, enum rate_class class, const char *subject, int calls)
{
	struct rate_state state;
	int i, good = 0;

	for (i = 0; i < calls; i++)
		good += take(rate, class, subject, &state) == ERR_OK;
	return good;
}

static void
allows_a_burst_and_no_more(void)
{
	struct rate *rate = rate_open(NULL, 100);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 50), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_MESSAGE, "a", 50), 20);
	CU_ASSERT_EQUAL(taken(rate, RATE_WRITE, "a", 50), 30);
	CU_ASSERT_EQUAL(taken(rate, RATE_PANEL, "a", 100), 60);
	CU_ASSERT_EQUAL(taken(rate, RATE_READ, "a", 150), 100);
}

static void
counts_each_subject_and_class_alone(void)
{
	struct rate *rate = rate_open(NULL, 100);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "b", 20), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_WRITE, "a", 1), 1);
	CU_ASSERT_EQUAL(taken(rate, RATE_NONE, "a", 5000), 5000);
}

static void
says_what_is_left(void)
{
	struct rate *rate = rate_open(NULL, 100);
	struct rate_state state;

	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_OK);
	CU_ASSERT_EQUAL(state.limit, 10);
	CU_ASSERT_EQUAL(state.remaining, 9);
	CU_ASSERT_EQUAL(state.reset_s, 6);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 10), 9);
	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_RATE);
	CU_ASSERT_EQUAL(state.remaining, 0);
	CU_ASSERT_EQUAL(state.retry_after_s, 7);
	CU_ASSERT_EQUAL(state.reset_s, 60);
}

/* A place of the AUTH class comes free every six seconds. */
static void
refills_with_time(void)
{
	struct rate *rate = rate_open(NULL, 100);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
	now_us += 6 * SECOND_US - 1;
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 2), 0);
	now_us += 1;
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 2), 1);
	now_us += 3600 * SECOND_US;
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
}

static void
a_new_scale_holds_from_then_on(void)
{
	struct rate *rate = rate_open(NULL, 100);
	struct rate_state state;

	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_OK);
	rate_scale(rate, 300);
	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_OK);
	CU_ASSERT_EQUAL(state.limit, 30);
}

static void
processes_share_one_account(void)
{
	struct rate *rate = rate_open(NULL, 100);
	int i, status, sum = 0;

	for (i = 0; i < 8; i++)
		if (fork() == 0)
			_exit(taken(rate, RATE_READ, "a", 100));
	for (i = 0; i < 8; i++)
		if (wait(&status) > 0 && WIFEXITED(status))
			sum += WEXITSTATUS(status);
	CU_ASSERT_EQUAL(sum, 100);
}

/* So many more subjects than there are buckets; each has its own, whatever that was before. */
static void
a_full_table(struct rate *rate, int subjects, const char *name)
{
	struct rate_state state;
	char subject[24];
	int i;

	for (i = 0; i < subjects; i++) {
		(void)snprintf(subject, sizeof(subject), "%s %d", name, i);
		if (take(rate, RATE_AUTH, subject, &state) != ERR_OK)
			break;
	}
	CU_ASSERT_EQUAL(i, subjects);
}

static void
a_full_table_forgets_the_idle_ones(void)
{
	struct rate *rate = rate_open(NULL, 100);

	a_full_table(rate, 400000, "subject");
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "last", 20), 10);
}

/* --- several programs --- */

static char dir[] = "/tmp/confab-rate-XXXXXX";

/* A path in the folder that programs share. */
static const char *
shared(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/shared/%s", dir, name);
	return path;
}

/* The file is as no program has made it yet. */
static void
begin_anew(void)
{
	(void)unlink(shared("rate"));
}

static pid_t
child_wait(pid_t pid, int signal, int *status)
{
	if (signal != 0)
		(void)kill(pid, signal);
	return waitpid(pid, status, 0);
}

/* All of them come first, at once. */
static void
programs_share_one_account(void)
{
	int i, status, sum = 0, gate[2];
	char byte;

	begin_anew();
	CU_ASSERT_EQUAL_FATAL(pipe(gate), 0);
	for (i = 0; i < 8; i++)
		if (fork() == 0) {
			(void)close(gate[1]);
			(void)!read(gate[0], &byte, 1); /* until all are there */
			_exit(taken(rate_open(dir, 100), RATE_READ, "a", 100));
		}
	(void)close(gate[0]);
	(void)close(gate[1]);
	for (i = 0; i < 8; i++)
		if (wait(&status) > 0 && WIFEXITED(status))
			sum += WEXITSTATUS(status);
	CU_ASSERT_EQUAL(sum, 100);
	CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_READ, "b", 101), 100);
}

static void
what_was_used_stays_used_when_its_program_ends(void)
{
	int status;
	pid_t pid;

	begin_anew();
	pid = fork();
	if (pid == 0) {
		CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 7), 7);
		(void)raise(SIGKILL);
	}
	CU_ASSERT_EQUAL(child_wait(pid, 0, &status), pid);
	CU_ASSERT(WIFSIGNALED(status));
	CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 3);
}

/* Take over buckets of the one full set, for ever. */
static void
crowd(struct rate *rate)
{
	struct rate_state state;
	char subject[24];
	int i;

	for (i = 0;; i++) {
		(void)snprintf(subject, sizeof(subject), "subject %d", i % 500000);
		(void)take(rate, RATE_AUTH, subject, &state);
	}
}

static void
programs_killed_while_they_count_leave_a_good_table(void)
{
	struct rate *rate;
	pid_t pids[4];
	int i, round, status;

	begin_anew();
	rate = rate_open(dir, 100);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 4; i++)
			if ((pids[i] = fork()) == 0)
				crowd(rate_open(dir, 100));
		a_full_table(rate, 100000, "ours");
		for (i = 0; i < 4; i++)
			CU_ASSERT_EQUAL(child_wait(pids[i], SIGKILL, &status), pids[i]);
	}
	now_us += 120 * SECOND_US;
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "b", 20), 10);
}

/* Who made the file was killed over it: its lock is gone with it, what it began is no file of this name. */
static void
one_killed_at_the_beginning_is_in_nobodys_way(void)
{
	int status, told[2];
	char byte;
	pid_t pid;

	begin_anew();
	CU_ASSERT_EQUAL_FATAL(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		(void)flock(open(shared(""), O_RDONLY | O_DIRECTORY), LOCK_EX);
		(void)close(open(shared(".rate.1"), O_RDWR | O_CREAT, 0660));
		(void)!write(told[1], "", 1);
		for (;;)
			(void)pause();
	}
	CU_ASSERT_EQUAL(read(told[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(child_wait(pid, SIGKILL, &status), pid);
	CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 10);
	CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 0);
	(void)close(told[0]);
	(void)close(told[1]);
}

/* As another release left it: the file of the same size with another layout, and one of another size. */
static void
a_file_of_another_layout_is_replaced_and_left_alone(void)
{
	struct stat before, after;
	uint64_t *head;
	int fd, cut;

	for (cut = 0; cut < 2; cut++) {
		begin_anew();
		CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 10);
		fd = open(shared("rate"), O_RDWR);
		CU_ASSERT_EQUAL_FATAL(fstat(fd, &before), 0);
		CU_ASSERT_EQUAL(before.st_mode & 0777, 0660);
		head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		CU_ASSERT_FATAL(head != MAP_FAILED);
		head[0] ^= 1;
		if (cut)
			CU_ASSERT_EQUAL(ftruncate(fd, 4096), 0);
		CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 10);
		CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 0);
		CU_ASSERT_EQUAL(stat(shared("rate"), &after), 0);
		CU_ASSERT_NOT_EQUAL(before.st_ino, after.st_ino);
		CU_ASSERT_EQUAL(fstat(fd, &after), 0);
		CU_ASSERT_EQUAL(after.st_size, cut ? 4096 : before.st_size);
		head[0] ^= 1; /* who has it mapped is not hurt */
		(void)munmap(head, 4096);
		(void)close(fd);
	}
}

/* RUN_DIR outlived the machine's start, with which its clock began again. */
static void
an_account_from_before_the_machine_was_started_is_over(void)
{
	begin_anew();
	CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 10);
	now_us -= 500 * SECOND_US;
	CU_ASSERT_EQUAL(taken(rate_open(dir, 100), RATE_AUTH, "a", 20), 10);
	now_us += 500 * SECOND_US;
}

static void
without_a_folder_a_program_counts_alone(void)
{
	struct rate *rate = rate_open("/proc/nowhere", 100);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 0);
}

static void
a_tiny_share_still_lets_one_through(void)
{
	struct rate *rate = rate_open(NULL, 1);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 10), 1);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "allows a burst and no more",
						       allows_a_burst_and_no_more },
		{ "counts each subject and class alone", counts_each_subject_and_class_alone },
		{ "says what is left", says_what_is_left },
		{ "refills with time", refills_with_time },
		{ "a new scale holds from then on", a_new_scale_holds_from_then_on },
		{ "processes share one account", processes_share_one_account },
		{ "programs share one account", programs_share_one_account },
		{ "what was used stays used when its program ends",
		    what_was_used_stays_used_when_its_program_ends },
		{ "programs killed while they count leave a good table",
		    programs_killed_while_they_count_leave_a_good_table },
		{ "one killed at the beginning is in nobody's way",
		    one_killed_at_the_beginning_is_in_nobodys_way },
		{ "a file of another layout is replaced and left alone",
		    a_file_of_another_layout_is_replaced_and_left_alone },
		{ "an account from before the machine was started is over",
		    an_account_from_before_the_machine_was_started_is_over },
		{ "without a folder a program counts alone",
		    without_a_folder_a_program_counts_alone },
		{ "a full table forgets the idle ones", a_full_table_forgets_the_idle_ones },
		{ "a tiny share still lets one through", a_tiny_share_still_lets_one_through },
		{ NULL, NULL } };

	int status;

	(void)umask(0007); /* as the units have it */
	if (mkdtemp(dir) == NULL)
		return 1;
	status = cunit_run("rate", tests);
	(void)unlink(shared(".rate.1"));
	(void)unlink(shared("rate"));
	(void)rmdir(shared(""));
	(void)rmdir(dir);
	return status;
}
