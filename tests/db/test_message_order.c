/*
 * Writers that stand still between what they stored and their commit: nothing later may be seen before
 * it. A writer stands where it wants the inbox of somebody whose inbox the test holds: its message and
 * the event of the other member are stored by then.
 */
#include "domain/talk/message.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 8, WRITERS = 3, HOLDER = WRITERS, READER, RACERS, SEES_MAX = 100000 };
enum { HOLD, SAY_HELD, HELD, WAITING, GAPS, SEEN };

/* What the test asks by itself. */
static const struct stmt stmts[] = {
	[HOLD] = { "test_hold", 1, "SELECT user_id FROM inbox WHERE user_id = $1 FOR UPDATE", false },
	[SAY_HELD] = { "test_say_held", 0, "SELECT pg_advisory_xact_lock(43)", false },
	[HELD] = { "test_held", 0,
	    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 43", true },
	[WAITING] = { "test_waiting", 0,
	    "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted", true },
	/* Numbers below the newest that are not there, of messages and of events. */
	[GAPS] = { "test_gaps", 2,
	    "SELECT (SELECT coalesce(max(seq), 0) - count(*) FROM message WHERE conversation_id = $1)"
	    " + (SELECT coalesce(max(seq), 0) - count(*) FROM event WHERE user_id = $2)",
	    true },
	[SEEN] = { "test_seen", 1, "SELECT count(*) FROM event WHERE user_id = $1", true },
};
static const struct stmt_set test_stmts = { stmts, COUNT_OF(stmts) };
static const struct stmt_set *const sets[] = { &message_stmts, &test_stmts, NULL };

/* One user in two conversations; the user's inbox comes first in the order of locks. */
struct scene {
	struct talk first, second;
};

/* Until the statement counts so many; false when it never does. */
static bool
wait_for(struct db *db, int stmt, int64_t wanted)
{
	struct arena_mark mark = arena_mark(db_arena(db));
	struct rows *rows;
	bool found = false;
	int i;

	for (i = 0; i < SEES_MAX && !found; i++) {
		if (db_one(db, &rows, &stmts[stmt]) != ERR_OK)
			return false;
		found = rows_i64(rows, 0, 0) >= wanted;
		arena_rewind(db_arena(db), mark);
	}
	return found;
}

/* The last writer is in the other conversation and comes when the others stand. */
static bool
write_one(struct db *db, int writer, const struct scene *scene, int round)
{
	const struct talk *talk = writer == WRITERS - 1 ? &scene->second : &scene->first;
	struct message_draft draft = { talk->conversation_id,
		writer == 0 ? talk->advisor_id : talk->user_id, NULL, "text", "Hello", NULL, NULL,
		NULL };
	char client_id[32];
	const char *json;
	bool created;

	(void)snprintf(client_id, sizeof(client_id), "%d-%d", writer, round);
	draft.client_id = client_id;
	if (!wait_for(db, HELD, 1) || (writer == WRITERS - 1 && !wait_for(db, WAITING, WRITERS - 1)))
		return false;
	return message_send(db, &draft, &created, &json) == ERR_OK && created;
}

/* Hold the advisor's inbox until all writers stand; nothing of theirs may be seen then. */
static enum err
hold(struct db *db, void *arg)
{
	const struct scene *scene = arg;
	struct rows *before, *now;

	TRY(db_one(db, &before, &stmts[SEEN], db_text(scene->first.user_id)));
	TRY(db_exec_one(db, &stmts[HOLD], db_text(scene->first.advisor_id)));
	TRY(db_exec(db, &stmts[SAY_HELD]));
	if (!wait_for(db, WAITING, WRITERS))
		return ERR_TIMEOUT;
	TRY(db_one(db, &now, &stmts[SEEN], db_text(scene->first.user_id)));
	return rows_i64(now, 0, 0) == rows_i64(before, 0, 0) ? ERR_OK : ERR_INTERNAL;
}

static int
read_until_all(struct db *db, const struct scene *scene, int64_t wanted)
{
	struct rows *rows;
	int i;

	for (i = 0; i < SEES_MAX; i++) {
		struct arena_mark mark = arena_mark(db_arena(db));
		int64_t gaps, seen;

		if (db_one(db, &rows, &stmts[GAPS], db_text(scene->first.conversation_id),
			db_text(scene->first.user_id)) != ERR_OK)
			return 2;
		gaps = rows_i64(rows, 0, 0);
		if (db_one(db, &rows, &stmts[SEEN], db_text(scene->first.user_id)) != ERR_OK)
			return 2;
		seen = rows_i64(rows, 0, 0);
		arena_rewind(db_arena(db), mark);
		if (gaps != 0)
			return 3;
		if (seen == wanted)
			return 0;
	}
	return 4;
}

/* What the racers do together. */
struct round {
	struct scene scene;
	int number;
};

static int
act(struct db *db, int racer, void *arg)
{
	struct round *round = arg;

	if (racer == HOLDER)
		return db_tx(db, hold, &round->scene) == ERR_OK ? 0 : 5;
	if (racer == READER)
		return read_until_all(db, &round->scene, (int64_t)(round->number + 1) * WRITERS);
	return write_one(db, racer, &round->scene, round->number) ? 0 : 6;
}

static void
nothing_later_is_seen_before_a_writer_that_stands_still(void)
{
	struct round round = { .scene = { talk_make("ONGOING"), talk_make("ONGOING") } };
	struct scene *scene = &round.scene;
	struct race race = { sets, act, &round, NULL };
	int statuses[RACERS];

	testdb_run("UPDATE member SET user_id = $1 WHERE conversation_id = $2 AND role = 'USER'",
	    scene->first.user_id, scene->second.conversation_id);
	scene->second.user_id = scene->first.user_id;
	CU_ASSERT_TRUE_FATAL(strcmp(scene->first.user_id, scene->first.advisor_id) < 0);
	for (round.number = 0; round.number < ROUNDS; round.number++) {
		race_run(&race, RACERS, statuses);
		CU_ASSERT_EQUAL_FATAL(race_count(statuses, RACERS, 0), RACERS);
	}
	CU_ASSERT_EQUAL(testdb_i64("SELECT last_seq FROM conversation WHERE id = $1",
			    scene->first.conversation_id),
	    ROUNDS * (WRITERS - 1));
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM (SELECT seq - lag(seq, 1, 0::bigint) OVER"
		       " (ORDER BY seq) AS step FROM event WHERE user_id = $1) x WHERE step <> 1",
		scene->first.user_id),
	    0);
}

static const struct cunit_test tests[] = {
	{ "nothing later is seen before a writer that stands still",
	    nothing_later_is_seen_before_a_writer_that_stands_still },
	{ 0 },
};

int
main(void)
{
	return cunit_run("message order", tests);
}
