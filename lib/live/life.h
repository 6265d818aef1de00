/*
 * Is this still the database whose events were told? A restore takes away what came after the backup, and new events get
 * the numbers of those that are gone: cursors from before must not be gone on with.
 *
 * Each new connection is looked at before anything of it is told. The same log, no shorter than what was told: all is
 * well. Another timeline: the history, which the stream's connection tells, says where the former one was left. When that
 * is behind all that was told, and nobody asked for an earlier time, it was the promotion of a standby that had
 * everything, and cursors are kept. In every other case there is a new epoch. A program that has just begun knows nothing
 * of what others told: it keeps the epoch only when the database names this very log for it.
 */
#ifndef LIVE_LIFE_H
#define LIVE_LIFE_H

#include "db/wal_life.h"
#include "live/parts.h"

struct life *life_new(void);
void life_free(struct life *);
/* Look at the database once more; nothing waits for it. */
void life_look(struct live *);
/* A new connection to it: nothing is told before the next look. */
void life_connected(struct live *);
/* Of struct wal_handler: whose log the stream's connection is. */
void life_streamed(void *live, const struct wal_life *, const char *history);
/* The stream tells everything from here on. */
void life_stream_started(struct live *);
/* Something was told that a read found, while the stream tells nothing perhaps. */
void life_told(struct live *);
/* It is not clear yet, and soon will be. */
bool life_unclear(const struct live *);
/* 503 for those whose first read could not be sent, and for who comes. */
void life_refuse(struct live *);

#endif
