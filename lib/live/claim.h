/* Tickets: issued to a request (live_ticket), claimed by a client; both over the pipeline. */
#ifndef LIVE_CLAIM_H
#define LIVE_CLAIM_H

#include "live/transport.h"

/* Look up the ticket; the client enters for its holder, or is ended with ERR_UNAUTHORIZED. */
void claim_ticket(struct client *, const char *ticket);

#endif
