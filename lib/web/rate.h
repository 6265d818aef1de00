/*
 * Rate limits by class and subject, shared by all workers of a program: GCRA (one "theoretical arrival
 * time" per bucket) in mapped memory, lock-free. RATE_PERCENT scales every limit. Wrong passwords are
 * counted in the database instead (attempt.h), so that they hold over restarts and machines.
 */
#ifndef WEB_RATE_H
#define WEB_RATE_H

#include "base/err.h"
#include "web/route.h"

struct rate;

/* What the RateLimit headers say. */
struct rate_state {
	int64_t limit, remaining, reset_s; /* requests per minute, left now, seconds until full */
	int retry_after_s;		   /* when refused */
};

/* Before fork. percent scales the limits. */
struct rate *rate_open(int64_t percent);
/* From now on, in all processes. */
void rate_scale(struct rate *, int64_t percent);
/* Count one request. ERR_RATE when the bucket is empty. */
MUST_CHECK enum err rate_take(struct rate *, enum rate_class, const char *subject,
    struct rate_state *state);
/* The same at a given monotonic time, microseconds; for tests. */
MUST_CHECK enum err rate_take_at(struct rate *, enum rate_class, const char *subject, int64_t now_us,
    struct rate_state *state);

#endif
