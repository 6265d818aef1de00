/*
 * Decisions: acts that were decided in a queue and take effect DECISION_WAIT_S later, so that they can be undone.
 * Until then nothing has happened: the act is done by the job "act.decision", from the same row, by the same
 * person, with its audit entry, and the decision is DONE in the same transaction. So it is done once, whoever dies
 * over it. When the act is refused then, as the subject has changed meanwhile or who decided is no
 * administrator any more, the decision is FAILED, and an entry
 * "decision.fail" says why. A subject has one decision that is PENDING.
 */
#ifndef DOMAIN_SYSTEM_DECISION_H
#define DOMAIN_SYSTEM_DECISION_H

#include "domain/system/act.h"

#define DECISION_JOB "act.decision"
enum {
	DECISION_WAIT_S = 10,
	DECISION_DAYS =
	    30 /* kept so long after its end; the audit log has what came of it for good */
};
extern const struct stmt_set decision_stmts;
extern const char *const decision_states[];

/* What was decided. */
struct decision {
	const char *id;
	const char *what; /* "Approve Asha Rao" */
	const char *effective_at; /* as the database writes a time */
};
/*
 * Decide: call as for act_run, with an input that was checked. Needs the caller's transaction.
 *	ERR_CONFLICT	something is decided about that subject already, and does not yet take effect
 *	another		what act_run would say of the subject as it is
 */
MUST_CHECK enum err decision_make(struct db *, struct act_call *call, struct decision *decision);

/* The act decision.undo: a PENDING decision takes no effect. */
extern const struct act_kind decision_kind;
extern const struct act decision_acts[];

#endif
