/* Presence: devices merged over responders, who hears of a change and who does not, lost responders. */
#include "domain/talk/presence.h"
#include "domain/people/block.h"
#include "domain/talk/message.h"
#include "domain/talk/session_leave.h"
#include "harness/cunit.h"
#include "harness/talk.h"
#include "harness/testdb.h"
#include "harness/told.h"

static const struct stmt_set *const sets[] = { &presence_stmts, &block_stmts, &session_stmts,
	&session_leave_stmts, &message_stmts, NULL };
static struct db *db;

static const char *
uuid(void)
{
	return testdb_text("SELECT gen_random_uuid()");
}

/* A responder with a minute to live. */
static const char *
node(void)
{
	const char *id = uuid();

	testdb_run("SELECT presence_begin($1, 60000)", id);
	return id;
}

static bool
arrive(const char *at, const char *user, const char *login)
{
	return testdb_text("SELECT presence_arrive($1, ARRAY[$2::uuid], ARRAY[$3::uuid])", at, user,
		   login)[0] == 't';
}

static void
leave(const char *at, const char *user, const char *login)
{
	testdb_run(
	    "SELECT presence_leave($1, ARRAY[$2::uuid], ARRAY[$3::uuid], 120000)", at, user, login);
}

static const char *
set(const char *user, const char *login, bool away)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(presence_set(db, user, login, away, &rows), ERR_OK);
	return rows_text(rows, 0, 0);
}

static const char *
status(const char *user)
{
	return testdb_text("SELECT status FROM presence WHERE user_id = $1", user);
}

static void
devices_are_merged_over_responders(void)
{
	struct talk talk = talk_make("ENDED");
	const char *me = talk.user_id, *one = node(), *two = node(), *phone = uuid(), *pad = uuid();

	told_begin();
	CU_ASSERT(arrive(one, me, phone));
	CU_ASSERT(arrive(one, me, phone)); /* told twice */
	CU_ASSERT_STRING_EQUAL(told_presence(me), "ONLINE>1");
	CU_ASSERT(arrive(two, me, pad));
	CU_ASSERT(arrive(two, me, phone)); /* it moved */
	leave(one, me, phone);
	leave(two, me, pad);
	CU_ASSERT_STRING_EQUAL(status(me), "ONLINE");
	CU_ASSERT_STRING_EQUAL(told_presence(me), "");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT last_seen_at FROM presence WHERE user_id = $1", me), "");
	leave(two, me, phone);
	CU_ASSERT_STRING_EQUAL(told_presence(me), "OFFLINE>1");
	CU_ASSERT_EQUAL(testdb_i64("SELECT extract(epoch FROM app_now() - last_seen_at)::int / 10"
				   " FROM presence WHERE user_id = $1",
			    me),
	    12);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT presence_json(false, status, last_seen_at)->>"
					   "'last_seen_at' LIKE '%:00.000000Z' FROM presence"
					   " WHERE user_id = $1",
				   me),
	    "t");
	leave(two, me, phone);
	CU_ASSERT_STRING_EQUAL(told_presence(me), "");
}

static void
away_is_when_all_devices_say_so(void)
{
	struct talk talk = talk_make("ENDED");
	const char *me = talk.user_id, *one = node(), *phone = uuid(), *pad = uuid();

	told_begin();
	CU_ASSERT_STRING_EQUAL(set(me, phone, true), "OFFLINE"); /* a moment before it arrives */
	CU_ASSERT(arrive(one, me, phone));
	CU_ASSERT_STRING_EQUAL(told_presence(me), "AWAY>1");
	CU_ASSERT(arrive(one, me, pad));
	CU_ASSERT_STRING_EQUAL(told_presence(me), "ONLINE>1");
	CU_ASSERT_STRING_EQUAL(set(me, pad, true), "AWAY");
	CU_ASSERT_STRING_EQUAL(set(me, pad, true), "AWAY");
	CU_ASSERT_STRING_EQUAL(told_presence(me), "AWAY>1");
	CU_ASSERT_STRING_EQUAL(set(me, phone, false), "ONLINE");
	leave(one, me, phone);
	CU_ASSERT_STRING_EQUAL(told_presence(me), "ONLINE>1 AWAY>1");
	leave(one, me, pad);
	CU_ASSERT(arrive(one, me, pad)); /* what it said is over */
	CU_ASSERT_STRING_EQUAL(told_presence(me), "OFFLINE>1 ONLINE>1");
	leave(one, me, pad);
}

