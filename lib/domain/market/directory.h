/*
 * The public directory of advisors: filters, four orders, keyset pages, and the detail of one. Only
 * APPROVED advisors with an ACTIVE account are shown, and to a signed-in viewer nobody whom either
 * side has blocked.
 *
 * Distances are privacy: both places are rounded to hundredths of a degree (about a kilometre) and the
 * distance to whole kilometres, in the reply, the order and the cursor alike, so that many questions
 * do not tell more than one.
 */
#ifndef MARKET_DIRECTORY_H
#define MARKET_DIRECTORY_H

#include "db/db.h"
#include "shape/field.h"

extern const struct stmt_set directory_stmts;

enum directory_sort { SORT_TOP_RATED, SORT_PRICE, SORT_EXPERIENCE, SORT_DISTANCE, SORT__COUNT };

extern const char *const directory_sorts[]; /* names of enum directory_sort; NULL ends them */
extern const struct field directory_query_fields[]; /* of a request for the list */

/* What to list. NULL and negative mean: do not filter. */
struct directory_query {
	const char *viewer_id; /* NULL: nobody is signed in */
	const char *rating_min; /* least average, as "4.5" */
	const char *language; /* a tag, as "en" */
	const char *specialization; /* a slug */
	int64_t price_max_minor; /* minor units a minute, in currency; negative: any */
	const char *currency;
	const char *status; /* ONLINE, OFFLINE or BUSY */
	const char *words; /* full text; the last word may be unfinished */
	const char *latitude,
	    *longitude; /* degrees as text, see directory_near; needed by SORT_DISTANCE */
	int64_t radius_km; /* needs a place; negative: any */
	enum directory_sort sort;
	int64_t limit; /* rows at most */
	const char *key1, *key2; /* of the last row seen; NULL on the first page */
};

/* "top_rated", "price" … to the order; false for another word. */
bool directory_sort_parse(const char *text, enum directory_sort *sort);

/*
 * "lat,lon" in decimal degrees to its two texts. ERR_BAD_REQUEST when it is no such pair within
 * -90..90 and -180..180.
 */
MUST_CHECK enum err directory_near(
    struct arena *, const char *text, const char **latitude, const char **longitude);

/* Rows: id, display_name, headline, languages, specializations, experience_years, rate, status,
 * rating_average, rating_count, session_count, distance_km; _k1, _k2. */
MUST_CHECK enum err directory_list(struct db *, const struct directory_query *, struct rows **rows);

/* One advisor: as in the list, bio and created_at besides, no distance. ERR_NOT_FOUND when hidden. */
MUST_CHECK enum err directory_get(
    struct db *, const char *id, const char *viewer_id, struct rows **rows);
struct db_bound directory_get_bind(const char *id, const char *viewer_id);

#endif
