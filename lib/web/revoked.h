/*
 * Which logins were ended while their access tokens are still good: what all programs of a machine know of table
 * revocation, in the mapped file RUN_DIR/shared/revoked (base/mapped.h). A look-up takes neither a system call
 * nor a statement. Whoever finds the copy too old claims the next reading; nobody else begins one for
 * REVOKED_CLAIM_US, so a machine asks the database about once a second whatever its number of workers, and
 * when the one who claimed was killed or stands still, another claims it then.
 *
 * A reading asks only for what is new: rows of transactions that may not have been committed when the one before it
 * looked, by its snapshot, so none is missed however late its commit. All rows are read at first, after
 * REVOKED_OLD_US without a reading (the server may be another one since), and once in REVOKED_ALL_US. What a
 * reading found is added before it counts as done: of one that was broken off nothing is lost.
 *
 * No locks: each step is one atomic write that is good by itself. A login stays in the set until its time is
 * over and its place is given away. The set does not grow (REVOKED_MAX places, in sets of 16: good for about
 * seventy thousand at a time); what found no place is said by revoked_whole, and then who is not in the set has
 * to be asked for.
 */
#ifndef WEB_REVOKED_H
#define WEB_REVOKED_H

#include "base/clock.h"

enum { REVOKED_MAX = 16384 * 16, REVOKED_LIFE_S = 65 * 60 };
#define REVOKED_CLAIM_US SECOND_US
#define REVOKED_OLD_US (5 * SECOND_US)
#define REVOKED_ALL_US (60 * SECOND_US)

struct revoked;

/* A reading that is to be done. */
struct revoked_ask {
	int64_t asked_us; /* monotonic */
	int64_t seen; /* what the copy knew then */
	int64_t since; /* transactions from this one on are asked for; 0: all */
};

/* Before fork. run_dir NULL, or one that cannot be used: shared by this program's workers. Never NULL. */
struct revoked *revoked_open(const char *run_dir);
/* The times are monotonic microseconds. */
bool revoked_has(const struct revoked *, const char *login_id, int64_t now_us);
/* Put it in for left_us; false: there is no place. What is not the text of a UUID is left out. */
bool revoked_add(struct revoked *, const char *login_id, int64_t now_us, int64_t left_us);
/* All that was added and is not over has found its place. */
bool revoked_whole(const struct revoked *, int64_t now_us);
/* When the reading began that was done last; 0: never, or before the machine was started. */
int64_t revoked_read_us(const struct revoked *, int64_t now_us);
/* The copy is older than age_us and nobody is at it: the caller reads, and says revoked_done. */
bool revoked_claim(struct revoked *, int64_t now_us, int64_t age_us, struct revoked_ask *);
/* To read all the same, besides who may be at it. all: leave nothing to what the copy knew. */
void revoked_ask(struct revoked *, int64_t now_us, bool all, struct revoked_ask *);
/* All rows of the answer were added, also those without a place; the oldest transaction that was under way when they
 * were looked for is seen. */
void revoked_done(struct revoked *, const struct revoked_ask *, int64_t now_us, int64_t seen);

#endif
