/*
 * Where a session meets the ledger. Sessions are free for now: rate_minor is recorded and nothing is
 * charged. With the wallet these two functions post to the ledger in the transaction they are called
 * in, so that a session and its money can never disagree; no other file of talk will change.
 */
#ifndef DOMAIN_TALK_SESSION_MONEY_H
#define DOMAIN_TALK_SESSION_MONEY_H

#include "domain/talk/session.h"

/*
 * Called once when a session is asked for, after its row is stored. With the wallet: hold the price
 * of the first minutes from the user's available balance under the session's id as key; ERR_FUNDS
 * then takes the request back.
 */
MUST_CHECK enum err session_reserve_funds(struct db *, const struct session *);
/*
 * Called once when a session reaches a last state, under its row lock, before anybody hears of it;
 * session->state is that last state. With the wallet: ENDED captures what the stored times say from
 * the hold and releases the rest; the other states release all of it. A hold resolves once.
 */
MUST_CHECK enum err session_settle(struct db *, const struct session *);

#endif
