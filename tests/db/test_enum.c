/* Lists of names are written once in C and once in SQL: they are the same. */
#include "domain/market/advisor.h"
#include "domain/market/review.h"
#include "domain/market/specialization.h"
#include "domain/people/report.h"
#include "domain/people/user.h"
#include "domain/system/audit_check.h"
#include "domain/system/decision.h"
#include "domain/system/outbox_admin.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/session.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, NAMES_MAX = 32 };

/* TABLE.COLUMN, or the domain. NULL: C has no list of these names. */
static const struct {
	const char *place;
	const char *const *names;
} enums[] = {
	{ "advisor.state", advisor_states },
	{ "audit_check.state", audit_check_states },
	{ "conversation_kind", conversation_kinds },
	{ "decision.state", decision_states },
	{ "job.state", NULL },
	{ "login.end_reason", NULL },
	{ "login.kind", NULL },
	{ "media.kind", message_media_kinds },
	{ "media.state", NULL },
	{ "member_role", conversation_roles },
	{ "outbox.channel", letter_channels },
	{ "outbox.state", outbox_states },
	{ "presence.status", presence_states },
	{ "report.reason", report_reasons },
	{ "report.state", report_states },
	{ "report.target_type", report_target_types },
	{ "session.state", session_states },
	{ "session.type", session_types },
	{ "session_transition.actor", NULL }, /* test_session compares the whole table */
	{ "specialization.state", specialization_states },
	{ "ticket.role", user_roles },
	{ "user_account.gender", user_genders },
	{ "user_account.role", user_roles },
	{ "user_account.state", user_states },
};

/* Of a constraint whose rule is that a value is one of some texts: where it holds, and how it reads. */
#define CHECKS                                                                                     \
	"WITH c AS (SELECT coalesce(r.relname || '.' || a.attname, t.typname) AS place,"           \
	" pg_get_constraintdef(c.oid) AS rule FROM pg_constraint c"                                \
	" LEFT JOIN pg_class r ON r.oid = c.conrelid"                                              \
	" LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]"      \
	" LEFT JOIN pg_type t ON t.oid = c.contypid"                                               \
	" WHERE c.contype = 'c' AND c.connamespace = current_schema()::regnamespace"               \
	" AND pg_get_constraintdef(c.oid) ~ '^CHECK \\(+[^ ]+ = ANY \\(') "

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in order of the alphabet, joined by blanks. */
static const char *
joined(const char *const *names)
{
	static char text[TEXT_MAX];
	const char *sorted[NAMES_MAX];
	size_t count, i, len = 0;

	for (count = 0; names[count] != NULL; count++) {
		CU_ASSERT_FATAL(count < NAMES_MAX);
		sorted[count] = names[count];
	}
	qsort(sorted, count, sizeof(sorted[0]), by_text);
	text[0] = '\0';
	for (i = 0; i < count; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%s%s", i > 0 ? " " : "", sorted[i]);
	CU_ASSERT_FATAL(len < sizeof(text));
	return text;
}

static void
the_names_in_c_are_those_of_the_database(void)
{
	size_t i;

	for (i = 0; i < COUNT_OF(enums); i++) {
		const char *known;

		if (enums[i].names == NULL)
			continue;
		known = testdb_text(CHECKS "SELECT string_agg(m[1], ' ' ORDER BY m[1] COLLATE \"C\")"
					   " FROM c, regexp_matches(c.rule, '''([^'']*)''', 'g') m"
					   " WHERE c.place = $1",
		    enums[i].place);
		CU_ASSERT_PTR_NOT_NULL_FATAL(known);
		CU_ASSERT_STRING_EQUAL(known, joined(enums[i].names));
	}
}

/* The rules of a message stand in a function. */
static const char *
message_names(const char *column)
{
	return testdb_text("SELECT string_agg(m[1], ' ' ORDER BY m[1] COLLATE \"C\") FROM pg_proc p,"
			   " regexp_matches(substring(p.prosrc FROM 'NOT m\\.' || $1 ||"
			   " ' IN \\(([^)]*)\\)'), '''([^'']*)''', 'g') m"
			   " WHERE p.proname = 'message_sound'",
	    column);
}

static void
the_names_of_a_message_are_those_of_its_rules(void)
{
	CU_ASSERT_STRING_EQUAL(message_names("sender_type"), joined(message_sender_types));
	CU_ASSERT_STRING_EQUAL(message_names("type"), joined(message_types));
}

static void
no_list_of_the_database_is_forgotten(void)
{
	const char *places[NAMES_MAX] = { NULL };
	size_t i;

	for (i = 0; i < COUNT_OF(enums); i++)
		places[i] = enums[i].place;
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(CHECKS "SELECT string_agg(place, ' ' ORDER BY place COLLATE \"C\") FROM c"),
	    joined(places));
}

static bool
has(const char *const *whole, const char *name)
{
	for (; *whole != NULL; whole++)
		if (strcmp(*whole, name) == 0)
			return true;
	return false;
}

static void
what_may_be_chosen_is_part_of_the_whole(void)
{
	static const struct {
		const char *const *part, *const *whole;
	} pairs[] = {
		{ message_types_sent, message_types },
		{ message_media_kinds, message_types },
		{ presence_states_said, presence_states },
		{ user_roles_chosen, user_roles },
		{ report_decisions, report_states },
		{ review_states, advisor_states },
		{ advisor_states, review_states },
	};
	const char *const *name;
	size_t i;

	for (i = 0; i < COUNT_OF(pairs); i++) {
		CU_ASSERT_PTR_NOT_NULL(pairs[i].part[0]);
		for (name = pairs[i].part; *name != NULL; name++)
			CU_ASSERT(has(pairs[i].whole, *name));
	}
}

static const struct cunit_test tests[] = {
	{ "the names in C are those of the database", the_names_in_c_are_those_of_the_database },
	{ "the names of a message are those of its rules",
	    the_names_of_a_message_are_those_of_its_rules },
	{ "no list of the database is forgotten", no_list_of_the_database_is_forgotten },
	{ "what may be chosen is part of the whole", what_may_be_chosen_is_part_of_the_whole },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("enum", tests);
}
