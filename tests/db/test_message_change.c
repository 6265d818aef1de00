/* What can become of a message: edited, deleted, answered, reacted to; and media by id. */
#include "domain/talk/message.h"
#include "domain/people/report.h"
#include "base/uuid.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_S = 900, EDITORS = 4, ROUNDS = 50 };

static const char thumb[] = "\U0001F44D", heart[] = "\u2764\uFE0F";
static const struct stmt_set *const sets[] = { &message_stmts, &report_stmts, NULL };
static struct db *db;

static struct db *
door(void)
{
	if (db == NULL)
		db = testdb_open(sets);
	return db;
}

/* A member of a message's JSON by its dotted path, as text. */
static const char *
part(const char *json, const char *path)
{
	return testdb_text(
	    "SELECT coalesce($1::jsonb #>> string_to_array($2, '.'), 'null')", json, path);
}

static enum err
send(const struct talk *talk, const char *client_id, const char *reply_to, const char *type,
    const char *media_id, const char **json)
{
	struct message_draft draft = { talk->conversation_id, talk->user_id, client_id, type,
		"Hello", reply_to, media_id, NULL };
	bool created;

	return message_send(door(), &draft, &created, json);
}

/* A text of the user's; its id. */
static const char *
say(const struct talk *talk, const char *client_id)
{
	const char *json;

	CU_ASSERT_EQUAL_FATAL(send(talk, client_id, NULL, "text", NULL, &json), ERR_OK);
	return part(json, "id");
}

static void
an_edit_keeps_what_was_said(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, "one"), *json;

	CU_ASSERT_EQUAL_FATAL(
	    message_edit(door(), id, talk.user_id, "Hello!", WINDOW_S, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(part(json, "body"), "Hello!");
	CU_ASSERT_STRING_NOT_EQUAL(part(json, "edited_at"), "null");
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "Hello!", WINDOW_S, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "Hi", WINDOW_S, &json), ERR_OK);
	CU_ASSERT_EQUAL(talk_events(talk.advisor_id, "message.updated"), 2);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT string_agg(version || body, ' ' ORDER BY version)"
					   " FROM message_version WHERE conversation_id = $1",
				   talk.conversation_id),
	    "1Hello 2Hello!");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT payload = $2::jsonb FROM event WHERE user_id = $1"
					   " ORDER BY seq DESC LIMIT 1",
				   talk.advisor_id, json),
	    "t");
}

