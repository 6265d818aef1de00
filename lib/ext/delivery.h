/*
 * What became of something handed to a service that delivers it: sms.h, mail.h.
 */
#ifndef EXT_DELIVERY_H
#define EXT_DELIVERY_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"

/*
 * With ERR_OK it was accepted (ref), or refused for good (error). With ERR_UNAVAILABLE it may be tried again, and may
 * have been accepted all the same: then error says what was wrong. An error is what an administrator reads, and holds
 * neither address nor text of what was sent.
 */
struct delivery {
	const char *ref; /* what the service calls it; NULL: refused, or it has no name for it */
	bool refused;
	const char *error; /* NULL: none */
	int64_t wait_s; /* not to be tried again before; 0: as you like */
	int segments; /* of an SMS: how many it is charged as; 0: unknown */
};

struct http_answer;

/* By the status of an answer that is no success: 429 and 5xx are for another time, as are 401 and 403, which the
 * site's own administrator can mend; others are for good. code is the service's own; NULL: none. */
MUST_CHECK enum err delivery_refused(struct arena *, const char *service,
    const struct http_answer *, const char *code, struct delivery *);
/* There was no answer. Returns ERR_UNAVAILABLE. */
MUST_CHECK enum err delivery_silent(
    struct arena *, const char *service, const char *why, struct delivery *);
/*
 * The built-in "outbox", which needs no account: nothing leaves. In development what would have left is a line of
 * JSON in RUN_DIR/outbox, which `make run` shows; in production, where a code in a file would be a way in, it is not.
 */
void delivery_show(struct arena *, const struct conf *, const char *channel, const char *to,
    const char *subject, const char *text);

#endif
