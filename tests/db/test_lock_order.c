/*
 * What touches several people at once locks rows in one order: conversations by id, then members, then
 * inboxes by user. Somebody holds one row; whoever waits for it must hold none that comes later, else the two
 * could wait for each other. What is done is rolled back, so that each row has its turn.
 */
#include "domain/talk/message.h"
#include "domain/talk/session_leave.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

enum { TALKS = 4, POLLS_MAX = 200000, DONE = 0, NEVER_WAITED = 2, FAILED = 3, OUT_OF_ORDER = 10 };

enum { HOLD_PLACE, HOLD_INBOX, IS_HELD, IS_AWAITED, OTHERS };

#define LATER "user_id = ANY ($1::uuid[]) AND user_id > $2"

static const struct stmt stmts[] = {
	[HOLD_PLACE] = { "test_hold_place", 1,
	    "SELECT FROM conversation WHERE id = $1 FOR NO KEY UPDATE" },
	[HOLD_INBOX] = { "test_hold_inbox", 1,
	    "SELECT FROM inbox WHERE user_id = $1 FOR NO KEY UPDATE" },
	[IS_HELD] = { "test_is_held", 1,
	    "SELECT NOT EXISTS (SELECT FROM conversation WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED)"
	    " AND NOT EXISTS (SELECT FROM inbox WHERE user_id = $1 FOR NO KEY UPDATE SKIP LOCKED)",
	    true },
	[IS_AWAITED] = { "test_is_awaited", 0,
	    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))",
	    true },
	/* Inboxes of these people, later than that one, that the other holds. */
	[OTHERS] = { "test_others", 2,
	    "SELECT (SELECT count(*) FROM inbox WHERE " LATER ") - (SELECT count(*) FROM"
	    " (SELECT FROM inbox WHERE " LATER " FOR NO KEY UPDATE SKIP LOCKED) free)" },
};
static const struct stmt_set test_stmts = { stmts, COUNT_OF(stmts) };
static const struct stmt_set *const sets[] = { &session_stmts, &session_leave_stmts, &message_stmts,
	&test_stmts, NULL };

/* Who does what, and the row that somebody else holds meanwhile. */
struct scene {
	enum err (*act)(struct db *, const struct scene *);
	struct talk talks[TALKS];
	const char *person, *other, *people; /* people is an array of uuid */
	const char *held;
	bool is_inbox;
};

static enum err
leave_all(struct db *db, const struct scene *scene)
{
	size_t count;

	return session_leave_all(db, scene->person, "So it is", &count);
}

static enum err
leave_between(struct db *db, const struct scene *scene)
{
	return session_leave_between(db, scene->person, scene->other);
}

/* In all conversations, the last first. */
static enum err
send_batch(struct db *db, const struct scene *scene)
{
	struct message_draft drafts[TALKS];
	const struct message_draft *list[TALKS];
	struct message_sent sent[TALKS];
	int i;

	for (i = 0; i < TALKS; i++) {
		list[i] = &drafts[i];
		drafts[i] = (struct message_draft){ scene->talks[TALKS - 1 - i].conversation_id,
			scene->person, "one", "text", "Hello", NULL, NULL, NULL };
	}
	return message_send_batch(db, list, TALKS, sent);
}

static enum err
act_in_tx(struct db *db, void *arg)
{
	const struct scene *scene = arg;
	enum err err = scene->act(db, scene);

	return err == ERR_OK ? ERR_CONFLICT : err;
}

/* Asks until the answer is yes. */
static enum err
until(struct db *db, const struct stmt *stmt, const char *param)
{
	int polls;

	for (polls = 0; polls < POLLS_MAX; polls++) {
		struct arena_mark mark = arena_mark(db_arena(db));
		struct rows *rows;
		bool yes;

		if (param != NULL)
			TRY(db_one(db, &rows, stmt, db_text(param)));
		else
			TRY(db_one(db, &rows, stmt));
		yes = rows_bool(rows, 0, 0);
		arena_rewind(db_arena(db), mark);
		if (yes)
			return ERR_OK;
	}
	return ERR_TIMEOUT;
}

