/* Presence when devices, blocks and hiding change at the same moment at several responders. */
#include "domain/people/block.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/session_leave.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/talk.h"
#include "harness/testdb.h"
#include "harness/told.h"

#include <string.h>

enum { RACERS = 4, PEOPLE = 3, ROUNDS = 60, LEAVERS = 300, DONE = 1, FAILED = 2 };

enum { ARRIVE, LEAVE, HIDE };
static const struct stmt stmts[] = {
	[ARRIVE] = { "race_arrive", 3, "SELECT presence_arrive($1, $2, $3)" },
	[LEAVE] = { "race_leave", 4, "SELECT presence_leave($1, $2, $3, $4)" },
	[HIDE] = { "race_hide", 2, "UPDATE user_account SET presence_hidden = $2 WHERE id = $1" },
};
static const STMT_SET(race_stmts, stmts);
static const struct stmt_set *const sets[] = { &race_stmts, &block_stmts, &session_stmts,
	&session_leave_stmts, &message_stmts, NULL };

/* The same people come and go at several nodes, in batches of different order. */
struct crowd {
	struct talk talks[PEOPLE];
	const char *nodes[RACERS], *logins[RACERS], *users[2];
};

static int
come_and_go(struct db *db, int racer, void *arg)
{
	const struct crowd *crowd = arg;
	const char *users = crowd->users[racer % 2], *node = crowd->nodes[racer];
	int i, failed = 0;

	for (i = 0; i < ROUNDS; i++) {
		failed += db_exec(db, &stmts[ARRIVE], db_text(node), db_text(users),
			      db_text(crowd->logins[racer])) != ERR_OK;
		if (i < ROUNDS - 1 || racer == 0)
			failed += db_exec(db, &stmts[LEAVE], db_text(node), db_text(users),
				      db_text(crowd->logins[racer]), db_i64(0)) != ERR_OK;
	}
	return failed == 0 ? DONE : FAILED;
}

static struct crowd
crowd_make(void)
{
	struct crowd crowd;
	int i;

	for (i = 0; i < PEOPLE; i++)
		crowd.talks[i] = talk_make("ENDED");
	for (i = 0; i < 2; i++)
		crowd.users[i] = testdb_text("SELECT ARRAY[$1, $2, $3]", crowd.talks[2 * i].user_id,
		    crowd.talks[1].user_id, crowd.talks[2 - 2 * i].user_id);
	for (i = 0; i < RACERS; i++) {
		crowd.nodes[i] = testdb_text("SELECT gen_random_uuid()");
		crowd.logins[i] = testdb_text("SELECT ARRAY(SELECT gen_random_uuid()"
					      " FROM generate_series(1, 3))");
		testdb_run("SELECT presence_begin($1, 600000)", crowd.nodes[i]);
	}
	return crowd;
}

/* What was told never repeats itself. */
static bool
alternates(const char *told)
{
	const char *online = "ONLINE>1", *offline = "OFFLINE>1", *want = online;

	while (*told != '\0') {
		if (strncmp(told, want, strlen(want)) != 0)
			return false;
		told += strlen(want);
		told += *told == ' ';
		want = want == online ? offline : online;
	}
	return true;
}

static void
no_change_is_told_twice(void)
{
	struct crowd crowd = crowd_make();
	struct race race = { sets, come_and_go, &crowd, NULL };
	int statuses[RACERS], i;

	told_begin();
	race_run(&race, RACERS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, RACERS, DONE), RACERS);
	for (i = 0; i < PEOPLE; i++)
		CU_ASSERT_STRING_EQUAL(testdb_text("SELECT status FROM presence WHERE user_id = $1",
					   crowd.talks[i].user_id),
		    "ONLINE");
	CU_ASSERT(alternates(told_presence(crowd.talks[1].user_id)));
	for (i = 1; i < RACERS; i++)
		testdb_run("SELECT presence_leave($1, $2, $3, 0)", crowd.nodes[i],
		    crowd.users[i % 2], crowd.logins[i]);
	CU_ASSERT_STRING_EQUAL(told_presence(crowd.talks[1].user_id), "OFFLINE>1");
}

/* Racer 0 comes and goes; racer 1 blocks and unblocks, racer 2 hides and shows; both end with the former. */
static int
come_or_conceal(struct db *db, int racer, void *arg)
{
	const struct crowd *crowd = arg;
	const struct talk *talk = &crowd->talks[1];
	int i, failed = 0;

	if (racer == 0)
		return come_and_go(db, racer, arg);
	for (i = 0; i <= ROUNDS; i++) {
		if (racer == 2)
			failed += db_exec(db, &stmts[HIDE], db_text(talk->user_id),
				      db_bool(i % 2 == 0)) != ERR_OK;
		else if (i % 2 == 0)
			failed += block_add(db, talk->advisor_id, talk->user_id) != ERR_OK;
		else
			failed += block_remove(db, talk->advisor_id, talk->user_id) != ERR_OK;
	}
	return failed == 0 ? DONE : FAILED;
}

