/*
 * The panel's rooms of talk: sessions and what an administrator may do to them, conversations, and the door before
 * what was said: no message is seen without an entry in the audit log that says why.
 */
#include "base/arena.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static struct browser *browser;
static struct arena *arena;
static const char *admin;

#define text(...) arena_printf(arena, __VA_ARGS__)

static const char *
get(const char *path)
{
	CU_ASSERT_EQUAL(browser_get(browser, path), 200);
	return arena_strdup(arena, browser_body(browser));
}

static bool
shows(const char *page, const char *what)
{
	return strstr(page, what) != NULL;
}

/* Post the form of an act with these fields behind its token. */
static int
act(const char *path, const char *fields)
{
	return browser_post(browser, path, text("csrf=%s%s", browser_csrf(browser), fields), NULL);
}

static int64_t
audits(const char *id, const char *action)
{
	return testdb_i64(
	    "SELECT count(*) FROM audit WHERE target_id = $1 AND action = $2", id, action);
}

static const char *
say(const struct talk *talk, const char *by, const char *body)
{
	return testdb_text("SELECT message->>'id' FROM message_send($1, $2, gen_random_uuid(),"
			   " gen_random_uuid()::text, 'text', $3, NULL, NULL)",
	    talk->conversation_id, by, body);
}

static const char *
messages_of(const struct talk *talk, const char *more)
{
	return text("/admin/messages?conversation=%s%s", talk->conversation_id, more);
}

static const char *
reading(const struct talk *talk)
{
	return text("/admin/conversations/%s/read", talk->conversation_id);
}

static void
an_administrator_is_there(void)
{
	browser = browser_new();
	browser_sign_in(browser);
	admin = testdb_text("SELECT id FROM user_account WHERE email = $1", getenv("ADMIN_EMAIL"));
}

/* --- sessions --- */

static void
sessions_are_found_by_their_sides_state_and_id(void)
{
	struct talk on = talk_make("ONGOING"), over = talk_make("ENDED");
	const char *id = on.session_id, *link = text("href=\"/admin/sessions/%s\"", id);
	const char *queries[] = { text("user=%s", on.user_id), text("advisor=%s", on.advisor_id),
		text("q=%s", id), text("state=ONGOING&type=CHAT&user=%s", on.user_id) };
	size_t i;

	for (i = 0; i < COUNT_OF(queries); i++) {
		const char *page = get(text("/admin/sessions?%s", queries[i]));

		CU_ASSERT(shows(page, link));
		CU_ASSERT(shows(page, text("href=\"/admin/users/%s\"", on.user_id)));
		CU_ASSERT(shows(page, text("href=\"/admin/advisors/%s\"", on.advisor_id)));
		CU_ASSERT_FALSE(shows(page, over.session_id));
		CU_ASSERT(shows(page, ">1 session<"));
	}
	CU_ASSERT_FALSE(shows(get(text("/admin/sessions?state=ENDED&user=%s", on.user_id)), link));
	testdb_run("UPDATE user_account SET display_name = 'Quxi ' || $2 WHERE id = $1", on.user_id,
	    text("%08x", (unsigned)testdb_random()));
	CU_ASSERT(shows(get(text("/admin/sessions?q=quxi&user=%s", on.user_id)), link));
	CU_ASSERT_FALSE(shows(get(text("/admin/sessions?q=quxi&user=%s", over.user_id)), link));
	CU_ASSERT(shows(get("/admin"), "href=\"/admin/sessions?state=ONGOING\""));
}

