/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the first answer to a key is stored in
 * the transaction of its work, so that both are there or neither is; the same request again gets the
 * same bytes. A second request while the first runs waits for it (lock_timeout), then hears
 * ERR_IN_PROGRESS. What failed is not stored: its key is free again. Rows are kept for 72 hours.
 */
#ifndef WEB_IDEM_H
#define WEB_IDEM_H

#include "web/req.h"

extern const struct stmt_set idem_stmts;

/*
 * In the transaction, before the handler. *replayed: the stored reply is now the request's reply.
 *	ERR_KEY_REQUIRED	the route will not go without a key
 *	ERR_BAD_REQUEST		the key is empty, too long or not printable ASCII
 *	ERR_KEY_REUSED		the key was used with another method, path or body
 *	ERR_IN_PROGRESS		the first request still runs
 */
MUST_CHECK enum err idem_begin(struct req *, bool *replayed);
/* In the transaction, after the handler filled the reply. */
MUST_CHECK enum err idem_end(struct req *);

#endif
