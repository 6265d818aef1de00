/* The log: every line is one JSON object, whole, whatever is passed in. */
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "harness/cunit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena *arena;
static int ends[2], saved;

static void
capture_start(void)
{
	arena = arena_new(REQUEST_BYTES_MAX);
	saved = dup(STDERR_FILENO);
	CU_ASSERT_FATAL(saved >= 0 && pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
}

/* What was written since capture_start, as text. */
static const char *
capture_end(void)
{
	char *text = arena_calloc(arena, 65536, 1);
	ssize_t len;

	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	len = read(ends[0], text, 65535);
	(void)close(ends[0]);
	CU_ASSERT(len >= 0);
	return text;
}

static struct json_object *
only_line(const char *text)
{
	struct json_object *root = NULL;
	struct json_fault fault;
	const char *end = strchr(text, '\n');

	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	CU_ASSERT_STRING_EQUAL(end, "\n");
	CU_ASSERT(end + 1 - text <= 4096);
	CU_ASSERT_EQUAL_FATAL(json_parse(arena, text, strlen(text), &fault, &root), ERR_OK);
	return root;
}

static const char *
text_of(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(object, key));

	return text != NULL ? text : "(missing)";
}

static void
writes_one_object(void)
{
	struct json_object *line;

	capture_start();
	log_open("test", LOG_LEVEL_INFO);
	log_request_set("r-1");
	log_warn("said \"so\"", LOG_STR("tab", "a\tb"), LOG_INT("n", INT64_MIN),
	    LOG_STR("none", (const char *)NULL));
	log_request_set(NULL);
	line = only_line(capture_end());
	CU_ASSERT_STRING_EQUAL(text_of(line, "level"), "warn");
	CU_ASSERT_STRING_EQUAL(text_of(line, "program"), "test");
	CU_ASSERT_STRING_EQUAL(text_of(line, "msg"), "said \"so\"");
	CU_ASSERT_STRING_EQUAL(text_of(line, "request_id"), "r-1");
	CU_ASSERT_STRING_EQUAL(text_of(line, "tab"), "a\tb");
	CU_ASSERT_STRING_EQUAL(text_of(line, "n"), "-9223372036854775808");
	CU_ASSERT_STRING_EQUAL(text_of(line, "none"), "");
	CU_ASSERT_EQUAL(json_object_get_int64(json_object_object_get(line, "pid")), getpid());
	CU_ASSERT_EQUAL(strlen(text_of(line, "time")), strlen("2026-11-21T03:04:05.678901Z"));
	arena_free(arena);
}

static void
drops_lower_levels(void)
{
	capture_start();
	log_open("test", LOG_LEVEL_WARN);
	log_debug("no");
	log_info("no");
	CU_ASSERT_STRING_EQUAL(capture_end(), "");
	arena_free(arena);
	capture_start();
	log_error("yes");
	CU_ASSERT_STRING_EQUAL(text_of(only_line(capture_end()), "request_id"), "(missing)");
	arena_free(arena);
}

static void
cuts_what_is_too_long(void)
{
	char text[8192];
	size_t len;

	for (len = 3900; len < 4200; len++) {
		memset(text, 'x', sizeof(text));
		memcpy(text + 3990, "\"\"\"\"\"\"\"\"", 8);
		memcpy(text + len, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 9);
		capture_start();
		log_error("m", LOG_STR("text", text), LOG_STR("more", text), LOG_INT("n", 1));
		CU_ASSERT_STRING_EQUAL(text_of(only_line(capture_end()), "msg"), "m");
		arena_free(arena);
	}
}

static void
stays_utf8(void)
{
	struct json_object *line;

	capture_start();
	log_error("\xc3\xa9", LOG_STR("a", "\xff"), LOG_STR("b", "x\xe2\x82"),
	    LOG_STR("c", "\xf0\x9f\x98\x80"), LOG_STR("d", "\xed\xa0\x80"));
	line = only_line(capture_end());
	CU_ASSERT_STRING_EQUAL(text_of(line, "msg"), "\xc3\xa9");
	CU_ASSERT_STRING_EQUAL(text_of(line, "a"), "\xef\xbf\xbd");
	CU_ASSERT_STRING_EQUAL(text_of(line, "b"), "x\xef\xbf\xbd\xef\xbf\xbd");
	CU_ASSERT_STRING_EQUAL(text_of(line, "c"), "\xf0\x9f\x98\x80");
	arena_free(arena);
}