static bool
ends_with_null(const char *told)
{
	size_t len = strlen(told), want = strlen("null>1");

	return len >= want && strcmp(told + len - want, "null>1") == 0;
}

static void
nothing_is_told_after_a_block(void)
{
	struct crowd crowd = crowd_make();
	struct race race = { sets, come_or_conceal, &crowd, NULL };
	int statuses[2];

	told_begin();
	race_run(&race, 2, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 2, DONE), 2);
	CU_ASSERT(ends_with_null(told_to(crowd.talks[1].advisor_id, crowd.talks[1].user_id)));
}

static void
nothing_is_told_of_who_hides(void)
{
	struct crowd crowd = crowd_make();
	struct race race = { sets, come_or_conceal, &crowd, NULL };
	int statuses[3];

	told_begin();
	race_run(&race, 3, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 3, DONE), 3);
	CU_ASSERT(ends_with_null(told_to(crowd.talks[1].advisor_id, crowd.talks[1].user_id)));
}

/* Everybody has a device at each of two nodes. Those leave (or at the second node others come) in step. */
struct exodus {
	const char *nodes[2], *users[LEAVERS], *logins[2][LEAVERS];
	bool others_come;
};

static const char *
one(const char *id)
{
	return testdb_text("SELECT ARRAY[$1]", id);
}

static int
leave_all(struct db *db, int racer, void *arg)
{
	const struct exodus *exodus = arg;
	int i, failed = 0;

	for (i = 0; i < LEAVERS; i++)
		if (racer == 1 && exodus->others_come)
			failed +=
			    db_exec(db, &stmts[ARRIVE], db_text(exodus->nodes[1]),
				db_text(exodus->users[i]), db_text(exodus->logins[1][i])) != ERR_OK;
		else
			failed += db_exec(db, &stmts[LEAVE], db_text(exodus->nodes[racer]),
				      db_text(exodus->users[i]), db_text(exodus->logins[racer][i]),
				      db_i64(0)) != ERR_OK;
	return failed == 0 ? DONE : FAILED;
}

static void
two_devices_that_change_at_once_are_merged(void)
{
	static struct exodus exodus;
	struct race race = { sets, leave_all, &exodus, NULL };
	int statuses[2], i, at;

	for (at = 0; at < 2; at++) {
		exodus.nodes[at] = testdb_text("SELECT gen_random_uuid()");
		testdb_run("SELECT presence_begin($1, 600000)", exodus.nodes[at]);
	}
	for (i = 0; i < LEAVERS; i++) {
		exodus.users[i] = one(testdb_user("USER"));
		for (at = 0; at < 2; at++) {
			exodus.logins[at][i] = one(testdb_text("SELECT gen_random_uuid()"));
			testdb_run("SELECT presence_arrive($1, $2, $3)", exodus.nodes[at],
			    exodus.users[i], exodus.logins[at][i]);
		}
	}
	race_run(&race, 2, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 2, DONE), 2);
	for (i = 0; i < LEAVERS; i++) {
		CU_ASSERT_STRING_EQUAL(
		    testdb_text("SELECT status FROM presence WHERE user_id = ANY ($1::uuid[])",
			exodus.users[i]),
		    "OFFLINE");
		testdb_run("SELECT presence_arrive($1, $2, $3)", exodus.nodes[0], exodus.users[i],
		    exodus.logins[0][i]);
	}
	exodus.others_come = true;
	race_run(&race, 2, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, 2, DONE), 2);
	for (i = 0; i < LEAVERS; i++)
		CU_ASSERT_STRING_EQUAL(
		    testdb_text("SELECT status FROM presence WHERE user_id = ANY ($1::uuid[])",
			exodus.users[i]),
		    "ONLINE");
}

static const struct cunit_test tests[] = {
	{ "two devices that change at once are merged", two_devices_that_change_at_once_are_merged },
	{ "no change is told twice", no_change_is_told_twice },
	{ "nothing is told after a block", nothing_is_told_after_a_block },
	{ "nothing is told of who hides", nothing_is_told_of_who_hides },
	{ 0 },
};

int
main(void)
{
	int result = cunit_run("presence race", tests);

	told_end();
	return result;
}
