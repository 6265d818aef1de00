/*
 * Forgetting what has had its time: old revocations, idempotency keys, rate counters, jobs that were done or given
 * up, decisions that have ended, and events that no day was made for (the days are dropped by talk/retention.h). Work
 * is done in batches of PRUNE_BATCH rows, each a transaction of its own, so that nobody waits for it.
 */
#ifndef DOMAIN_SYSTEM_PRUNE_H
#define DOMAIN_SYSTEM_PRUNE_H

#include "db/db.h"

extern const struct stmt_set prune_stmts;

enum { PRUNE_BATCH = 5000, PRUNE_BATCHES_MAX = 20, PRUNE_IDEMPOTENCY_HOURS = 72 };

/* One round; events older than event_days go. *count is how many rows went. What is left over after
 * PRUNE_BATCHES_MAX batches of a table waits for the next round. */
MUST_CHECK enum err prune_run(struct db *, int64_t event_days, int64_t *count);

#endif
