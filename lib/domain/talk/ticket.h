/*
 * Tickets: what opens a stream of events where no Authorization header can be sent. A random secret, good
 * once and for TICKET_S seconds, for one account and login; only its hash is stored. Claiming deletes the row, so that of two claims, by whatever
 * process, one finds it.
 */
#ifndef DOMAIN_TALK_TICKET_H
#define DOMAIN_TALK_TICKET_H

#include "db/db.h"

enum { TICKET_S = 30, TICKET_BYTES = 32, TICKET_TEXT_MAX = 64 };

extern const struct stmt_set ticket_stmts;

/* Whom a ticket is for. role as in user_account: "USER", "ADVISOR", "ADMIN". */
struct ticket_holder {
	const char *user_id, *login_id, *role;
};

/* Store a new ticket; *ticket, in the arena, is good when the statement was run. Old ones are swept up. */
struct db_bound ticket_issue_bind(struct arena *, const struct ticket_holder *, const char **ticket);
/* Claim what a client sent; the answer is for ticket_take. */
struct db_bound ticket_claim_bind(struct arena *, const char *ticket);
/* ERR_UNAUTHORIZED: unknown, used before, or too old. holder lives as long as rows. */
MUST_CHECK enum err ticket_take(const struct rows *, struct ticket_holder *holder);

#endif