/* What happened, an hour between two. */
static struct talk
lived(void)
{
	struct talk talk = talk_make("REQUESTED");

	testdb_run("UPDATE session SET topic = 'topic <one>', requested_at = '2026-01-01 01:00+00',"
		   " accepted_at = '2026-01-01 02:00+00', state = 'ACCEPTED' WHERE id = $1",
	    talk.session_id);
	testdb_run("UPDATE session SET state = 'ONGOING', started_at = '2026-01-01 04:00+00'"
		   " WHERE id = $1",
	    talk.session_id);
	testdb_run("UPDATE session SET state = 'ENDED', ended_at = '2026-01-01 05:30+00',"
		   " ended_by = user_id, end_reason = 'reason <five>' WHERE id = $1",
	    talk.session_id);
	testdb_run("INSERT INTO session_presence (session_id, user_id, joined_at, seen_at)"
		   " VALUES ($1, $2, '2026-01-01 03:00+00', '2026-01-01 05:00+00')",
	    talk.session_id, talk.user_id);
	testdb_run(
	    "INSERT INTO rating (id, session_id, user_id, advisor_id, stars, review, created_at)"
	    " VALUES (gen_random_uuid(), $1, $2, $3, 4, 'review <six>', '2026-01-01 06:00+00')",
	    talk.session_id, talk.user_id, talk.advisor_id);
	testdb_run(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " detail, created_at) VALUES (gen_random_uuid(), $2, 'SESSION', $1, $3, 'FRAUD',"
	    " 'report <seven>', '2026-01-01 07:00+00')",
	    talk.session_id, talk.user_id, talk.advisor_id);
	return talk;
}

static void
a_session_tells_its_life_and_leads_on(void)
{
	static const char *const order[] = { "report &lt;seven&gt;", "review &lt;six&gt;",
		"reason &lt;five&gt;", "was last heard of", ">started<", ">came<", ">accepted<",
		"topic &lt;one&gt;" };
	struct talk talk = lived();
	const char *page = get(text("/admin/sessions/%s", talk.session_id)), *at;
	size_t i;

	CU_ASSERT(shows(page, text("href=\"/admin/conversations/%s\"", talk.conversation_id)));
	CU_ASSERT(shows(page, "90 min"));
	CU_ASSERT(shows(page, "4 of 5"));
	CU_ASSERT(shows(page, "Reports about it"));
	at = strstr(page, "id=\"timeline\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	for (i = 0; i < COUNT_OF(order); i++) {
		at = strstr(at, order[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	}
	CU_ASSERT_FALSE(shows(page, text("/admin/sessions/%s/end", talk.session_id)));
	CU_ASSERT(shows(get(text("/admin/users/%s", talk.user_id)),
	    text("/admin/sessions/%s", talk.session_id)));
	CU_ASSERT(shows(get(text("/admin/advisors/%s", talk.advisor_id)),
	    text("/admin/sessions/%s", talk.session_id)));
	CU_ASSERT_EQUAL(browser_get(browser, text("/admin/sessions/%s", talk.conversation_id)), 404);
}

/* How many events of that type with that reason they have, by the system. */
static int64_t
told(const char *user_id, const char *type, const char *reason)
{
	return testdb_i64("SELECT count(*) FROM event WHERE user_id = $1 AND type = $2"
			  " AND payload->>'end_reason' = $3 AND payload->>'ended_by' = 'SYSTEM'",
	    user_id, type, reason);
}

static void
both_sides_hear_when_an_administrator_ends_it(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *path = text("/admin/sessions/%s/end", talk.session_id);

	CU_ASSERT(shows(get(text("/admin/sessions/%s", talk.session_id)), path));
	CU_ASSERT_EQUAL(act(path, ""), 422);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ONGOING");
	CU_ASSERT_EQUAL(act(path, "&reason=For+your+safety"), 303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	CU_ASSERT(shows(browser_body(browser), "was ended: both sides were told"));
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "ENDED");
	CU_ASSERT_EQUAL(told(talk.user_id, "session.ended", "For your safety"), 1);
	CU_ASSERT_EQUAL(told(talk.advisor_id, "session.ended", "For your safety"), 1);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM conversation WHERE id = $1"
				   " AND closed_at IS NOT NULL",
			    talk.conversation_id),
	    1);
	CU_ASSERT_EQUAL(audits(talk.session_id, "session.end"), 1);
	CU_ASSERT_EQUAL(act(path, "&reason=Again"), 409);
	CU_ASSERT(shows(browser_body(browser), "is already ended"));
	CU_ASSERT_EQUAL(audits(talk.session_id, "session.end"), 1);
}

