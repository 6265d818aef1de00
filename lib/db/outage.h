/*
 * The log of an outage: one line when the database goes away, one each OUTAGE_TELL_S while it is tried in
 * vain, one with the count when it answers again; for a program, not for each of its workers and requests.
 * What it knows is shared by the processes that come after outage_open; without it, by one process.
 *
 * An outage is over when a call succeeded OUTAGE_CALM_S after the last failure: a server that takes reads and
 * refuses writes is one outage. Nobody waits for that; outage_tick sees it.
 */
#ifndef DB_OUTAGE_H
#define DB_OUTAGE_H

#include "base/base.h"

enum { OUTAGE_CALM_S = 3, OUTAGE_TELL_S = 30 };

/* In the parent, before its workers are forked. */
void outage_open(void);
/* The database was not reached, or refuses to work. The first is logged as what and error, the others
 * are counted (and logged for debugging). what is a string constant: all processes of a program know it by
 * its address. */
void outage_failed(const char *what, const char *error);
/* It answered. */
void outage_answered(void);
/* One lasts now. */
bool outage_lasts(void);
/* Since when nobody of the program has reached it, monotonic microseconds; 0: somebody did after the last
 * failure. */
int64_t outage_since_us(void);
/* One lasts, for less than DB_WAIT_MS: a server that crashed or is started again is back within that, so it
 * is worth to wait, and to look often. */
bool outage_young(void);
/* The pause before the next try to connect, of a loop that waited so long before this one (0: not): twice as
 * long, at most 0.2 s in a young outage and 2 s in another. */
int64_t outage_pause_us(int64_t before_us);
/* Log what is due; call it a few times a second in one process of the program. */
void outage_tick(void);

/* The same at a given monotonic time, microseconds; for tests. */
void outage_failed_at(int64_t now_us, const char *what, const char *error);
void outage_answered_at(int64_t now_us);
void outage_tick_at(int64_t now_us);

#endif
