/*
 * Every act there is, by its row: as JSON, as a form and as a command it is for those who may, refuses what it must
 * and changes nothing then, and is done once, with its audit entry and its sentence. A new act is tried here without
 * a line of its own; a new kind of subject needs a maker.
 */
#include "base/buf.h"
#include "base/json.h"
#include "domain/system/acts.h"
#include "harness/act_input.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/subject.h"
#include "harness/testdb.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char nobody[] = "00000000-0000-7000-8000-000000000000";
static struct arena *arena;
static struct client *admin, *other;
static struct person admin_person, user_person, advisor_person;
static struct browser *browser, *stranger;
static const struct act *act; /* the one being tried */

/* A subject that the act can be done to; NULL: it needs none. */
static const char *
subject(void)
{
	return subject_make(act);
}

static int64_t
audits(const char *id)
{
	return testdb_i64("SELECT count(*) FROM audit WHERE action = $1 AND target_type = $2"
			  " AND target_id IS NOT DISTINCT FROM nullif($3, '')::uuid",
	    act->name, act->kind->name, id == NULL ? "" : id);
}

/* --- input --- */

static struct json_object *
example(void)
{
	return act_example(arena, act);
}

static const char *
text_of(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
}

static const char *
form_of(struct json_object *object, const char *csrf)
{
	return act_form_of(arena, object, csrf);
}

static struct json_object *
spoilt(const struct field *field, int how)
{
	return act_spoilt(arena, act, field, (enum spoil)how);
}

/* --- calls --- */

static const char *
path(const char *base, const char *id)
{
	return act_path(arena, act, base, id);
}

static int
call(struct client *as, const char *id, const char *body)
{
	return client_call(as, "POST", path("/admin", id), body);
}

static const char *
body_text(struct json_object *input)
{
	return act->fields == NULL ? NULL : text_of(input);
}

static int
post(struct browser *from, const char *id, const char *form, const char *const *headers)
{
	return browser_post(from, path("/admin", id), form, headers);
}

/* Run `confab KIND VERB ID --name value …`; the exit status. */
static int
command(const char *id, struct json_object *input)
{
	char *argv[40] = { arena_printf(arena, "%s/confab", getenv("BIN")),
		arena_strdup(arena, act->kind->name), arena_strdup(arena, act_verb(act)) };
	size_t count = 3;
	int status = -1;
	pid_t child;

	if (id != NULL)
		argv[count++] = arena_strdup(arena, id);
	json_object_object_foreach (input, name, value) {
		bool is_switch = json_object_is_type(value, json_type_boolean);

		if (is_switch && !json_object_get_boolean(value))
			continue;
		argv[count++] = arena_printf(arena, "--%s", name);
		if (!is_switch)
			argv[count++] = arena_strdup(arena, json_object_get_string(value));
	}
	argv[count++] = arena_strdup(arena, "--as");
	argv[count] = arena_strdup(arena, getenv("ADMIN_EMAIL"));
	CU_ASSERT_EQUAL_FATAL(posix_spawn(&child, argv[0], NULL, NULL, argv, environ), 0);
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- what is tried of each act --- */

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

static void
twin_is_for_those_who_may(void)
{
	const char *const tokens[] = { NULL, user_person.token, advisor_person.token };
	const char *id = subject(), *body = body_text(example());
	int64_t before = audits(id);
	size_t i;

	for (i = 0; i < COUNT_OF(tokens); i++) {
		client_token(other, tokens[i]);
		CU_ASSERT_EQUAL(call(other, id, body), tokens[i] == NULL ? 401 : 403);
	}
	CU_ASSERT_EQUAL(audits(id), before);
}

static void
twin_refuses_wrong_input(void)
{
	const char *id = subject();
	int64_t before = audits(id);
	struct json_object *input = example();
	const struct field *field;
	int how;

	for (field = act->fields; field != NULL && field->name != NULL; field++)
		for (how = 0; how < WAYS_TO_SPOIL; how++) {
			if (spoilt(field, how) == NULL)
				continue;
			CU_ASSERT_EQUAL(call(admin, id, text_of(spoilt(field, how))), 422);
			CU_ASSERT_STRING_EQUAL(client_text(admin, "details.field"), field->name);
		}
	json_object_object_add(input, "nonsense", json_object_new_int(1));
	if (act->fields != NULL)
		CU_ASSERT_EQUAL(call(admin, id, text_of(input)), 422);
	CU_ASSERT_EQUAL(audits(id), before);
	if (id == NULL)
		return;
	CU_ASSERT_EQUAL(call(admin, nobody, body_text(example())), 404);
	CU_ASSERT_EQUAL(call(admin, "me", body_text(example())), 404);
}

/* A second time it is in another state, unless the act leaves it in one that it begins from. */
static bool
goes_twice(void)
{
	if (act->from == NULL)
		return true;
	return !(act->flags & ACT_GONE) && (act->to == NULL || act_fits(act, act->to));
}

static void
twin_does_it_once(void)
{
	const char *id = subject(), *body = body_text(example());
	int64_t before = audits(id);

	CU_ASSERT_EQUAL(call(admin, id, body), 200);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "act"), act->name);
	CU_ASSERT_STRING_EQUAL(client_text(admin, "id"), id == NULL ? "null" : id);
	CU_ASSERT_STRING_NOT_EQUAL(client_text(admin, "effective_at"), "");
	if (act->flags & ACT_GONE || act->to != NULL)
		CU_ASSERT_STRING_EQUAL(
		    client_text(admin, "state"), act->flags & ACT_GONE ? "null" : act->to);
	CU_ASSERT_EQUAL(audits(id), before + 1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM audit WHERE request_id = $1 AND actor_id = $2"
		       " AND action = $3",
		client_reply_header(admin, "X-Request-Id"), admin_person.id, act->name),
	    1);
	if (goes_twice())
		return;
	CU_ASSERT_EQUAL(call(admin, id, body), act->flags & ACT_GONE ? 404 : 409);
	CU_ASSERT_EQUAL(audits(id), before + 1);
}

