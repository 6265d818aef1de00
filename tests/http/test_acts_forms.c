/*
 * Forms of every act, by its row: one asked for before signing in is there afterwards; no other role has it; it says
 * what will come of it; for many at once it refuses what it must, comes back filled with those that were chosen,
 * and says in the end how many it was done to, and to whom not and why.
 */
#include "base/arena.h"
#include "domain/system/acts.h"
#include "harness/act_input.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/subject.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char nobody[] = "00000000-0000-7000-8000-000000000000";
static struct arena *arena;
static struct browser *browser, *stranger;
static const struct act *act; /* the one being tried */
static const char *tokens[3]; /* of a user, an advisor, an administrator of the API */

#define text(...) arena_printf(arena, __VA_ARGS__)

static const char *
subject(void)
{
	const char *id = subject_make(act);

	return id == NULL ? NULL : arena_strdup(arena, id);
}

static const char *
path(const char *id)
{
	return act_path(arena, act, "/admin", id);
}

static struct json_object *
example(void)
{
	return act_example(arena, act);
}

/* The text as a page has it. */
static const char *
escaped(const char *plain)
{
	struct buf out = buf_new(arena, 256);

	for (; *plain != '\0'; plain++)
		if (*plain == '\'')
			buf_puts(&out, "&#39;");
		else if (*plain == '"')
			buf_puts(&out, "&quot;");
		else
			buf_putc(&out, *plain);
	return out.data;
}

static bool
page_says(const char *words)
{
	return strstr(browser_body(browser), words) != NULL;
}

static int64_t
audits(const char *id)
{
	return testdb_i64("SELECT count(*) FROM audit WHERE action = $1"
			  " AND target_id IS NOT DISTINCT FROM nullif($2, '')::uuid",
	    act->name, id == NULL ? "" : id);
}

static void
all_are_tried(void (*with)(void))
{
	unsigned failed;
	size_t i;

	for (i = 0; (act = act_at(i)) != NULL; i++) {
		failed = CU_get_number_of_failures();
		with();
		if (CU_get_number_of_failures() > failed)
			(void)fprintf(stderr, "%s\n", act->name);
	}
}

/* --- signing in on the way --- */

/* Fill the sign-in form that is shown; the status. */
static int
sign_in(struct browser *who, const char *password)
{
	static const char mark[] = "name=\"next\" value=\"";
	const char *next = strstr(browser_body(who), mark);
	struct buf form = buf_new(arena, 256);

	CU_ASSERT_PTR_NOT_NULL_FATAL(next);
	next += strlen(mark);
	buf_join(&form, "csrf=", browser_csrf(who), "&email=", NULL);
	buf_url(&form, getenv("ADMIN_EMAIL"));
	buf_puts(&form, "&password=");
	buf_url(&form, password);
	buf_puts(&form, "&next=");
	for (; *next != '"'; next++)
		if (strncmp(next, "&amp;", 5) == 0) {
			buf_puts(&form, "%26");
			next += 4;
		} else
			buf_url(&form, arena_strndup(arena, next, 1));
	return browser_post(who, "/admin/login", form.data, NULL);
}

/* Ask for it, be led to the form, sign in, and be led on to it. */
static void
survives_signing_in(const char *link)
{
	browser_forget(stranger);
	CU_ASSERT_EQUAL(browser_get(stranger, link), 303);
	CU_ASSERT_EQUAL_FATAL(browser_follow(stranger), 200);
	CU_ASSERT_EQUAL(sign_in(stranger, getenv("ADMIN_PASSWORD")), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(stranger, "Location"), link);
	CU_ASSERT_EQUAL(browser_follow(stranger), 200);
}

static void
link_survives_signing_in(void)
{
	survives_signing_in(path(subject()));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(stranger), act->label));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(stranger), "<form class=\"panel act-page\""));
}

static void
a_link_with_a_query_survives_a_wrong_password_too(void)
{
	static const char link[] = "/admin/reports?state=OPEN&reason=SPAM&sort=-raised";

	survives_signing_in(link);
	browser_forget(stranger);
	CU_ASSERT_EQUAL(browser_get(stranger, link), 303);
	CU_ASSERT_EQUAL_FATAL(browser_follow(stranger), 200);
	CU_ASSERT_EQUAL(sign_in(stranger, "not this one"), 401);
	CU_ASSERT_EQUAL(sign_in(stranger, getenv("ADMIN_PASSWORD")), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(stranger, "Location"), link);
}

/* In another tab somebody signed in meanwhile. */
static void
who_is_signed_in_is_led_on(void)
{
	CU_ASSERT_EQUAL(browser_get(stranger, "/admin/login?next=/admin/reports%3Fstate=OPEN"), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(stranger, "Location"), "/admin/reports?state=OPEN");
	CU_ASSERT_EQUAL(browser_get(stranger, "/admin/login?next=//elsewhere.example"), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(stranger, "Location"), "/admin");
	browser_forget(stranger);
}

