/*
 * Tickets: what opens a stream of events where no Authorization header can be sent. A random secret, good
 * once and for TICKET_S seconds, for one account and login; only its hash is stored. Issued and claimed
 * over a pipeline by the events program; claiming deletes the row, so that of two claims, by whatever
 * process, one finds it.
 */
#ifndef DOMAIN_TALK_TICKET_H
#define DOMAIN_TALK_TICKET_H

#include "db/pipeline.h"

enum { TICKET_S = 30, TICKET_BYTES = 32, TICKET_TEXT_MAX = 64 };

extern const struct stmt_set ticket_stmts;

/* Whom a ticket is for. role as in user_account: "USER", "ADVISOR", "ADMIN". */
struct ticket_holder {
	const char *user_id, *login_id, *role;
};

/* Store a new ticket; *ticket, in the arena, is good when the answer is ERR_OK. Old ones are swept up. */
MUST_CHECK enum err ticket_issue(struct pipeline *, struct arena *, const struct ticket_holder *,
    const char **ticket, pipeline_answer *, void *arg);
/* Claim what a client sent; the answer is for ticket_take. */
MUST_CHECK enum err ticket_claim(
    struct pipeline *, const char *ticket, pipeline_answer *, void *arg);
/* ERR_UNAUTHORIZED: unknown, used before, or too old. holder lives as long as rows. */
MUST_CHECK enum err ticket_take(const struct rows *, struct ticket_holder *holder);

#endif