static void
a_word_of_a_device_that_never_came_is_forgotten(void)
{
	const char *me = testdb_user("USER"), *phone = uuid();
	int64_t count;

	CU_ASSERT_STRING_EQUAL(set(me, phone, true), "OFFLINE");
	CU_ASSERT_EQUAL(presence_sweep_all(db, &count), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM presence_away WHERE user_id = $1", me), 1);
	testdb_run(
	    "UPDATE presence_away SET set_at = app_now() - interval '61 s' WHERE user_id = $1", me);
	CU_ASSERT_EQUAL(presence_sweep_all(db, &count), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM presence_away WHERE user_id = $1", me), 0);
}

static void
who_hides_is_seen_by_nobody(void)
{
	struct talk talk = talk_make("ENDED");
	const char *me = talk.user_id, *one = node(), *phone = uuid();

	CU_ASSERT(arrive(one, me, phone));
	told_begin();
	testdb_run("UPDATE user_account SET presence_hidden = true WHERE id = $1", me);
	CU_ASSERT_STRING_EQUAL(told_presence(me), "null>1");
	leave(one, me, phone);
	CU_ASSERT(arrive(one, me, phone));
	CU_ASSERT_STRING_EQUAL(set(me, phone, true), "AWAY");
	testdb_run("UPDATE user_account SET bio = 'x', presence_hidden = true WHERE id = $1", me);
	CU_ASSERT_STRING_EQUAL(told_presence(me), "");
	testdb_run("UPDATE user_account SET presence_hidden = false WHERE id = $1", me);
	CU_ASSERT_STRING_EQUAL(told_presence(me), "AWAY>1");
	leave(one, me, phone);
}

static void
a_block_hides_each_from_the_other(void)
{
	struct talk talk = talk_make("ENDED");
	const char *a = talk.user_id, *b = talk.advisor_id, *one = node(), *phone = uuid();

	CU_ASSERT(arrive(one, a, phone));
	told_begin();
	CU_ASSERT_EQUAL(block_add(db, b, a), ERR_OK);
	CU_ASSERT_STRING_EQUAL(told_to(b, a), "null>1");
	CU_ASSERT_EQUAL(block_add(db, a, b), ERR_OK);
	CU_ASSERT_STRING_EQUAL(told_to(a, b), "null>1");
	leave(one, a, phone);
	CU_ASSERT(arrive(one, b, phone));
	CU_ASSERT_STRING_EQUAL(set(b, phone, true), "AWAY");
	CU_ASSERT_STRING_EQUAL(told_to(a, b), "");
	CU_ASSERT(arrive(one, a, phone));
	CU_ASSERT_STRING_EQUAL(told_to(b, a), "");
	CU_ASSERT_EQUAL(block_remove(db, a, b), ERR_OK); /* the other one still holds */
	CU_ASSERT_STRING_EQUAL(told_to(a, b), "null>1");
	CU_ASSERT_EQUAL(block_remove(db, b, a), ERR_OK);
	CU_ASSERT_STRING_EQUAL(told_to(a, b), "AWAY>1");
	leave(one, a, phone);
	leave(one, b, phone);
	told_begin();
	CU_ASSERT_EQUAL(block_add(db, a, testdb_user("USER")), ERR_OK); /* a stranger */
	CU_ASSERT_STRING_EQUAL(told_presence(a), "");
}

static void
the_block_of_one_is_enough_for_both(void)
{
	struct talk talk = talk_make("ENDED");
	const char *a = talk.user_id, *b = talk.advisor_id, *one = node(), *phone = uuid(),
		   *pad = uuid();

	CU_ASSERT_EQUAL(block_add(db, b, a), ERR_OK);
	told_begin();
	CU_ASSERT(arrive(one, a, phone));
	CU_ASSERT(arrive(one, b, pad));
	CU_ASSERT_STRING_EQUAL(told_to(b, a), "");
	leave(one, a, phone);
	CU_ASSERT_STRING_EQUAL(set(b, pad, true), "AWAY");
	leave(one, b, pad);
	CU_ASSERT_STRING_EQUAL(told_to(a, b), "");
}

static void
only_those_one_talks_with_hear_of_it(void)
{
	struct talk talk = talk_make("ENDED"), other = talk_make("ENDED");
	const char *me = talk.user_id, *one = node(), *phone = uuid();

	testdb_run("INSERT INTO member (conversation_id, user_id, role) VALUES ($1, $2, 'USER')",
	    other.conversation_id, me);
	testdb_run("INSERT INTO member (conversation_id, user_id, role) VALUES ($1, $2, 'USER')",
	    other.conversation_id, talk.advisor_id); /* in two conversations: told once */
	told_begin();
	CU_ASSERT(arrive(one, me, phone));
	CU_ASSERT_STRING_EQUAL(told_presence(me), "ONLINE>3");
	leave(one, me, phone);
}

static void
a_responder_that_does_not_beat_is_swept(void)
{
	struct talk talk = talk_make("ENDED");
	const char *me = talk.user_id, *one = node(), *two = node(), *phone = uuid();
	int64_t count;

	CU_ASSERT(arrive(one, me, phone));
	CU_ASSERT(arrive(one, talk.advisor_id, uuid()));
	CU_ASSERT(arrive(two, talk.advisor_id, uuid()));
	told_begin();
	CU_ASSERT_EQUAL(presence_sweep_all(db, &count), ERR_OK);
	CU_ASSERT_EQUAL(count, 0);
	testdb_run(
	    "UPDATE presence_node SET until_at = app_now() - interval '1 ms' WHERE id = $1", one);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT presence_beat($1, 60000)", one), "f");
	CU_ASSERT(!arrive(one, me, phone));
	CU_ASSERT_EQUAL(presence_sweep_all(db, &count), ERR_OK);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_STRING_EQUAL(status(me), "OFFLINE");
	CU_ASSERT_STRING_EQUAL(status(talk.advisor_id), "ONLINE");
	CU_ASSERT_STRING_EQUAL(told_presence(me), "OFFLINE>1");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM presence_node WHERE id = $1", one), 0);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT presence_beat($1, 60000)", one), "f");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT presence_beat($1, 60000)", two), "t");
}