static void
only_its_sender_changes_a_message(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, "one"), *stranger = testdb_user("USER"), *json;

	CU_ASSERT_EQUAL(
	    message_edit(door(), id, talk.advisor_id, "x", WINDOW_S, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(message_edit(door(), id, stranger, "x", WINDOW_S, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(message_delete(door(), id, talk.advisor_id, WINDOW_S, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(message_delete(door(), id, stranger, WINDOW_S, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(message_react(door(), id, stranger, thumb, true, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(message_react(door(), id, stranger, thumb, false, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL_FATAL(
	    message_post(door(), talk.conversation_id, "SYSTEM", "line", "Note."), ERR_OK);
	id = testdb_text(
	    "SELECT id FROM message WHERE conversation_id = $1 AND sender_type = 'SYSTEM'",
	    talk.conversation_id);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "x", WINDOW_S, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(message_delete(door(), id, talk.user_id, WINDOW_S, &json), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.updated"), 0);
}

static void
windows_close(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, "one"), *json;

	testdb_run("UPDATE message SET created_at = app_now() - interval '900 s' WHERE id = $1", id);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "x", WINDOW_S, &json), ERR_BAD_STATE);
	CU_ASSERT_STRING_EQUAL(db_detail(door()), "the time for edits is over");
	CU_ASSERT_EQUAL(message_delete(door(), id, talk.user_id, WINDOW_S, &json), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(message_delete(door(), id, talk.user_id, 2 * WINDOW_S, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_delete(door(), id, talk.user_id, WINDOW_S, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "x", WINDOW_S, &json), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.deleted"), 1);
}

static void
a_closed_or_blocked_conversation_lets_nothing_in_but_lets_go(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *one = say(&talk, "one"), *two = say(&talk, "two"), *json;

	CU_ASSERT_EQUAL(message_react(door(), two, talk.user_id, thumb, true, &json), ERR_OK);
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", talk.advisor_id,
	    talk.user_id);
	CU_ASSERT_EQUAL(message_edit(door(), one, talk.user_id, "x", WINDOW_S, &json), ERR_BLOCKED);
	CU_ASSERT_EQUAL(message_react(door(), one, talk.user_id, thumb, true, &json), ERR_BLOCKED);
	testdb_run("DELETE FROM block WHERE user_id = $1", talk.advisor_id);
	testdb_run(
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1", talk.conversation_id);
	CU_ASSERT_EQUAL(
	    message_edit(door(), one, talk.user_id, "x", WINDOW_S, &json), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(message_react(door(), one, talk.user_id, thumb, true, &json), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(message_react(door(), two, talk.user_id, thumb, false, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(part(json, "reactions"), "[]");
	CU_ASSERT_EQUAL(message_delete(door(), one, talk.user_id, WINDOW_S, &json), ERR_OK);
}

static void
a_deleted_message_leaves_its_place_and_a_report_its_words(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, "one"), *answer, *json;
	struct report report = { uuid_new(db_arena(door())), talk.advisor_id, "MESSAGE", id,
		"ABUSE", NULL };
	struct rows *rows;
	bool created;

	CU_ASSERT_EQUAL_FATAL(send(&talk, "two", id, "text", NULL, &answer), ERR_OK);
	CU_ASSERT_STRING_EQUAL(part(answer, "reply_to.excerpt"), "Hello");
	CU_ASSERT_EQUAL(message_react(door(), id, talk.advisor_id, heart, true, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "Worse", WINDOW_S, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT reply ->> 'excerpt' FROM message WHERE id = $1", part(answer, "id")),
	    "Worse");
	CU_ASSERT_EQUAL_FATAL(message_delete(door(), id, talk.user_id, WINDOW_S, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(part(json, "body"), "");
	CU_ASSERT_STRING_EQUAL(part(json, "reactions"), "[]");
	CU_ASSERT_STRING_EQUAL(part(json, "seq"), "1");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT reply ->> 'excerpt' FROM message WHERE id = $1", part(answer, "id")),
	    "");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM reaction WHERE conversation_id = $1",
			    talk.conversation_id),
	    0);
	CU_ASSERT_EQUAL(send(&talk, "three", id, "text", NULL, &json), ERR_VALIDATION);
	CU_ASSERT_EQUAL(send(&talk, "two", id, "text", NULL, &json), ERR_OK); /* was sent before */
	CU_ASSERT_EQUAL_FATAL(report_create(door(), &report, &created, &rows), ERR_OK);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT (snapshot #>> '{versions,0,body}') || ' '"
					   " || (snapshot #>> '{versions,1,body}') || ' '"
					   " || (snapshot #>> '{around,0,versions,1,body}')"
					   " FROM report WHERE id = $1",
				   report.id),
	    "Hello Worse Worse");
}

static void
what_is_answered_or_sent_along_must_be_ones_own(void)
{
	struct talk talk = talk_make("ONGOING"), other = talk_make("ONGOING");
	const char *elsewhere = say(&other, "one"), *json;
	const char *media = testdb_text("INSERT INTO media (id, owner_id, kind, mime, bytes, state)"
					" VALUES (gen_random_uuid(), $1, 'image', 'image/png', 70,"
					" 'PENDING') RETURNING id",
	    talk.user_id);

	CU_ASSERT_EQUAL(send(&talk, "a", elsewhere, "text", NULL, &json), ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(db_detail(door()), "reply_to");
	CU_ASSERT_EQUAL(send(&talk, "a", NULL, "image", media, &json), ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(db_detail(door()), "media_id");
	testdb_run("UPDATE media SET state = 'READY' WHERE id = $1", media);
	CU_ASSERT_EQUAL(send(&talk, "a", NULL, "voice", media, &json), ERR_VALIDATION);
	CU_ASSERT_EQUAL(send(&other, "a", NULL, "image", media, &json), ERR_VALIDATION);
	CU_ASSERT_EQUAL(send(&talk, "a", NULL, "image", media, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(part(json, "media.mime"), "image/png");
	CU_ASSERT_STRING_EQUAL(part(json, "media.bytes"), "70");
	CU_ASSERT_STRING_EQUAL(part(json, "seq"), "1"); /* refusals took no number */
	CU_ASSERT_EQUAL(message_edit(door(), part(json, "id"), talk.user_id, "x", WINDOW_S, &json),
	    ERR_BAD_STATE);
}

static void
reactions_are_counted_once_each_and_bounded(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, "one"), *json;
	char emoji[8];
	int i;

	CU_ASSERT_EQUAL(message_react(door(), id, talk.user_id, thumb, true, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_react(door(), id, talk.user_id, thumb, true, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_react(door(), id, talk.advisor_id, thumb, true, &json), ERR_OK);
	CU_ASSERT_STRING_EQUAL(part(json, "reactions.0.user_ids.1"), talk.advisor_id);
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.reaction"), 2);
	CU_ASSERT_EQUAL(message_react(door(), id, talk.advisor_id, heart, false, &json), ERR_OK);
	CU_ASSERT_EQUAL(talk_events(talk.user_id, "message.reaction"), 2);
	for (i = 1; i < 20; i++) {
		(void)snprintf(emoji, sizeof(emoji), "\xf0\x9f\x98%c", 0x80 + i);
		CU_ASSERT_EQUAL(message_react(door(), id, talk.user_id, emoji, true, &json), ERR_OK);
	}
	CU_ASSERT_EQUAL(message_react(door(), id, talk.user_id, heart, true, &json), ERR_BAD_STATE);
	CU_ASSERT_EQUAL(message_react(door(), id, talk.advisor_id, emoji, true, &json), ERR_OK);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT jsonb_array_length(reactions) FROM message WHERE id = $1", id), 20);
}

/* Two edit, one deletes, one reacts and takes back, all the same message. */
static int
change(struct db *own, int racer, void *arg)
{
	const char *const *ids = arg;
	char text[32];
	const char *json;
	enum err err = ERR_OK;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct arena_mark mark = arena_mark(db_arena(own));

		(void)snprintf(text, sizeof(text), "%d-%d", racer, i);
		if (racer == 0 && i == ROUNDS / 2)
			err = message_delete(own, ids[0], ids[1], WINDOW_S, &json);
		else if (racer == 0)
			err = message_react(
			    own, ids[0], ids[1], i % 2 == 0 ? thumb : heart, true, &json);
		else if (racer == 1)
			err = message_react(own, ids[0], ids[2], thumb, i % 2 == 0, &json);
		else
			err = message_edit(own, ids[0], ids[1], text, WINDOW_S, &json);
		if (err != ERR_OK && err != ERR_BAD_STATE)
			return 2;
		arena_rewind(db_arena(own), mark);
	}
	return 0;
}

static void
edits_a_deletion_and_reactions_at_once_end_in_one_state(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *ids[] = { say(&talk, "one"), talk.user_id, talk.advisor_id };
	struct race race = { sets, change, (void *)(uintptr_t)ids, NULL };
	int statuses[EDITORS];

	race_run(&race, EDITORS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, EDITORS, 0), EDITORS);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT (body = '' AND deleted_at IS NOT NULL)::text"
					   " FROM message WHERE id = $1",
				   ids[0]),
	    "true");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM reaction WHERE conversation_id = $1",
			    talk.conversation_id),
	    0);
	/* Both heard the same in the same order, the deletion last; each edit but the deletion's own
	 * version was told once. */
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT count(DISTINCT h)::text FROM (SELECT md5(string_agg("
			"type || payload::text, '' ORDER BY seq)) AS h FROM event"
			" WHERE user_id IN ($1, $2) GROUP BY user_id) x",
		ids[1], ids[2]),
	    "1");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(
		"SELECT type FROM event WHERE user_id = $1 ORDER BY seq DESC LIMIT 1", ids[1]),
	    "message.deleted");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM message_version WHERE conversation_id = $1",
			    talk.conversation_id),
	    talk_events(ids[1], "message.updated") + 1);
}

/* Each racer is a person of its own with one emoji. */
static int
react(struct db *own, int racer, void *arg)
{
	const char *const *ids = arg;
	const char *json;

	return message_react(own, ids[0], ids[1 + racer], thumb, true, &json) == ERR_OK ? 0 : 2;
}

static void
two_reactions_at_once_are_both_kept(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *ids[] = { say(&talk, "one"), talk.user_id, talk.advisor_id };
	struct race race = { sets, react, (void *)(uintptr_t)ids, NULL };
	int statuses[2];

	race_run(&race, 2, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 2, 0), 2);
	CU_ASSERT_EQUAL(testdb_i64("SELECT jsonb_array_length(reactions #> '{0,user_ids}')"
				   " FROM message WHERE id = $1",
			    ids[0]),
	    2);
}

static void
each_change_is_one_round_trip(void)
{
	struct talk talk = talk_make("ONGOING");
	const char *id = say(&talk, "one"), *json;
	unsigned long before = db_round_trips(door());

	CU_ASSERT_EQUAL(send(&talk, "two", id, "text", NULL, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_edit(door(), id, talk.user_id, "x", WINDOW_S, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_react(door(), id, talk.user_id, thumb, true, &json), ERR_OK);
	CU_ASSERT_EQUAL(message_delete(door(), id, talk.user_id, WINDOW_S, &json), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(door()) - before, 4);
}

static const struct cunit_test tests[] = {
	{ "an edit keeps what was said", an_edit_keeps_what_was_said },
	{ "only its sender changes a message", only_its_sender_changes_a_message },
	{ "windows close", windows_close },
	{ "a closed or blocked conversation lets nothing in but lets go",
	    a_closed_or_blocked_conversation_lets_nothing_in_but_lets_go },
	{ "a deleted message leaves its place, and a report its words",
	    a_deleted_message_leaves_its_place_and_a_report_its_words },
	{ "what is answered or sent along must be one's own",
	    what_is_answered_or_sent_along_must_be_ones_own },
	{ "reactions are counted once each, and bounded",
	    reactions_are_counted_once_each_and_bounded },
	{ "edits, a deletion and reactions at once end in one state",
	    edits_a_deletion_and_reactions_at_once_end_in_one_state },
	{ "two reactions at once are both kept", two_reactions_at_once_are_both_kept },
	{ "each change is one round trip", each_change_is_one_round_trip },
	{ NULL, NULL },
};

int
main(void)
{
	int status = cunit_run("message_change", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
