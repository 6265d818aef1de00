/*
 * Replies to held requests. The request's parameters are still with its connection, so the reply is made by the same
 * functions as every other one: headers, error shape, cross-origin rules, log line.
 */
#ifndef LIVE_ANSWER_H
#define LIVE_ANSWER_H

#include "live/transport.h"
#include "web/req.h"

/* The request of a client as it was before it was held. */
struct req *answer_revive(const struct client *);
/* Send the reply made of req, or that of err, and end the client. event_count: in it. */
void answer_send(struct client *, struct req *, enum err, size_t event_count);
void answer_error(struct client *, enum err);

#endif
