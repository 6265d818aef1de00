/*
 * What clients ask and can be done for several at once. While nothing gathered is under way on a line a call goes at
 * once; those that come meanwhile form the next statement, which goes when that one is answered, or when it is
 * full. So an idle program sends each call alone, and a loaded one up to LIVE_BATCH_MAX together. A
 * batch that fails as a whole is sent again one by one; if it was lost with the connection all are told so.
 */
#ifndef LIVE_GATHER_H
#define LIVE_GATHER_H

#include "live/line.h"
#include "live/parts.h"

/* A checked call of an op with bind, on its line: it will be answered, perhaps here. */
void gather(struct live_call *);
/* Before something else is asked of the same thing: what was gathered goes first. */
void gather_before(struct line *, const char *of);
void gather_all(struct lines *); /* now: the program leaves */

#endif
