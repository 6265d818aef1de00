#include "harness/talk.h"

#include "harness/testdb.h"

struct talk
talk_make(const char *state)
{
	struct talk talk;

	talk.user_id = testdb_user("USER");
	talk.advisor_id = testdb_advisor();
	talk.conversation_id = testdb_text("INSERT INTO conversation (id, kind)"
					   " VALUES (gen_random_uuid(), 'SESSION') RETURNING id");
	testdb_run("INSERT INTO member (conversation_id, user_id, role)"
		   " VALUES ($1, $2, 'USER'), ($1, $3, 'ADVISOR')",
	    talk.conversation_id, talk.user_id, talk.advisor_id);
	talk.session_id = testdb_text(
	    "INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id, expires_at,"
	    " started_at) VALUES (gen_random_uuid(), 'CHAT', $1, $2, $3, $4,"
	    " app_now() + interval '1 hour', CASE $1 WHEN 'ONGOING' THEN app_now() END) RETURNING id",
	    state, talk.user_id, talk.advisor_id, talk.conversation_id);
	return talk;
}

const char *
talk_state(const struct talk *talk)
{
	return testdb_text("SELECT state FROM session WHERE id = $1", talk->session_id);
}

int64_t
talk_events(const char *user_id, const char *type)
{
	return testdb_i64(
	    "SELECT count(*) FROM event WHERE user_id = $1 AND type = $2", user_id, type);
}