/* The responder's successor takes its devices over, and nobody notices. */
static void
a_goodbye_leaves_time_to_come_again(void)
{
	struct talk talk = talk_make("ENDED");
	const char *me = talk.user_id, *one = node(), *two = node(), *phone = uuid();
	int64_t count;

	CU_ASSERT(arrive(one, me, phone));
	CU_ASSERT_STRING_EQUAL(set(me, phone, true), "AWAY");
	told_begin();
	testdb_run("SELECT presence_goodbye($1, 30000)", one);
	CU_ASSERT_EQUAL(presence_sweep_all(db, &count), ERR_OK);
	CU_ASSERT_STRING_EQUAL(status(me), "AWAY");
	CU_ASSERT(arrive(two, me, phone));
	testdb_run("SELECT presence_goodbye($1, -1)", one);
	CU_ASSERT_EQUAL(presence_sweep_all(db, &count), ERR_OK);
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_STRING_EQUAL(status(me), "AWAY"); /* as the device said */
	CU_ASSERT_STRING_EQUAL(told_presence(me), "");
}

/* A batch with an account that does not exist does what it can. */
static void
an_unknown_account_is_nobody(void)
{
	const char *me = testdb_user("USER"), *one = node(), *nobody = uuid();

	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT presence_arrive($1, ARRAY[$2, $3]::uuid[],"
					   " ARRAY[$2, $3]::uuid[])",
				   one, nobody, me),
	    "t");
	CU_ASSERT_STRING_EQUAL(status(me), "ONLINE");
	CU_ASSERT_STRING_EQUAL(status(nobody), "");
}

static const struct cunit_test tests[] = {
	{ "devices are merged over responders", devices_are_merged_over_responders },
	{ "away is when all devices say so", away_is_when_all_devices_say_so },
	{ "a word of a device that never came is forgotten",
	    a_word_of_a_device_that_never_came_is_forgotten },
	{ "who hides is seen by nobody", who_hides_is_seen_by_nobody },
	{ "a block hides each from the other", a_block_hides_each_from_the_other },
	{ "the block of one is enough for both", the_block_of_one_is_enough_for_both },
	{ "only those one talks with hear of it", only_those_one_talks_with_hear_of_it },
	{ "a responder that does not beat is swept", a_responder_that_does_not_beat_is_swept },
	{ "a goodbye leaves time to come again", a_goodbye_leaves_time_to_come_again },
	{ "an unknown account is nobody", an_unknown_account_is_nobody },
	{ 0 },
};

int
main(void)
{
	int result;

	db = testdb_open(sets);
	result = cunit_run("presence", tests);
	told_end();
	testdb_close(db);
	return result;
}
