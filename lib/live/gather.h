/*
 * What clients ask and can be done for several at once. While nothing gathered is under way a call goes at once; those
 * that come meanwhile form the next statement. So an idle program sends each call alone, and a loaded one up to
 * LIVE_BATCH_MAX together.
 *
 * Of one line nothing gathered goes before the statement ahead of it is answered: a batch that fails as a whole is sent
 * again one by one, and what was asked behind it must not overtake that. (If it was lost with the connection all are
 * told so.) Nor does another line go meanwhile unless it has a full statement: two that are half full cost the database
 * much more than one. But after GATHER_US it does, for the one under way may wait for a lock.
 */
#ifndef LIVE_GATHER_H
#define LIVE_GATHER_H

#include "live/line.h"
#include "live/parts.h"

/*
 * A call on its line that is checked and keeps what it needs: it will be answered, perhaps here. One of an op with
 * bind, or one that is asked of what an earlier call there was gathered for: that is run when it has its turn.
 */
void gather(struct live_call *);
bool gather_full(const struct line *); /* no more: the database is far behind */
bool gather_has(const struct line *, const char *of); /* something waits that is asked of that */
void gather_tick(struct lines *); /* what has waited long enough goes */
int64_t gather_due_us(struct lines *); /* clock_steady_us() when that is */
void gather_all(struct lines *); /* now: the program leaves */

#endif
