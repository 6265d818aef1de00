/* The queue of advisors' applications: its order, the longest waiting first, and the evidence. */
#ifndef DOMAIN_MARKET_APPLICATION_H
#define DOMAIN_MARKET_APPLICATION_H

#include "domain/system/queue.h"

extern const struct stmt_set application_stmts;
extern const struct queue_source application_queue;

/* Statements of evidence: of the advisor $1, at most $2 rows. */
enum application {
	APPLICATION_PROFILE,
	APPLICATION_PERSON, /* people/evidence.h: EVIDENCE_PERSON */
	APPLICATION_EARLIER, /* what was decided about it before, the newest first */
	APPLICATION_REPORTS, /* about the person, the newest first */
	APPLICATION__COUNT
};
extern const struct stmt *const application[APPLICATION__COUNT];

#endif
