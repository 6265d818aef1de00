/* How a client comes in, when it is known whose it is, and how it is forgotten. */
#ifndef LIVE_ENTER_H
#define LIVE_ENTER_H

#include "live/transport.h"

/* It waits for the user's events from now on, if it finds a seat; else it is ended with ERR_RATE. */
void enter(struct client *, const char *user_id);
/* At the end of a pass: give back what is left of those who left in it. */
void enter_bury(struct live *);

#endif