static void
form_needs_its_sign_in_token_and_page(void)
{
	static const char *const foreign[] = { "Sec-Fetch-Site: cross-site", NULL };
	static const char *const from_nowhere[] = { "X-Neither: header", NULL };
	const char *id = subject(), *good = form_of(example(), browser_csrf(browser));
	int64_t before = audits(id);

	CU_ASSERT_EQUAL(post(stranger, id, good, NULL), 403);
	CU_ASSERT_EQUAL(browser_get(stranger, path("/admin", id)), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(stranger, "Location"),
	    arena_printf(arena, "/admin/login?next=%s", path("/admin", id)));
	CU_ASSERT_EQUAL(post(browser, id, form_of(example(), NULL), NULL), 403);
	CU_ASSERT_EQUAL(post(browser, id, form_of(example(), "wrong"), NULL), 403);
	CU_ASSERT_EQUAL(post(browser, id, good, foreign), 403);
	CU_ASSERT_EQUAL(post(browser, id, good, from_nowhere), 403);
	CU_ASSERT_EQUAL(audits(id), before);
}

static void
refused_form_comes_back_filled(void)
{
	const char *id = subject();
	int64_t before = audits(id);
	const struct field *field;
	struct json_object *input;
	int how;

	CU_ASSERT_EQUAL(browser_get(browser, path("/admin", id)), 200);
	for (field = act->fields; field != NULL && field->name != NULL; field++)
		for (how = 0; how < WAYS_TO_SPOIL; how++) {
			input = spoilt(field, how);
			if (input == NULL)
				continue;
			CU_ASSERT_EQUAL(
			    post(browser, id, form_of(input, browser_csrf(browser)), NULL), 422);
			act_is_blamed(arena, browser, act, field, input);
		}
	CU_ASSERT_EQUAL(audits(id), before);
	if (id == NULL)
		return;
	CU_ASSERT_EQUAL(browser_get(browser, path("/admin", nobody)), 404);
	CU_ASSERT_EQUAL(post(browser, nobody, form_of(example(), browser_csrf(browser)), NULL), 404);
}

static void
form_does_it_once_and_the_next_page_says_so(void)
{
	const char *id = subject(), *form = form_of(example(), browser_csrf(browser)), *said, *words;
	int64_t before = audits(id);

	CU_ASSERT_EQUAL_FATAL(post(browser, id, form, NULL), 303);
	CU_ASSERT_EQUAL(audits(id), before + 1);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	said = strstr(browser_body(browser), "role=\"status\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(said);
	words = strncmp(act->done, "{}", 2) == 0 ? act->done + 2 : act->done;
	CU_ASSERT_PTR_NOT_NULL(strstr(said, arena_strndup(arena, words, strcspn(words, "{"))));
	if (id != NULL && !(act->flags & ACT_GONE))
		CU_ASSERT_PTR_NULL(strstr(said, "<b> Test"));
	if (goes_twice())
		return;
	CU_ASSERT_EQUAL(post(browser, id, form, NULL), act->flags & ACT_GONE ? 404 : 409);
	if ((act->flags & ACT_GONE) == 0)
		CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "Nothing was done: "));
	CU_ASSERT_EQUAL(audits(id), before + 1);
}

/* The form of many, with so many of the ids. */
static const char *
many(const char *const ids[], size_t count, const char *more)
{
	struct buf form = buf_new(arena, 256);
	size_t i;

	buf_puts(&form, form_of(example(), browser_csrf(browser)));
	for (i = 0; i < count; i++)
		buf_join(&form, "&id=", ids[i % 3], NULL);
	buf_puts(&form, more);
	return form.data;
}

