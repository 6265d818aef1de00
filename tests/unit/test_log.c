/* The log: every line is one JSON object, whole, whatever is passed in. */
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "harness/cunit.h"

#include <string.h>
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
	char *text = arena_alloc(arena, 65536);
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

static const struct cunit_test tests[] = {
	{ "a line is one JSON object with its fields", writes_one_object },
	{ "levels below the chosen one are dropped", drops_lower_levels },
	{ "a line too long is cut and still JSON", cuts_what_is_too_long },
	{ "bytes that are not UTF-8 are replaced", stays_utf8 },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("log", tests);
}