static void
what_has_not_begun_is_called_off(void)
{
	struct talk talk = talk_make("ACCEPTED");
	const char *page = get(text("/admin/sessions/%s", talk.session_id));

	CU_ASSERT_FALSE(shows(page, text("/admin/sessions/%s/end\"", talk.session_id)));
	CU_ASSERT_EQUAL(act(text("/admin/sessions/%s/end", talk.session_id), "&reason=No"), 409);
	CU_ASSERT_EQUAL(
	    act(text("/admin/sessions/%s/cancel", talk.session_id), "&reason=The+advisor+is+ill"),
	    303);
	CU_ASSERT_STRING_EQUAL(talk_state(&talk), "CANCELLED");
	CU_ASSERT_EQUAL(told(talk.user_id, "session.cancelled", "The advisor is ill"), 1);
	CU_ASSERT_EQUAL(told(talk.advisor_id, "session.cancelled", "The advisor is ill"), 1);
}

/* --- conversations and their door --- */

static void
a_conversation_shows_who_and_when_but_not_what(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *page,
	    *paths[] = { text("/admin/conversations?person=%s", talk.user_id),
		    text("/admin/conversations?q=%s", talk.conversation_id),
		    text("/admin/conversations?kind=SESSION&state=OPEN&person=%s", talk.advisor_id),
		    text("/admin/conversations/%s", talk.conversation_id),
		    text("/admin/users/%s", talk.user_id) };
	size_t i;

	(void)say(&talk, talk.user_id, "A secret word");
	(void)say(&talk, talk.user_id, "A secret word again");
	for (i = 0; i < COUNT_OF(paths); i++) {
		page = get(paths[i]);
		CU_ASSERT(shows(page, text("/admin/conversations/%s", talk.conversation_id)));
		CU_ASSERT(shows(page, text("href=\"/admin/sessions/%s\"", talk.session_id)));
		CU_ASSERT_FALSE(shows(page, "secret word"));
	}
	page = get(text("/admin/conversations/%s", talk.conversation_id));
	CU_ASSERT(shows(page, "Read up to no."));
	CU_ASSERT(shows(page, text("href=\"/admin/users/%s\"", talk.advisor_id)));
	CU_ASSERT(shows(page, reading(&talk)));
	CU_ASSERT_EQUAL(audits(talk.conversation_id, "conversation.read"), 0);
}

/* Neither the page nor the file; and who asks is led to the form that leads back. */
static void
is_shut(const struct talk *talk)
{
	CU_ASSERT_EQUAL(browser_get(browser, messages_of(talk, "&sort=-number")), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"),
	    text("%s?back=%%2Fadmin%%2Fmessages%%3Fconversation%%3D%s%%26sort%%3D-number",
		reading(talk), talk->conversation_id));
	CU_ASSERT_EQUAL(
	    browser_get(browser, text("/admin/messages.csv?conversation=%s", talk->conversation_id)),
	    303);
	CU_ASSERT_FALSE(shows(browser_body(browser), "secret word"));
}

static void
nothing_is_read_without_an_entry_that_says_why(void)
{
	struct talk talk = talk_make("ONGOING"), other = talk_make("ONGOING");
	const char *page;

	(void)say(&talk, talk.user_id, "A secret word");
	(void)say(&other, other.user_id, "A secret word");
	is_shut(&talk);
	(void)get(reading(&talk));
	CU_ASSERT_EQUAL(act(reading(&talk), ""), 422);
	CU_ASSERT_EQUAL(
	    browser_post(browser, reading(&talk), "csrf=wrong&reason=Curious", NULL), 403);
	is_shut(&talk);
	CU_ASSERT_EQUAL(audits(talk.conversation_id, "conversation.read"), 0);
	(void)get(reading(&talk));
	CU_ASSERT_EQUAL(act(reading(&talk), "&reason=A+report+of+%3Cfraud%3E"), 303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	page = arena_strdup(arena, browser_body(browser));
	CU_ASSERT(shows(page, "A secret word"));
	CU_ASSERT(shows(page, "because: A report of &lt;fraud&gt;"));
	CU_ASSERT(shows(page, "role=\"status\""));
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1 AND actor_id = $2"
		       " AND action = 'conversation.read' AND target_type = 'conversation'"
		       " AND detail->>'reason' = 'A report of <fraud>'",
		talk.conversation_id, admin),
	    1);
	is_shut(&other);
	CU_ASSERT(shows(get(text("/admin/messages.csv?conversation=%s", talk.conversation_id)),
	    "A secret word"));
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/messages"), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), "/admin/conversations");
}