/* --- who may --- */

/* A token of the API opens no page, whoever's it is. */
static void
form_is_for_no_other_role(void)
{
	const char *id = subject(), *form = act_form_of(arena, example(), browser_csrf(browser));
	int64_t before = audits(id);
	size_t i;

	for (i = 0; i < COUNT_OF(tokens); i++) {
		const char *headers[] = { "Sec-Fetch-Site: same-origin",
			text("Authorization: Bearer %s", tokens[i]), NULL };

		CU_ASSERT_EQUAL(browser_get_with(stranger, path(id), headers), 303);
		CU_ASSERT_EQUAL(browser_post(stranger, path(id), form, headers), 403);
		if (act->flags & ACT_BULK)
			CU_ASSERT_EQUAL(browser_post(stranger, path(NULL),
					    text("%s&sure=true&id=%s", form, id), headers),
			    403);
	}
	CU_ASSERT_EQUAL(audits(id), before);
}

/* --- what it says before --- */

static void
form_says_what_will_come_of_it(void)
{
	CU_ASSERT_EQUAL(browser_get(browser, path(subject())), 200);
	CU_ASSERT(page_says(act->label));
	CU_ASSERT(act->hint == NULL || page_says(escaped(act->hint)));
	CU_ASSERT(act->confirm == NULL || page_says(escaped(act->confirm)));
}

/* Where one came from, whatever it said then; and never to another site. */
static void
an_act_leads_back_with_one_message(void)
{
	static const struct {
		const char *back, *to;
	} ways[] = {
		{ "/admin/users%3Fstate=BLOCKED%26done=user.block%26of=1",
		    "/admin/users?state=BLOCKED&" },
		{ "/admin/users%3Fdone=user.block%26q=ada", "/admin/users?q=ada&" },
		{ "/admin/users%3Fdone=user.block", "/admin/users?" },
		{ "/admin/reports", "/admin/reports?" },
		{ "https://elsewhere.example/admin", NULL },
		{ "//elsewhere.example/admin", NULL },
		{ "/admin/%2e%2e/%2felsewhere", NULL },
		{ "/admin%5Celsewhere", NULL },
		{ "/admin%0d%0aX-Header:%20x", NULL },
		{ "/administrator", NULL },
	};
	const char *id;
	size_t i;

	act = act_find("user.assign");
	for (i = 0; i < COUNT_OF(ways); i++) {
		id = subject();
		CU_ASSERT_EQUAL(
		    browser_post(browser, path(id),
			text("csrf=%s&back=%s", browser_csrf(browser), ways[i].back), NULL),
		    303);
		CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"),
		    text("%sdone=user.assign&of=%s",
			ways[i].to != NULL ? ways[i].to : text("/admin/users/%s?", id), id));
		CU_ASSERT_EQUAL(browser_follow(browser), 200);
		CU_ASSERT(page_says("is yours to look after."));
	}
}

/* --- many at once --- */

/* The list as it was, with its filters. */
static void
of_many_one_comes_back_to_the_same_view(void)
{
	static const char back[] = "value=\"/admin/users?state=ACTIVE&amp;sort=name\"";
	const char *ids[] = { subject_make(act_find("user.block")) };

	act = act_find("user.block");
	CU_ASSERT_EQUAL(browser_get(browser,
			    text("/admin/users?state=ACTIVE&sort=name&done=user.block"
				 "&of=%s",
				ids[0])),
	    200);
	CU_ASSERT(page_says(text("name=\"back\" %s", back)));
	CU_ASSERT_EQUAL(
	    browser_post(browser, path(NULL),
		text("csrf=%s&id=%s&back=/admin/users%%3Fstate%%3DACTIVE%%26sort%%3Dname",
		    browser_csrf(browser), ids[0]),
		NULL),
	    200);
	CU_ASSERT(page_says(text("name=\"back\" %s", back)));
	CU_ASSERT(page_says("href=\"/admin/users?state=ACTIVE&amp;sort=name\">Do nothing"));
}

/* The input for these. */
static const char *
many(struct json_object *input, const char *csrf, const char *const ids[], size_t count)
{
	struct buf form = buf_new(arena, 256);
	size_t i;

	buf_join(&form, "sure=true&", act_form_of(arena, input, csrf), NULL);
	for (i = 0; i < count; i++)
		buf_join(&form, "&id=", ids[i], NULL);
	return form.data;
}

static void
many_are_done_by_nobody_without_a_token(void)
{
	const char *ids[] = { subject() };

	if ((act->flags & ACT_BULK) == 0)
		return;
	CU_ASSERT_EQUAL(browser_post(browser, path(NULL), many(example(), NULL, ids, 1), NULL), 403);
	CU_ASSERT_EQUAL(
	    browser_post(browser, path(NULL), many(example(), "wrong", ids, 1), NULL), 403);
	CU_ASSERT_EQUAL(audits(ids[0]), 0);
}

