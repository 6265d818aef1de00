/* Messages of the decoding stream, built by hand after the manual, whole and cut at every byte. */
#include "db/pgoutput.h"
#include "harness/cunit.h"

#include <stdlib.h>
#include <string.h>

/* A string literal with its length, NULs inside included. */
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static struct pgoutput_message message;

static const char begin[] = "B\0\0\0\0\1\2\3\4\0\0\0\0\0\0\0\1\0\0\2\1";
static const char commit[] = "C\0\0\0\0\0\1\2\3\4\0\0\0\0\1\2\3\5\0\0\0\0\0\0\0\1";
static const char relation[] = "R\0\0\100\1public\0event\0d\0\2"
			       "\1user_id\0\0\0\13\206\377\377\377\377"
			       "\0seq\0\0\0\0\24\377\377\377\377";
static const char insert[] = "I\0\0\100\1N\0\4t\0\0\0\3abcnut\0\0\0\0";
static const char text[] = "M\0\0\0\0\0\1\2\3\4confab\0\0\0\0\5{\"\0\"}";

static bool
is(struct pgoutput_value value, const char *expected)
{
	return value.data != NULL && value.len == strlen(expected) &&
	    memcmp(value.data, expected, value.len) == 0;
}

static void
reads_begin_and_commit(void)
{
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES(begin), &message), ERR_OK);
	CU_ASSERT_EQUAL(message.kind, PGOUTPUT_BEGIN);
	CU_ASSERT_EQUAL(message.lsn, 0x01020304);
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES(commit), &message), ERR_OK);
	CU_ASSERT_EQUAL(message.kind, PGOUTPUT_COMMIT);
	CU_ASSERT_EQUAL(message.lsn, 0x01020305); /* the end, not the commit record */
}

static void
reads_a_relation(void)
{
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES(relation), &message), ERR_OK);
	CU_ASSERT_EQUAL(message.kind, PGOUTPUT_RELATION);
	CU_ASSERT_EQUAL(message.relation, 0x4001);
	CU_ASSERT_STRING_EQUAL(message.space, "public");
	CU_ASSERT_STRING_EQUAL(message.name, "event");
	CU_ASSERT_EQUAL(message.column_count, 2);
	CU_ASSERT(is(message.columns[0], "user_id"));
	CU_ASSERT_STRING_EQUAL(message.columns[1].data, "seq");
}

static void
reads_an_insert(void)
{
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES(insert), &message), ERR_OK);
	CU_ASSERT_EQUAL(message.kind, PGOUTPUT_INSERT);
	CU_ASSERT_EQUAL(message.relation, 0x4001);
	CU_ASSERT_EQUAL(message.column_count, 4);
	CU_ASSERT(is(message.columns[0], "abc"));
	CU_ASSERT_PTR_NULL(message.columns[1].data);
	CU_ASSERT_PTR_NULL(message.columns[2].data);
	CU_ASSERT(is(message.columns[3], ""));
}

static void
reads_a_logical_message(void)
{
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES(text), &message), ERR_OK);
	CU_ASSERT_EQUAL(message.kind, PGOUTPUT_MESSAGE);
	CU_ASSERT(!message.transactional);
	CU_ASSERT_STRING_EQUAL(message.name, "confab");
	CU_ASSERT_EQUAL(message.content.len, 5);
	CU_ASSERT_EQUAL(memcmp(message.content.data, "{\"\0\"}", 5), 0);
}

static void
skips_kinds_without_a_use(void)
{
	static const char *const others[] = { "U whatever", "D", "T\1\2", "Y", "O" };
	size_t i;

	for (i = 0; i < COUNT_OF(others); i++) {
		CU_ASSERT_EQUAL(
		    pgoutput_parse((const uint8_t *)others[i], strlen(others[i]), &message), ERR_OK);
		CU_ASSERT_EQUAL(message.kind, PGOUTPUT_OTHER);
	}
}

/* Each prefix stands in memory of just its size, so that the sanitizer sees a read behind it. */
static void
cut(const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t *part = malloc(i == 0 ? 1 : i);

		memcpy(part, bytes, i);
		CU_ASSERT_EQUAL(pgoutput_parse(part, i, &message), ERR_BAD_REQUEST);
		free(part);
	}
}

static void
refuses_a_message_cut_anywhere(void)
{
	cut(begin, sizeof(begin) - 1);
	cut(commit, sizeof(commit) - 1);
	cut(relation, sizeof(relation) - 1);
	cut(insert, sizeof(insert) - 1);
	cut(text, sizeof(text) - 1);
}

static void
refuses_what_is_too_much(void)
{
	/* A byte too many, unknown kinds and tags, a length past the end, 33 columns. */
	CU_ASSERT_EQUAL(
	    pgoutput_parse((const uint8_t *)begin, sizeof(begin), &message), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES("X"), &message), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES("\0"), &message), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(pgoutput_parse(BYTES("I\0\0\0\1K\0\0"), &message), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(
	    pgoutput_parse(BYTES("I\0\0\0\1N\0\1b\0\0\0\1x"), &message), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(
	    pgoutput_parse(BYTES("I\0\0\0\1N\0\1t\377\377\377\377x"), &message), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(
	    pgoutput_parse(BYTES("I\0\0\0\1N\0\041nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"), &message),
	    ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(
	    pgoutput_parse(BYTES("I\0\0\0\1N\0\040nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"), &message),
	    ERR_OK);
}

static const struct cunit_test tests[] = {
	{ "begin and commit tell their positions", reads_begin_and_commit },
	{ "a relation tells its name and columns", reads_a_relation },
	{ "an insert tells values and nulls", reads_an_insert },
	{ "a logical message keeps every byte", reads_a_logical_message },
	{ "kinds without a use are skipped", skips_kinds_without_a_use },
	{ "a message cut at any byte is refused", refuses_a_message_cut_anywhere },
	{ "lengths, kinds and counts out of bounds are refused", refuses_what_is_too_much },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("pgoutput", tests);
}
