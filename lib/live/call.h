/*
 * What clients ask over a WebSocket: {"id", "op", "data"} and what the program's envelope has beside them, a JSON text of
 * each, with data as the body of the route whose twin the op is. Answered in the order in which the answers come:
 * {"type": "answer", "id", "status", "data"} or, with the error object of every other reply,
 * {"type": "answer", "id", "status", "error"}, where 429 also has retry_after, in seconds.
 */
#ifndef LIVE_CALL_H
#define LIVE_CALL_H

#include "live/transport.h"

/* Of struct live: what a WebSocket said. */
void call_heard(struct client *, const char *text, size_t len);

#endif