static void
a_reason_opens_it_to_who_gave_it_for_a_quarter_of_an_hour(void)
{
	static const char entry[] =
	    "INSERT INTO audit (actor_id, action, target_type, target_id, at, previous_hash, hash)"
	    " VALUES ($1, 'conversation.read', 'conversation', $2, app_now() - $3::interval, '', '')";
	struct talk talk = talk_make("ENDED");

	testdb_run(entry, testdb_user("ADMIN"), talk.conversation_id, "1 minute");
	is_shut(&talk);
	testdb_run(entry, admin, talk.conversation_id, "901 seconds");
	is_shut(&talk);
	testdb_run(entry, admin, talk.conversation_id, "800 seconds");
	(void)get(messages_of(&talk, ""));
}

static void
only_administrators_come_in(void)
{
	struct talk talk = talk_make("ONGOING");
	struct browser *stranger = browser_new();
	const char *paths[] = { "/admin/sessions", "/admin/sessions.csv", "/admin/conversations",
		"/admin/conversations.csv", text("/admin/sessions/%s", talk.session_id),
		text("/admin/conversations/%s", talk.conversation_id), messages_of(&talk, ""),
		text("/admin/messages.csv?conversation=%s", talk.conversation_id) };
	size_t i;

	for (i = 0; i < COUNT_OF(paths); i++) {
		CU_ASSERT_EQUAL(browser_get(stranger, paths[i]), 303);
		CU_ASSERT_NSTRING_EQUAL(browser_header(stranger, "Location"), "/admin/login", 12);
	}
	browser_free(stranger);
}

/* --- messages --- */

static void
open_it(const struct talk *talk)
{
	(void)get(reading(talk));
	CU_ASSERT_EQUAL(act(reading(talk), "&reason=A+test"), 303);
}

static void
pages_go_by_the_messages_numbers(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *page, *id = NULL, *next;
	int i;

	for (i = 1; i <= 60; i++)
		id = say(&talk, i % 2 ? talk.user_id : talk.advisor_id, text("word %03d.", i));
	open_it(&talk);
	page = get(messages_of(&talk, ""));
	CU_ASSERT(shows(page, "word 060.") && shows(page, "word 011."));
	CU_ASSERT_FALSE(shows(page, "word 010."));
	CU_ASSERT(shows(page, "60 messages"));
	next = strstr(page, "\" rel=\"next\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(next);
	while (*next != '=' || strncmp(next, "=\"/admin", 8) != 0)
		next--;
	next = arena_strndup(arena, next + 2, strcspn(next + 2, "\""));
	CU_ASSERT_EQUAL(
	    browser_get(browser, testdb_text("SELECT replace($1, '&amp;', '&')", next)), 200);
	page = arena_strdup(arena, browser_body(browser));
	CU_ASSERT(shows(page, "word 010.") && shows(page, "word 001."));
	CU_ASSERT_FALSE(shows(page, "word 011."));
	CU_ASSERT(shows(page, "rel=\"prev\""));
	CU_ASSERT_EQUAL(browser_get(browser, messages_of(&talk, "&limit=100")), 422);
	page = get(messages_of(&talk, "&at=20&limit=25"));
	CU_ASSERT(shows(page, "word 030.") && shows(page, "word 020.") && shows(page, "word 006."));
	CU_ASSERT_FALSE(shows(page, "word 031."));
	CU_ASSERT_EQUAL(browser_get(browser, text("/admin/messages/%s", id)), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), messages_of(&talk, "&at=60"));
}

static void
edits_and_deletions_are_seen(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *first = say(&talk, talk.user_id, "before the edit"),
		   *second = say(&talk, talk.advisor_id, "before the deletion"), *page;

	testdb_run("SELECT message_edit($1, $2, 'after the edit', 600)", first, talk.user_id);
	testdb_run("SELECT message_delete($1, $2, 600)", second, talk.advisor_id);
	open_it(&talk);
	page = get(messages_of(&talk, ""));
	CU_ASSERT(shows(page, "after the edit") && shows(page, "state-EDITED"));
	CU_ASSERT(shows(page, "before the edit"));
	CU_ASSERT(shows(page, "before the deletion") && shows(page, "state-DELETED"));
}