/* Of three the first was done before: what has a state to begin from is not done to it again. */
static void
many_are_asked_about_and_done_each(void)
{
	static const char *const foreign[] = { "Sec-Fetch-Site: cross-site", NULL };
	const char *ids[3], *where = path("/admin", NULL);
	bool again = act->from == NULL;
	size_t i;

	if ((act->flags & ACT_BULK) == 0)
		return;
	for (i = 0; i < COUNT_OF(ids); i++)
		ids[i] = arena_strdup(arena, subject());
	CU_ASSERT_EQUAL(call(admin, ids[0], body_text(example())), 200);
	CU_ASSERT_EQUAL(browser_post(browser, where, many(ids, 3, "&sure=true"), foreign), 403);
	CU_ASSERT_EQUAL(browser_post(stranger, where, many(ids, 3, "&sure=true"), NULL), 403);
	CU_ASSERT_EQUAL(browser_post(browser, where, many(ids, 0, "&sure=true"), NULL), 422);
	CU_ASSERT_EQUAL(browser_post(browser, where, many(ids, 101, "&sure=true"), NULL), 422);
	CU_ASSERT_EQUAL(browser_post(browser, where, many(ids, 3, "&sure=true&id=x"), NULL), 422);
	CU_ASSERT_EQUAL(browser_post(browser, where, many(ids, 3, ""), NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "name=\"sure\" value=\"true\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), ids[2]));
	CU_ASSERT_EQUAL(audits(ids[1]) + audits(ids[2]), 0);
	CU_ASSERT_EQUAL(browser_post(browser, where, many(ids, 3, "&sure=true"), NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser),
	    again ? arena_printf(arena, "3 %s", act->bulk)
		  : arena_printf(arena, "2 %s, 1 ", act->bulk)));
	for (i = 0; i < COUNT_OF(ids); i++)
		CU_ASSERT_EQUAL(audits(ids[i]), again && i == 0 ? 2 : 1);
}

static void
command_does_it_once(void)
{
	const char *id = subject();
	int64_t before = audits(id);
	const struct field *field;
	int how;

	for (field = act->fields; field != NULL && field->name != NULL; field++)
		for (how = 0; how < WAYS_TO_SPOIL; how++)
			if (spoilt(field, how) != NULL)
				CU_ASSERT_EQUAL(command(id, spoilt(field, how)), 1);
	if (id != NULL)
		CU_ASSERT_EQUAL(command(nobody, example()), 1);
	CU_ASSERT_EQUAL(audits(id), before);
	CU_ASSERT_EQUAL(command(id, example()), 0);
	CU_ASSERT_EQUAL(audits(id), before + 1);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM audit a JOIN user_account u ON u.id = a.actor_id"
		       " WHERE a.action = $1 AND a.request_id = 'confab' AND u.email = $2"
		       " AND a.target_id IS NOT DISTINCT FROM nullif($3, '')::uuid",
		act->name, getenv("ADMIN_EMAIL"), id == NULL ? "" : id),
	    1);
	if (goes_twice())
		return;
	CU_ASSERT_EQUAL(command(id, example()), 1);
	CU_ASSERT_EQUAL(audits(id), before + 1);
}

/* --- the tests --- */

static void
everybody_is_there(void)
{
	arena = arena_new(64 * 1024 * 1024);
	CU_ASSERT_EQUAL_FATAL(
	    setenv("CONFAB_CONF", arena_printf(arena, "%s/confab.conf", getenv("STACK_DIR")), 1), 0);
	admin = client_new();
	other = client_new();
	admin_person = person_admin();
	user_person = person_register("USER");
	advisor_person = person_register("ADVISOR");
	client_token(admin, admin_person.token);
	browser = browser_new();
	stranger = browser_new();
	browser_sign_in(browser);
}

#define EACH(what)                                                                                 \
	static void each_##what(void)                                                              \
	{                                                                                          \
		all_are_tried(what);                                                               \
	}
EACH(twin_is_for_those_who_may)
EACH(twin_refuses_wrong_input)
EACH(twin_does_it_once)
EACH(form_needs_its_sign_in_token_and_page)
EACH(refused_form_comes_back_filled)
EACH(form_does_it_once_and_the_next_page_says_so)
EACH(many_are_asked_about_and_done_each)
EACH(command_does_it_once)

static void
everybody_leaves(void)
{
	testdb_run("DELETE FROM job WHERE kind = 'test.none'");
	client_free(admin);
	client_free(other);
	browser_free(browser);
	browser_free(stranger);
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "everybody is there", everybody_is_there },
	{ "each twin is for those who may", each_twin_is_for_those_who_may },
	{ "each twin refuses wrong input", each_twin_refuses_wrong_input },
	{ "each twin does it once", each_twin_does_it_once },
	{ "each form needs its sign-in, token and page", each_form_needs_its_sign_in_token_and_page },
	{ "each refused form comes back filled", each_refused_form_comes_back_filled },
	{ "each form does it once, and the next page says so",
	    each_form_does_it_once_and_the_next_page_says_so },
	{ "many are asked about, and done each", each_many_are_asked_about_and_done_each },
	{ "each command does it once", each_command_does_it_once },
	{ "everybody leaves", everybody_leaves },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("acts", tests);
}
