#include "domain/talk/session_money.h"

enum err
session_reserve_funds(struct db *db, const struct session *session)
{
	(void)db;
	assert(session->state == SESSION_REQUESTED && session->rate_minor >= 0);
	return ERR_OK;
}

enum err
session_settle(struct db *db, const struct session *session)
{
	(void)db;
	assert(session_state_is_last(session->state));
	return ERR_OK;
}