static void
refused_form_of_many_comes_back_filled(void)
{
	const char *ids[] = { subject(), subject() };
	const struct field *field;
	struct json_object *input;
	int how;

	if ((act->flags & ACT_BULK) == 0)
		return;
	CU_ASSERT_EQUAL(browser_get(browser, "/admin"), 200);
	for (field = act->fields; field != NULL && field->name != NULL; field++)
		for (how = 0; how < WAYS_TO_SPOIL; how++) {
			input = act_spoilt(arena, act, field, (enum spoil)how);
			if (input == NULL)
				continue;
			CU_ASSERT_EQUAL(browser_post(browser, path(NULL),
					    many(input, browser_csrf(browser), ids, 2), NULL),
			    422);
			act_is_blamed(arena, browser, act, field, input);
			CU_ASSERT(page_says(text("name=\"id\" value=\"%s\"", ids[0])));
			CU_ASSERT(page_says(text("name=\"id\" value=\"%s\"", ids[1])));
			CU_ASSERT(act->hint == NULL || page_says(escaped(act->hint)));
		}
	CU_ASSERT_EQUAL(audits(ids[0]) + audits(ids[1]), 0);
}

/* Of four one was done before and one is not there: those come first, each with why. What can be done in any state is
 * done again. */
static void
of_many_it_says_who_was_refused_and_why(void)
{
	const char *ids[] = { subject(), subject(), nobody, subject() }, *refused, *done, *words;
	int good = act->from == NULL && (act->flags & ACT_GONE) == 0 ? 3 : 2;

	if ((act->flags & ACT_BULK) == 0)
		return;
	CU_ASSERT_EQUAL(browser_get(browser, "/admin"), 200);
	CU_ASSERT_EQUAL(
	    browser_post(browser, path(NULL), many(example(), browser_csrf(browser), ids, 1), NULL),
	    200);
	CU_ASSERT(page_says("class=\"alert alert-success\""));
	CU_ASSERT(page_says(text(">1 %s.<", act->bulk)));
	CU_ASSERT_FALSE(page_says("id=\"refused\""));
	CU_ASSERT_EQUAL(
	    browser_post(browser, path(NULL), many(example(), browser_csrf(browser), ids, 4), NULL),
	    200);
	CU_ASSERT(page_says("class=\"alert alert-warning\""));
	CU_ASSERT(page_says(text("%d %s, ", good, act->bulk)));
	refused = strstr(browser_body(browser), "id=\"refused\"");
	done = strstr(browser_body(browser), "id=\"done\"");
	CU_ASSERT_FATAL(refused != NULL && done != NULL && refused < done);
	words = arena_strndup(arena, refused, (size_t)(done - refused));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, nobody));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "There is no such"));
	CU_ASSERT_PTR_NULL(strstr(words, ids[1]));
	if ((act->flags & ACT_GONE) != 0 || good == 3)
		return;
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(words, text("<a href=\"/admin/%s/%s\">", act->kind->plural, ids[0])));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "Nothing was done"));
}

/* --- the tests --- */

static void
everybody_is_there(void)
{
	arena = arena_new(64 * 1024 * 1024);
	tokens[0] = arena_strdup(arena, person_register("USER").token);
	tokens[1] = arena_strdup(arena, person_register("ADVISOR").token);
	tokens[2] = arena_strdup(arena, person_admin().token);
	browser = browser_new();
	stranger = browser_new();
	browser_sign_in(browser);
}

#define EACH(what)                                                                                 \
	static void each_##what(void)                                                              \
	{                                                                                          \
		all_are_tried(what);                                                               \
	}
EACH(link_survives_signing_in)
EACH(form_is_for_no_other_role)
EACH(form_says_what_will_come_of_it)
EACH(many_are_done_by_nobody_without_a_token)
EACH(refused_form_of_many_comes_back_filled)
EACH(of_many_it_says_who_was_refused_and_why)

static void
everybody_leaves(void)
{
	testdb_run("DELETE FROM job WHERE kind = 'test.none'");
	browser_free(browser);
	browser_free(stranger);
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "everybody is there", everybody_is_there },
	{ "each link survives signing in", each_link_survives_signing_in },
	{ "a link with a query survives a wrong password too",
	    a_link_with_a_query_survives_a_wrong_password_too },
	{ "who is signed in is led on", who_is_signed_in_is_led_on },
	{ "each form is for no other role", each_form_is_for_no_other_role },
	{ "each form says what will come of it", each_form_says_what_will_come_of_it },
	{ "an act leads back with one message", an_act_leads_back_with_one_message },
	{ "of many one comes back to the same view", of_many_one_comes_back_to_the_same_view },
	{ "each of many is done by nobody without a token",
	    each_many_are_done_by_nobody_without_a_token },
	{ "each refused form of many comes back filled",
	    each_refused_form_of_many_comes_back_filled },
	{ "each of many says who was refused and why", each_of_many_it_says_who_was_refused_and_why },
	{ "everybody leaves", everybody_leaves },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("acts_forms", tests);
}