static void
all_hear_of_a_message_that_is_removed(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, talk.user_id, "A word to be removed"),
		   *path = text("/admin/messages/%s/remove", id);

	testdb_run(
	    "UPDATE message SET created_at = created_at - interval '1 year' WHERE id = $1", id);
	open_it(&talk);
	(void)get(messages_of(&talk, ""));
	CU_ASSERT(shows(browser_body(browser), "formaction=\"/admin/messages/remove\""));
	CU_ASSERT_EQUAL(act(path, ""), 422);
	CU_ASSERT_EQUAL(act(path, "&reason=An+address"), 303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	CU_ASSERT(shows(browser_body(browser), "was removed."));
	CU_ASSERT(shows(browser_body(browser), "state-DELETED"));
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.deleted"), 1);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "message.deleted"), 1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM message JOIN message_version v"
		       " USING (conversation_id, seq) WHERE id = $1 AND message.body = ''"
		       " AND deleted_at IS NOT NULL AND v.body = 'A word to be removed'",
		id),
	    1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1"
		       " AND action = 'message.remove' AND detail->>'reason' = 'An address'"
		       " AND detail->>'conversation_id' = $2",
		id, talk.conversation_id),
	    1);
	CU_ASSERT_EQUAL(act(path, "&reason=Again"), 409);
}

static const char *
reported(const char *type, const char *target, const struct talk *talk)
{
	return text("/admin/reports/%s",
	    testdb_text("INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id,"
			" reason) VALUES (gen_random_uuid(), $1, $3, $4, $2, 'ABUSE') RETURNING id",
		talk->user_id, talk->advisor_id, type, target));
}

static void
a_report_offers_what_can_be_done_to_its_matter(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, talk.advisor_id, "An insult"),
		   *report = reported("MESSAGE", id, &talk),
		   *about_session = reported("SESSION", talk.session_id, &talk),
		   *path = text("/admin/messages/%s/remove", id), *page = get(report);

	CU_ASSERT(shows(page, text("action=\"%s\"", path)));
	CU_ASSERT(shows(page, text("name=\"back\" value=\"%s\"", report)));
	CU_ASSERT(shows(page, text("href=\"/admin/messages/%s\"", id)));
	CU_ASSERT_EQUAL(act(path, text("&reason=An+insult&back=%s", report)), 303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	page = arena_strdup(arena, browser_body(browser));
	CU_ASSERT(shows(page, "was removed."));
	CU_ASSERT(shows(page, text("action=\"%s/decide\"", report)));
	CU_ASSERT_FALSE(shows(page, text("action=\"%s\"", path)));
	page = get(about_session);
	CU_ASSERT(shows(page, text("action=\"/admin/sessions/%s/end\"", talk.session_id)));
	CU_ASSERT(shows(page, text("href=\"/admin/sessions/%s\"", talk.session_id)));
	CU_ASSERT_FALSE(shows(page, text("action=\"/admin/sessions/%s/note\"", talk.session_id)));
}

static const struct cunit_test tests[] = {
	{ "an administrator is there", an_administrator_is_there },
	{ "sessions are found by their sides, state and id",
	    sessions_are_found_by_their_sides_state_and_id },
	{ "a session tells its life, and leads on", a_session_tells_its_life_and_leads_on },
	{ "both sides hear when an administrator ends it",
	    both_sides_hear_when_an_administrator_ends_it },
	{ "what has not begun is called off", what_has_not_begun_is_called_off },
	{ "a conversation shows who and when, but not what",
	    a_conversation_shows_who_and_when_but_not_what },
	{ "nothing is read without an entry that says why",
	    nothing_is_read_without_an_entry_that_says_why },
	{ "a reason opens it to who gave it, for a quarter of an hour",
	    a_reason_opens_it_to_who_gave_it_for_a_quarter_of_an_hour },
	{ "only administrators come in", only_administrators_come_in },
	{ "pages go by the messages' numbers", pages_go_by_the_messages_numbers },
	{ "edits and deletions are seen", edits_and_deletions_are_seen },
	{ "all hear of a message that is removed", all_hear_of_a_message_that_is_removed },
	{ "a report offers what can be done to its matter",
	    a_report_offers_what_can_be_done_to_its_matter },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(64 * 1024 * 1024);
	status = cunit_run("panel_talk", tests);
	browser_free(browser);
	arena_free(arena);
	return status;
}
