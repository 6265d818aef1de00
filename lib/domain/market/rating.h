/*
 * Ratings: what a user said of an ended session with an advisor, 1 to 5 stars and a review, once for
 * each session. The advisor's count and sum are kept by a trigger in the same transaction.
 */
#ifndef MARKET_RATING_H
#define MARKET_RATING_H

#include "db/db.h"
#include "shape/field.h"

extern const struct stmt_set rating_stmts;

enum { RATING_REVIEW_MAX = 2000 }; /* characters */

extern const struct field rating_body[];
extern const struct field rating_own_fields[]; /* as who gave it sees it */
extern const struct field rating_fields[]; /* as all others do */

/*
 * Rate session_id as its user. Row: id, session_id, advisor_id, stars, review, created_at. id is the new
 * rating's; stars 1 to 5; review at most 2,000 characters, "" for none. Needs the caller's transaction.
 *	ERR_NOT_FOUND		no such session, or user_id did not ask for it
 *	ERR_BAD_STATE		the session has not ended, or was with the assistant
 *	ERR_ALREADY_RATED	it has a rating
 */
MUST_CHECK enum err rating_create(struct db *, const char *id, const char *session_id,
    const char *user_id, int64_t stars, const char *review, struct rows **rows);

/*
 * An advisor's ratings, newest first. Rows: id, stars, review, reviewer (first word of the name),
 * created_at; _k1, _k2 are the keys of the next page. viewer_id NULL: nobody is signed in. limit rows
 * at most; key1 and key2 NULL on the first page.
 *	ERR_NOT_FOUND	the advisor is not listed, or hidden from the viewer by a block
 */
MUST_CHECK enum err rating_list(struct db *, const char *advisor_id, const char *viewer_id,
    int64_t limit, const char *key1, const char *key2, struct rows **rows);

#endif
