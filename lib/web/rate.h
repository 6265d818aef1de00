/*
 * Rate limits by class and subject, one account for all programs of a machine: a user has 60 messages a minute
 * however they are sent, and what one worker let through the others know of. GCRA (one "theoretical arrival
 * time" per bucket) in the mapped file RUN_DIR/shared/rate (base/mapped.h), lock-free. Wrong passwords are
 * counted in the database instead (attempt.h), so that they hold over restarts and machines.
 *
 * The file has a fixed number of buckets and does not grow; an account is over when its time has passed, two
 * minutes after its last request at the latest, and the bucket that was idle longest is taken over by who
 * needs one. Accounts are known by a 64-bit hash of class and subject: two that collide share a bucket, which
 * at worst slows both. Each step is one atomic write that is good by itself, so a process killed
 * between two of them leaves at most one account, newly opened in a full table, with what the one before it had
 * used.
 *
 * Each program scales the limits by its own RATE_PERCENT: the time an account is used up until is common, how
 * much a request adds to it is the program's.
 */
#ifndef WEB_RATE_H
#define WEB_RATE_H

#include "base/err.h"
#include "web/route.h"

struct rate;

/* A class and its figures at RATE_PERCENT 100; per_minute 0: no limit. burst is how many may come at once. */
struct rate_class_row {
	const char *name; /* as "write" */
	int64_t per_minute, burst;
	const char *doc; /* what is counted in it */
};
extern const struct rate_class_row rate_classes[RATE__COUNT];

/* What the RateLimit headers say. */
struct rate_state {
	int64_t limit, remaining, reset_s; /* requests per minute, left now, seconds until full */
	int retry_after_s; /* when refused */
};

/* Before fork. percent scales the limits. run_dir NULL: an account of this program alone, as when the folder
 * cannot be used. Never NULL; lives as long as the process. */
struct rate *rate_open(const char *run_dir, int64_t percent);
/* From now on, in all processes of this program. */
void rate_scale(struct rate *, int64_t percent);
/* Count one request. ERR_RATE when the bucket is empty. */
MUST_CHECK enum err rate_take(
    struct rate *, enum rate_class, const char *subject, struct rate_state *state);
/* The same at a given monotonic time, microseconds; for tests. */
MUST_CHECK enum err rate_take_at(
    struct rate *, enum rate_class, const char *subject, int64_t now_us, struct rate_state *state);

#endif
