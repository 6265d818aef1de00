#include "harness/subject.h"

#include "harness/talk.h"
#include "harness/testdb.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

static const char *
make_user(const char *state)
{
	const char *id = testdb_user("USER");

	testdb_run("UPDATE user_account SET state = $2, display_name = 'Ada <b> Test' WHERE id = $1",
	    id, state);
	return id;
}

static const char *
make_advisor(const char *state)
{
	const char *id = make_user("ACTIVE");

	testdb_run("INSERT INTO advisor (id, state, headline, applied_at, languages, specializations)"
		   " VALUES ($1, $2, 'Hello', app_now(), '{en}', '{dating}')",
	    id, state);
	return id;
}

static const char *
make_report(const char *state)
{
	return testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " state) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'SPAM', $3) RETURNING id",
	    testdb_user("USER"), make_user("ACTIVE"), state);
}

static const char *
make_job(const char *state)
{
	return testdb_text("INSERT INTO job (kind, state, attempts, tries_max, done_at)"
			   " VALUES ('test.none', $1, 3, 3, app_now()) RETURNING id",
	    state);
}

static const char *
make_letter(const char *state)
{
	return testdb_text(
	    "INSERT INTO outbox (id, channel, recipient_sealed, recipient_masked, letter, locale,"
	    " content_sealed, state, error, expires_at) VALUES (gen_random_uuid(), 'SMS', 'none',"
	    " '+91*****10', 'test', 'en', 'none', $1, 'busy', app_now() + interval '1 hour')"
	    " RETURNING id",
	    state);
}

static const char *
make_decision(const char *state)
{
	return testdb_text(
	    "INSERT INTO decision (id, act, subject_id, what, decided_by, state, effective_at)"
	    " VALUES (gen_random_uuid(), 'advisor.approve', gen_random_uuid(), 'Approve Ada',"
	    " gen_random_uuid(), $1, app_now() + interval '1 hour') RETURNING id",
	    state);
}

static const char *
make_session(const char *state)
{
	return talk_make(state).session_id;
}

static const char *
make_conversation(const char *state)
{
	struct talk talk = talk_make("ENDED");

	testdb_run("UPDATE conversation SET closed_at = CASE $2 WHEN 'CLOSED' THEN app_now() END"
		   " WHERE id = $1",
	    talk.conversation_id, state);
	return talk.conversation_id;
}

/* SENT is all that an act begins from. */
static const char *
make_message(const char *state)
{
	struct talk talk = talk_make("ONGOING");

	(void)state;
	return testdb_text("SELECT message->>'id' FROM message_send($1, $2, gen_random_uuid(), 'one',"
			   " 'text', 'Hello', NULL, NULL)",
	    talk.conversation_id, talk.user_id);
}

static const char *
make_admin(const char *state)
{
	const char *id = make_user(state);

	testdb_run("UPDATE user_account SET role = 'ADMIN' WHERE id = $1", id);
	testdb_run("INSERT INTO login (id, user_id, kind, ip, secret_hash, expires_at) VALUES"
		   " (gen_random_uuid(), $1, 'PANEL', '192.0.2.7', md5(random()::text),"
		   " app_now() + interval '8 hours')",
	    id);
	return id;
}

static const char *
make_specialization(const char *state)
{
	return testdb_text("INSERT INTO specialization (id, slug, name, state) SELECT id,"
			   " 's' || replace(id::text, '-', '_'), 'Ada <b> Test', $1"
			   " FROM gen_random_uuid() id RETURNING id",
	    state);
}

/* The example of what is added is not there. */
static void
make_room(void)
{
	testdb_run("DELETE FROM specialization WHERE slug = 'palm_reading'");
}

static const struct maker {
	const char *kind;
	const char *(*make)(const char *state); /* its id */
	const char *usual; /* a state it may be in */
	void (*whole)(void); /* before an act of no single one; NULL: nothing is to do */
} makers[] = {
	{ "user", make_user, "ACTIVE", NULL },
	{ "advisor", make_advisor, "APPROVED", NULL },
	{ "report", make_report, "OPEN", NULL },
	{ "job", make_job, "DEAD", NULL },
	{ "decision", make_decision, "PENDING", NULL },
	{ "outbox", make_letter, "FAILED", NULL },
	{ "session", make_session, "ENDED", NULL },
	{ "conversation", make_conversation, "OPEN", NULL },
	{ "message", make_message, "SENT", NULL },
	{ "specialization", make_specialization, "OFFERED", make_room },
	{ "admin", make_admin, "ACTIVE", NULL },
};

static const struct maker *
maker_of(const struct act *act)
{
	size_t i;

	for (i = 0; i < COUNT_OF(makers); i++)
		if (strcmp(makers[i].kind, act->kind->name) == 0)
			return &makers[i];
	(void)fprintf(stderr, "no maker of a %s\n", act->kind->name);
	CU_FAIL_FATAL("a kind of subject that the tests cannot make");
	return NULL;
}

const char *
subject_make(const struct act *act)
{
	const struct maker *maker = maker_of(act);
	char state[40];

	if (act->flags & ACT_WHOLE) {
		if (maker->whole != NULL)
			maker->whole();
		return NULL;
	}
	(void)snprintf(state, sizeof(state), "%.*s",
	    act->from == NULL ? 0 : (int)strcspn(act->from, " "),
	    act->from == NULL ? "" : act->from);
	return maker->make(act->from == NULL ? maker->usual : state);
}