/* As systemd does: the variable names the socket or pipe that is standard error. */
static void
journal_set(int fd, unsigned long long off)
{
	char name[64];
	struct stat status;

	CU_ASSERT_EQUAL_FATAL(fstat(fd, &status), 0);
	(void)snprintf(name, sizeof(name), "%llu:%llu", (unsigned long long)status.st_dev,
	    (unsigned long long)status.st_ino + off);
	CU_ASSERT_EQUAL(setenv("JOURNAL_STREAM", name, 1), 0);
	log_open("test", LOG_LEVEL_DEBUG);
}

static void
tells_the_journal_its_priority(void)
{
	static const char *const begins[] = { "<7>{", "<6>{", "<4>{", "<3>{" };
	size_t level;

	for (level = 0; level < COUNT_OF(begins); level++) {
		const char *text;

		capture_start();
		journal_set(STDERR_FILENO, 0);
		log_write((enum log_level)level, "m", LOG_FIELDS_());
		text = capture_end();
		CU_ASSERT_NSTRING_EQUAL(text, begins[level], 4);
		CU_ASSERT_STRING_EQUAL(text_of(only_line(text + 3), "msg"), "m");
		arena_free(arena);
	}
}

/* A shell started from a unit has the variable of its parent, and a standard error of its own. */
static void
tells_nobody_else(void)
{
	capture_start();
	journal_set(STDERR_FILENO, 1);
	log_error("m");
	CU_ASSERT_STRING_EQUAL(text_of(only_line(capture_end()), "msg"), "m");
	arena_free(arena);
	CU_ASSERT_EQUAL(unsetenv("JOURNAL_STREAM"), 0);
	log_open("test", LOG_LEVEL_DEBUG);
}

static void
names_its_levels(void)
{
	CU_ASSERT_EQUAL(log_level_of("debug"), LOG_LEVEL_DEBUG);
	CU_ASSERT_EQUAL(log_level_of("warn"), LOG_LEVEL_WARN);
	CU_ASSERT_EQUAL(log_level_of("error"), LOG_LEVEL_ERROR);
	CU_ASSERT_EQUAL(log_level_of("loud"), LOG_LEVEL_INFO);
}

/* The last test: there is no way back. */
static void
speaks_to_people(void)
{
	capture_start();
	log_for_people();
	log_warn("it broke", LOG_STR("why", "rust\nfake: line"), LOG_INT("n", -3));
	CU_ASSERT_STRING_EQUAL(capture_end(), "test: it broke: why=rust, n=-3\n");
	arena_free(arena);
}

static void
a_child_says_its_own_number(void)
{
	struct json_object *line;
	pid_t child;
	int status;

	capture_start();
	log_open("test", LOG_LEVEL_INFO);
	child = fork();
	if (child == 0) {
		log_warn("from the child");
		_exit(0);
	}
	CU_ASSERT(waitpid(child, &status, 0) == child && status == 0);
	line = only_line(capture_end());
	CU_ASSERT_EQUAL(json_object_get_int64(json_object_object_get(line, "pid")), child);
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "a child says its own number", a_child_says_its_own_number },
	{ "a line is one JSON object with its fields", writes_one_object },
	{ "levels below the chosen one are dropped", drops_lower_levels },
	{ "a line too long is cut and still JSON", cuts_what_is_too_long },
	{ "bytes that are not UTF-8 are replaced", stays_utf8 },
	{ "a line to the journal begins with its priority", tells_the_journal_its_priority },
	{ "a line to anything else does not", tells_nobody_else },
	{ "a level is known by its name", names_its_levels },
	{ "an operator reads text, one line each", speaks_to_people },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("log", tests);
}
