/* The worker's heartbeat: by the database's clock, a row a lane, and what is said of it. */
#include "domain/system/heartbeat.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

#define ALL HEARTBEAT_TURN ",fast,mail,media,ai,money"

static const struct stmt_set *const sets[] = { &heartbeat_stmts, NULL };
static struct db *db;

static struct heartbeat
look(int64_t silent_s)
{
	struct heartbeat beat = { .good = true };

	CU_ASSERT_EQUAL_FATAL(heartbeat_look(db, silent_s, &beat), ERR_OK);
	return beat;
}

static void
says_when_none_ever_ran(void)
{
	testdb_run("DELETE FROM heartbeat");
	CU_ASSERT_FALSE(look(3600).good);
	CU_ASSERT_STRING_EQUAL(look(3600).text, "has never run");
	CU_ASSERT_STRING_EQUAL(look(3600).lanes, "");
	/* A lane alone is no loop. */
	CU_ASSERT_EQUAL(heartbeat_beat(db, "expire"), ERR_OK);
	CU_ASSERT_FALSE(look(3600).good);
	CU_ASSERT_STRING_EQUAL(look(3600).lanes, "expire 0 s");
}

static void
beats_all_lanes_at_once(void)
{
	testdb_run("DELETE FROM heartbeat");
	CU_ASSERT_EQUAL(heartbeat_beat(db, ALL ",lapse,expire"), ERR_OK);
	CU_ASSERT_EQUAL(heartbeat_beat(db, HEARTBEAT_TURN), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM heartbeat"), 8);
	CU_ASSERT(look(3).good);
	CU_ASSERT_PTR_NOT_NULL(strstr(look(3).text, "last turn "));
	CU_ASSERT_NSTRING_EQUAL(look(3).lanes, "ai ", 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(look(3).lanes, ", expire "));
	CU_ASSERT_PTR_NOT_NULL(strstr(look(3).lanes, ", lapse "));
	CU_ASSERT_PTR_NULL(strstr(look(3).lanes, HEARTBEAT_TURN));
}

static void
hears_the_silence(void)
{
	CU_ASSERT_EQUAL(heartbeat_beat(db, ALL ",prune"), ERR_OK);
	testdb_run("UPDATE heartbeat SET beat_at = clock_timestamp() - interval '40 s'");
	CU_ASSERT_FALSE(look(30).good);
	CU_ASSERT_NSTRING_EQUAL(look(30).text, "silent for 4", 12);
	CU_ASSERT(look(60).good);
	/* Its rounds are shown, and do not decide. */
	CU_ASSERT_EQUAL(heartbeat_beat(db, ALL), ERR_OK);
	CU_ASSERT(look(30).good);
	CU_ASSERT_PTR_NOT_NULL(strstr(look(30).lanes, "prune 4"));
}

static void
hears_the_silence_of_a_lane(void)
{
	testdb_run("DELETE FROM heartbeat");
	CU_ASSERT_EQUAL(heartbeat_beat(db, HEARTBEAT_TURN ",fast,mail,media,ai"), ERR_OK);
	CU_ASSERT_FALSE(look(30).good);
	CU_ASSERT_STRING_EQUAL(look(30).text, "lane money has never run");
	CU_ASSERT_EQUAL(heartbeat_beat(db, ALL), ERR_OK);
	CU_ASSERT(look(30).good);
	testdb_run("UPDATE heartbeat SET beat_at = clock_timestamp() - interval '40 s'"
		   " WHERE lane = 'ai'");
	CU_ASSERT_FALSE(look(30).good);
	CU_ASSERT_NSTRING_EQUAL(look(30).text, "lane ai silent for 4", 20);
	CU_ASSERT(look(60).good);
}

/* A server whose clock was set back: nothing of the future stays, which would hide a later silence. */
static void
bears_a_clock_that_was_set(void)
{
	testdb_run("UPDATE heartbeat SET beat_at = clock_timestamp() + interval '1 h'");
	CU_ASSERT_STRING_EQUAL(look(30).text, "last turn 0 s ago");
	CU_ASSERT_EQUAL(heartbeat_beat(db, HEARTBEAT_TURN), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM heartbeat"
				   " WHERE lane = 'turn' AND beat_at > clock_timestamp()"),
	    0);
	testdb_run("DELETE FROM heartbeat");
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "says when no worker ever ran",
						       says_when_none_ever_ran },
		{ "beats all lanes in one statement", beats_all_lanes_at_once },
		{ "hears the silence of the loop", hears_the_silence },
		{ "hears the silence of a lane", hears_the_silence_of_a_lane },
		{ "bears a clock that was set", bears_a_clock_that_was_set }, { NULL, NULL } };
	int status;

	db = testdb_open(sets);
	status = cunit_run("heartbeat", tests);
	testdb_close(db);
	return status;
}