/* Hands back what it found by an error: ERR_CONFLICT when the other holds what comes later. */
static enum err
hold_in_tx(struct db *db, void *arg)
{
	static const char first[] = "00000000-0000-0000-0000-000000000000";
	const struct scene *scene = arg;
	struct rows *rows;

	TRY(db_exec(db, &stmts[scene->is_inbox ? HOLD_INBOX : HOLD_PLACE], db_text(scene->held)));
	TRY(until(db, &stmts[IS_AWAITED], NULL));
	TRY(db_one(db, &rows, &stmts[OTHERS], db_text(scene->people),
	    db_text(scene->is_inbox ? scene->held : first)));
	return rows_i64(rows, 0, 0) == 0 ? ERR_OK : ERR_CONFLICT;
}

static int
hold_or_act(struct db *db, int racer, void *scene)
{
	enum err err;

	if (racer == 0) {
		err = db_tx(db, hold_in_tx, scene);
		return err == ERR_OK	  ? DONE
		    : err == ERR_CONFLICT ? OUT_OF_ORDER
		    : err == ERR_TIMEOUT  ? NEVER_WAITED
					  : FAILED;
	}
	err = until(db, &stmts[IS_HELD], ((const struct scene *)scene)->held);
	if (err == ERR_OK)
		err = db_tx(db, act_in_tx, scene);
	return err == ERR_CONFLICT ? DONE : FAILED;
}

static void
meet(struct scene *scene, const char *held, bool is_inbox)
{
	struct race race = { sets, hold_or_act, scene, NULL };
	int statuses[2];

	scene->held = held;
	scene->is_inbox = is_inbox;
	race_run(&race, 2, statuses);
	CU_ASSERT_EQUAL(statuses[0], DONE);
	CU_ASSERT_EQUAL(statuses[1], DONE);
}

/* count talks, each of whose rows is held once. */
static void
meet_everywhere(struct scene *scene, int count)
{
	int i;

	scene->people =
	    testdb_text("SELECT ARRAY(SELECT DISTINCT o.user_id FROM member k JOIN member o"
			" USING (conversation_id) WHERE k.user_id = $1)",
		scene->person);
	for (i = 0; i < count; i++) {
		meet(scene, scene->talks[i].conversation_id, false);
		meet(scene, scene->talks[i].advisor_id, true);
	}
	meet(scene, scene->person, true);
}

/* The user of a talk becomes another. */
static void
seat(const struct talk *talk, const char *user_id)
{
	testdb_run("UPDATE session SET user_id = $1 WHERE conversation_id = $2", user_id,
	    talk->conversation_id);
	testdb_run("UPDATE member SET user_id = $1 WHERE conversation_id = $2 AND role = 'USER'",
	    user_id, talk->conversation_id);
}

static struct scene
one_with_many(void)
{
	struct scene scene = { 0 };
	int i;

	for (i = 0; i < TALKS; i++) {
		scene.talks[i] = talk_make("ONGOING");
		seat(&scene.talks[i], scene.talks[0].user_id);
	}
	scene.person = scene.talks[0].user_id;
	return scene;
}

static void
an_admin_ends_many_sessions_in_order(void)
{
	struct scene scene = one_with_many();

	scene.act = leave_all;
	meet_everywhere(&scene, TALKS);
}

/* Each has the other for an advisor. */
static void
a_block_ends_both_sessions_of_two_in_order(void)
{
	struct scene scene = { .act = leave_between };

	scene.talks[0] = talk_make("ONGOING");
	scene.talks[1] = talk_make("ONGOING");
	seat(&scene.talks[0], scene.talks[1].advisor_id);
	seat(&scene.talks[1], scene.talks[0].advisor_id);
	scene.person = scene.talks[1].advisor_id;
	scene.other = scene.talks[0].advisor_id;
	meet_everywhere(&scene, 2);
}

static void
a_batch_is_sent_in_order(void)
{
	struct scene scene = one_with_many();

	scene.act = send_batch;
	meet_everywhere(&scene, TALKS);
}

static const struct cunit_test tests[] = {
	{ "an admin ends many sessions in order", an_admin_ends_many_sessions_in_order },
	{ "a block ends both sessions of two in order", a_block_ends_both_sessions_of_two_in_order },
	{ "a batch is sent in order", a_batch_is_sent_in_order },
	{ 0 },
};

int
main(void)
{
	return cunit_run("lock order", tests);
}
