/*
 * Sessions that the system ends because their time has come: those nobody began in time, and those both
 * sides have left. For the worker; several may run at once, and a session somebody is moving just now
 * is left to the next round.
 */
#ifndef DOMAIN_TALK_SESSION_SWEEP_H
#define DOMAIN_TALK_SESSION_SWEEP_H

#include "db/db.h"

extern const struct stmt_set session_sweep_stmts; /* also list session_stmts and message_stmts */

enum { SESSION_SWEEP_MAX = 100 }; /* sessions a round ends at most */

/* Expire requests and accepted sessions past expires_at. *count is how many were. Each in a transaction
 * of its own; so is each of session_lapse_due. */
MUST_CHECK enum err session_expire_due(struct db *, size_t *count);
/*
 * End ongoing sessions in which neither side was heard of for idle_s seconds: no join, no heartbeat, no
 * message. What the assistant or the system said does not count. *count is how many were.
 */
MUST_CHECK enum err session_lapse_due(struct db *, int64_t idle_s, size_t *count);

#endif
