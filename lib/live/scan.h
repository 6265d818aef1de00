/*
 * The safety net: once a second all who wait are checked against the database with one query, so that a lost stream
 * delays an event and loses none; and whose login was ended is let go. Also what follows from the program's connection to
 * the database coming and going.
 */
#ifndef LIVE_SCAN_H
#define LIVE_SCAN_H

#include "live/parts.h"

struct scan *scan_new(int64_t now_us);
void scan_free(struct scan *);
void scan_tick(struct live *); /* when it is time */
int64_t scan_due_us(const struct live *); /* monotonic */
/* The stream begins to tell: check everyone behind its beginning, even if a scan is under way. */
void scan_from_here(struct live *);
/* Of struct pipeline_config. */
void scan_connected(void *live);
void scan_down(void *live);

#endif
