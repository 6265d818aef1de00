/* The panel's one search: what it finds leads somewhere, an id leads there at once, and nothing is said as typed. */
#include "base/arena.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <string.h>

static struct browser *browser;
static struct arena *arena;

static const char *
search(const char *text)
{
	CU_ASSERT_EQUAL_FATAL(
	    browser_get(browser, arena_printf(arena, "/admin/search?q=%s", text)), 200);
	return arena_strdup(arena, browser_body(browser));
}

static void
what_is_found_leads_somewhere(void)
{
	struct talk talk = talk_make("ENDED");
	const char *at, *end,
	    *word = testdb_text(
		"SELECT translate(left(md5($1), 12), '0123456789', 'ghijklmnop')", talk.user_id);
	size_t links = 0;

	browser = browser_new();
	browser_sign_in(browser);
	testdb_run("UPDATE user_account SET display_name = 'Zo\u00eb ' || $2 WHERE id = $1",
	    talk.user_id, word);
	testdb_run(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason)"
	    " VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'SPAM')",
	    talk.advisor_id, talk.user_id);
	at = strstr(search(arena_printf(arena, "%s%%20zoe", word)), "class=\"hits\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_PTR_NOT_NULL(strstr(at, talk.user_id));
	while ((at = strstr(at, "href=\"")) != NULL) {
		at += strlen("href=\"");
		end = strchr(at, '"');
		CU_ASSERT_EQUAL(
		    browser_get(browser, arena_strndup(arena, at, (size_t)(end - at))), 200);
		links++;
	}
	CU_ASSERT_EQUAL(links, 3); /* the person, the session and the report */
}

static void
an_id_leads_there_at_once(void)
{
	const char *id = testdb_user("USER");
	struct talk talk = talk_make("ENDED");

	CU_ASSERT_EQUAL(browser_get(browser, arena_printf(arena, "/admin/search?q=%s", id)), 303);
	CU_ASSERT_STRING_EQUAL(
	    browser_header(browser, "Location"), arena_printf(arena, "/admin/users/%s", id));
	CU_ASSERT_EQUAL(
	    browser_get(browser, arena_printf(arena, "/admin/search?q=%s", talk.session_id)), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"),
	    arena_printf(arena, "/admin/sessions/%s", talk.session_id));
	CU_ASSERT_EQUAL(
	    browser_get(browser, arena_printf(arena, "/admin/search?q=%s", talk.conversation_id)),
	    303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"),
	    arena_printf(arena, "/admin/conversations/%s", talk.conversation_id));
}

/* What it says is behind a door: the form that asks why comes first, and leads to the message. */
static void
a_message_leads_to_its_place_through_the_door(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = testdb_text(
	    "SELECT message->>'id' FROM message_send($1, $2, gen_random_uuid(), 'one', 'text',"
	    " 'Behind the door', NULL, NULL)",
	    talk.conversation_id, talk.user_id);
	const char *form = arena_printf(arena, "/admin/conversations/%s/read", talk.conversation_id);

	CU_ASSERT_EQUAL(browser_get(browser, arena_printf(arena, "/admin/search?q=%s", id)), 303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	CU_ASSERT_PTR_NULL(strstr(browser_body(browser), "Behind the door"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), form));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser),
	    arena_printf(arena, "name=\"back\" value=\"/admin/messages?conversation=%s&amp;at=1\"",
		talk.conversation_id)));
}

static void
a_request_leads_to_its_lines(void)
{
	const char *request = testdb_text("SELECT md5(gen_random_uuid()::text)"), *page;

	testdb_run(
	    "INSERT INTO audit (action, target_type, request_id) VALUES ('test.search', 'system', $1)",
	    request);
	page = arena_printf(arena, "/admin/audit?request=%s", request);
	CU_ASSERT_PTR_NOT_NULL(strstr(search(request), page));
	CU_ASSERT_EQUAL(browser_get(browser, page), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "test.search"));
}

static void
nothing_is_said_in_words_and_as_it_was_typed(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(search("%3Cb%3Eqqzzxxqq"), "&lt;b&gt;qqzzxxqq"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "Nothing found"));
	CU_ASSERT_PTR_NOT_NULL(strstr(search(""), "What are you looking for?"));
	CU_ASSERT_PTR_NOT_NULL(strstr(search("audit"), "href=\"/admin/audit\""));
}

static const struct cunit_test tests[] = {
	{ "what is found leads somewhere", what_is_found_leads_somewhere },
	{ "an id leads there at once", an_id_leads_there_at_once },
	{ "a message leads to its place, through the door",
	    a_message_leads_to_its_place_through_the_door },
	{ "a request leads to its lines", a_request_leads_to_its_lines },
	{ "nothing is said in words and as it was typed",
	    nothing_is_said_in_words_and_as_it_was_typed },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(1 << 24);
	status = cunit_run("panel_search", tests);
	browser_free(browser);
	arena_free(arena);
	return status;
}
