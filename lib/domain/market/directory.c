#include "domain/market/directory.h"
#include "domain/market/advisor.h"

#include "base/str.h"
#include "domain/market/advisor_sql.h"

#include <string.h>

/* A place as it may be known: hundredths of a degree. */
#define COARSE(degrees) "round((" degrees ")::numeric, 2)::float8"

/* Great circle by the haversine formula on a sphere of 6,371 km; whole kilometres, null without both
 * places. */
#define DISTANCE                                                                                      \
	"CASE WHEN $9::float8 IS NULL OR a.latitude IS NULL THEN NULL ELSE round(12742 * asin(least(" \
	"1, sqrt(sind((" COARSE("a.latitude") " - " COARSE(                                           \
	    "$9::float8") ") / 2) ^ 2"                                                                \
			  " + cosd(" COARSE("$9::float8") ") * cosd(" COARSE(                         \
			      "a.latitude") ")"                                                       \
					    " * sind((" COARSE("a.longitude") " - " COARSE(           \
						"$10::float8") ") / 2) ^ 2))))::int END"

/* The box that a radius can reach, wide enough for the rounding; half the globe without a radius. The
 * band of latitudes lets the index on the place do the first cut; no cut of longitudes where the box
 * would meet a pole or the date line. */
#define REACH "(coalesce($11::bigint, 20100) / (110.0 * greatest(cosd($9::float8), 0.001)) + 0.02)"
#define BOX                                                                                        \
	"a.latitude BETWEEN $9::float8 - coalesce($11::bigint, 20100) / 110.0 - 0.02"              \
	" AND $9::float8 + coalesce($11::bigint, 20100) / 110.0 + 0.02"                            \
	" AND ($10::float8 - r.width < -180 OR $10::float8 + r.width > 180"                        \
	" OR a.longitude BETWEEN $10::float8 - r.width AND $10::float8 + r.width)"
#define NEAR " AND ($9::float8 IS NULL OR $11::bigint IS NULL OR (" BOX " AND d.km <= $11::bigint))"
#define NEAREST " AND " BOX " AND ($11::bigint IS NULL OR d.km <= $11::bigint)"

#define MATCH " AND a.search @@ $8::tsquery"
#define NO_WORDS " AND $8::tsquery IS NULL"

/* $1 viewer, $2 to $11 filters, $12 limit, $13 and $14 keys. So many alternatives have no one good plan;
 * the planner sees the values and plans each call. */
#define DIRECTORY(name, more, key, order)                                                          \
	{                                                                                          \
		"directory_" name, 14,                                                             \
		    "SELECT " ADVISOR_CARD ", d.km AS distance_km, " key " AS _k1, a.id AS _k2"    \
		    " FROM advisor a JOIN user_account u ON u.id = a.id"                           \
		    " CROSS JOIN LATERAL (SELECT " DISTANCE " AS km) d"                            \
		    " CROSS JOIN (SELECT " REACH " AS width) r"                                    \
		    " WHERE " ADVISOR_LISTED " AND a.id <> ALL (" HIDDEN_FROM(                     \
			"$1") ")"                                                                  \
			      " AND ($2::numeric IS NULL OR (a.rating_count > 0"                   \
			      " AND a.rating_sum >= $2::numeric * a.rating_count))"                \
			      " AND ($3::text IS NULL OR a.languages @> ARRAY[$3::text])"          \
			      " AND ($4::text IS NULL"                                             \
			      " OR a.specializations @> ARRAY[specialization_now($4::text)])"      \
			      " AND ($5::bigint IS NULL OR a.rate_minor <= $5::bigint)"            \
			      " AND ($6::text IS NULL OR a.currency = $6::text)"                   \
			      " AND ($7::text IS NULL OR " ADVISOR_STATUS                          \
			      " = $7::text)" more order " LIMIT $12::bigint",                      \
		    .repeatable = true                                                             \
	}

#define FIRST_ID "coalesce($14::uuid, '00000000-0000-0000-0000-000000000000')"
/* Falling keys, rising ids: the first comparison is what an index can start from. */
#define AFTER_FALLING(key, type, top)                                                              \
	" AND " key " <= coalesce($13::" type ", " top ") AND (" key " < coalesce($13::" type      \
	", " top ") OR a.id > " FIRST_ID ") ORDER BY " key " DESC, a.id"
#define AFTER_RISING(key, type)                                                                    \
	" AND (" key ", a.id) > (coalesce($13::" type ", -1), " FIRST_ID ") ORDER BY " key ", a.id"

#define TOP_RATED "a.rating_score", AFTER_FALLING("a.rating_score", "numeric", "1000")
#define PRICE "a.rate_minor", AFTER_RISING("a.rate_minor", "bigint")
#define EXPERIENCE "a.experience_years", AFTER_FALLING("a.experience_years", "int", "1000")
#define CLOSEST "d.km", AFTER_RISING("d.km", "int")
/* The commas inside the pairs above must be seen by DIRECTORY. */
#define LISTING(name, more, ...) DIRECTORY(name, more, __VA_ARGS__)
#define LISTING_FRONT(name, ...) FRONT(name, __VA_ARGS__)

/* The page most asked for, without any filter: one plan for all. */
#define FRONT(name, key, order)                                                                            \
	{                                                                                                  \
		"directory_front_" name, 14,                                                               \
		    "SELECT " ADVISOR_CARD ", NULL::int AS distance_km, " key                              \
		    " AS _k1, a.id AS _k2"                                                                 \
		    " FROM advisor a JOIN user_account u ON u.id = a.id"                                   \
		    " WHERE " ADVISOR_LISTED " AND a.id <> ALL (" HIDDEN_FROM(                             \
			"$1") ")"                                                                          \
			      " AND num_nulls($2::text, $3::text, $4::text, $5::text, $6::text, $7::text," \
			      " $8::text, $9::text, $10::text, $11::text) = 10" order                      \
			      " LIMIT $12::bigint",                                                        \
		    .repeatable = true                                                                     \
	}

enum { FILTERED, SEARCHED, UNFILTERED, VARIANTS };
enum { GET = VARIANTS * (SORT_DISTANCE + 1), GET_FOR, GET_MANY, GET_FOR_MANY, WORDS };

static const struct stmt stmts[] = {
	[VARIANTS * SORT_TOP_RATED] = LISTING("top_rated", NEAR NO_WORDS, TOP_RATED),
	LISTING("top_rated_words", NEAR MATCH, TOP_RATED),
	LISTING_FRONT("top_rated", TOP_RATED),
	[VARIANTS * SORT_PRICE] = LISTING("price", NEAR NO_WORDS, PRICE),
	LISTING("price_words", NEAR MATCH, PRICE),
	LISTING_FRONT("price", PRICE),
	[VARIANTS * SORT_EXPERIENCE] = LISTING("experience", NEAR NO_WORDS, EXPERIENCE),
	LISTING("experience_words", NEAR MATCH, EXPERIENCE),
	LISTING_FRONT("experience", EXPERIENCE),
	[VARIANTS * SORT_DISTANCE] = LISTING("distance", NEAREST NO_WORDS, CLOSEST),
	LISTING("distance_words", NEAREST MATCH, CLOSEST),
	LISTING_FRONT("distance", TOP_RATED), /* never used: a place is a filter */
	/* Words as people type them; the last one may be the beginning of a longer one. Made into a
	 * tsquery beforehand, so that the planner knows how rare the words are. */
	[WORDS] = { "directory_words", 1,
	    "SELECT CASE WHEN w.text LIKE '%''' THEN w.text || ':*' ELSE w.text END FROM (SELECT"
	    " websearch_to_tsquery('simple', unaccent($1))::text AS text) w",
	    .repeatable = true },
	/* Two statements: with "viewer is null or …" in one, the planner would plan every call anew. */
	[GET] = { "directory_get", 1,
	    "SELECT " ADVISOR_CARD ", a.bio, a.created_at"
	    " FROM advisor a JOIN user_account u ON u.id = a.id WHERE a.id = $1 AND " ADVISOR_LISTED,
	    .repeatable = true },
	[GET_FOR] = { "directory_get_for", 2,
	    "SELECT " ADVISOR_CARD ", a.bio, a.created_at"
	    " FROM advisor a JOIN user_account u ON u.id = a.id WHERE a.id = $1 AND " ADVISOR_LISTED
	    " AND NOT block_between(a.id, $2)",
	    .repeatable = true },
	[GET_MANY] = { "directory_get_many", 1,
	    "SELECT " ADVISOR_CARD ", a.bio, a.created_at, q.n AS _n"
	    " FROM unnest($1::uuid[]) WITH ORDINALITY AS q (advisor_id, n)"
	    " JOIN advisor a ON a.id = q.advisor_id JOIN user_account u ON u.id = a.id"
	    " WHERE " ADVISOR_LISTED,
	    .repeatable = true },
	[GET_FOR_MANY] = { "directory_get_for_many", 2,
	    "SELECT " ADVISOR_CARD ", a.bio, a.created_at, q.n AS _n"
	    " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS q (advisor_id, viewer_id, n)"
	    " JOIN advisor a ON a.id = q.advisor_id JOIN user_account u ON u.id = a.id"
	    " WHERE " ADVISOR_LISTED " AND NOT block_between(a.id, q.viewer_id)",
	    .repeatable = true },
};
STMT_SET(directory_stmts, stmts);

const char *const directory_sorts[] = {
	[SORT_TOP_RATED] = "top_rated",
	[SORT_PRICE] = "price",
	[SORT_EXPERIENCE] = "experience",
	[SORT_DISTANCE] = "distance",
	[SORT__COUNT] = NULL,
};

const struct field directory_query_fields[] = {
	PAGE_FIELDS,
	{ "rating_min", FIELD_NUMBER, .min = 1, .max = 5, .doc = "Least average rating",
	    .example = "4.5" },
	{ "language", FIELD_TEXT, .min = 2, .max = 35, .doc = "Speaks this language",
	    .example = "\"en\"" },
	{ "specialization", FIELD_TEXT, .min = 2, .max = 40,
	    .doc = "Offers this subject (slug, also of one that was merged into it)",
	    .example = "\"dating\"" },
	{ "price_max_minor", FIELD_INT, .min = 0, .max = 100000000,
	    .doc = "Highest price of a minute, minor units of currency, which it needs",
	    .example = "5000" },
	{ "currency", FIELD_CURRENCY, .doc = "Asks to be paid in this currency",
	    .example = "\"INR\"" },
	{ "status", FIELD_ENUM, .one_of = advisor_statuses, .doc = "Only those" },
	{ "q", FIELD_TEXT, .min = 1, .max = 200,
	    .doc = "Words in name, headline, subjects and bio; \"phrase\", or, -not; the last word may "
		   "be unfinished",
	    .example = "\"tarot love\"" },
	{ "near", FIELD_TEXT, .min = 3, .max = 40, .doc = "lat,lon in decimal degrees",
	    .example = "\"12.97,77.59\"" },
	{ "radius_km", FIELD_INT, .min = 1, .max = 20000, .doc = "No farther from near than this",
	    .example = "50" },
	{ "sort", FIELD_ENUM, .one_of = directory_sorts,
	    .doc = "top_rated (the default) weighs the average by the number of ratings; price, "
		   "cheapest first; experience, longest first; distance needs near" },
	{ 0 },
};

bool
directory_sort_parse(const char *text, enum directory_sort *sort)
{
	size_t i;

	for (i = 0; directory_sorts[i] != NULL; i++) {
		if (strcmp(directory_sorts[i], text) == 0) {
			*sort = (enum directory_sort)i;
			return true;
		}
	}
	return false;
}

/* Decimal degrees: a sign, up to three digits, and a fraction of up to ten if any. */
static bool
degrees_valid(const char *text, int64_t bound)
{
	static const char digits[] = "0123456789";
	const char *number = text + (text[0] == '-');
	size_t whole = strspn(number, digits), fraction = 0, zeros = 0;
	int64_t value = 0;
	size_t i;

	if (whole < 1 || whole > 3)
		return false;
	for (i = 0; i < whole; i++)
		value = value * 10 + (number[i] - '0');
	if (number[whole] == '.') {
		fraction = strspn(number + whole + 1, digits);
		zeros = strspn(number + whole + 1, "0");
		if (fraction < 1 || fraction > 10)
			return false;
		whole += 1 + fraction;
	}
	return number[whole] == '\0' && (value < bound || (value == bound && zeros == fraction));
}

enum err
directory_near(struct arena *arena, const char *text, const char **latitude, const char **longitude)
{
	const char *comma = strchr(text, ',');
	const char *north, *east;

	if (comma == NULL)
		return ERR_BAD_REQUEST;
	north = arena_strndup(arena, text, (size_t)(comma - text));
	east = arena_strdup(arena, comma + 1);
	if (!degrees_valid(north, 90) || !degrees_valid(east, 180))
		return ERR_BAD_REQUEST;
	*latitude = north;
	*longitude = east;
	return ERR_OK;
}

static struct db_param
at_least_0(int64_t value)
{
	return value >= 0 ? db_i64(value) : db_text(NULL);
}

static const struct stmt *
variant_for(const struct directory_query *query)
{
	const struct stmt *variants = &stmts[VARIANTS * (size_t)query->sort];

	if (query->words != NULL)
		return &variants[SEARCHED];
	if (query->rating_min == NULL && query->language == NULL && query->specialization == NULL &&
	    query->price_max_minor < 0 && query->currency == NULL && query->status == NULL &&
	    query->latitude == NULL && query->radius_km < 0)
		return &variants[UNFILTERED];
	return &variants[FILTERED];
}

enum err
directory_list(struct db *db, const struct directory_query *query, struct rows **rows)
{
	const char *words = NULL;
	struct rows *made;

	assert(query->sort != SORT_DISTANCE || query->latitude != NULL);
	if (query->words != NULL) {
		TRY(db_one(db, &made, &stmts[WORDS], db_text(query->words)));
		words = rows_text(made, 0, 0);
	}
	return db_rows(db, rows, variant_for(query), db_text(query->viewer_id),
	    db_text(query->rating_min), db_text(query->language), db_text(query->specialization),
	    at_least_0(query->price_max_minor), db_text(query->currency), db_text(query->status),
	    db_text(words), db_text(query->latitude), db_text(query->longitude),
	    at_least_0(query->radius_km), db_i64(query->limit), db_text(query->key1),
	    db_text(query->key2));
}

struct db_bound
directory_get_bind(const char *id, const char *viewer_id)
{
	if (viewer_id == NULL)
		return db_bind_many(&stmts[GET], &stmts[GET_MANY], db_text(id));
	return db_bind_many(&stmts[GET_FOR], &stmts[GET_FOR_MANY], db_text(id), db_text(viewer_id));
}

enum err
directory_get(struct db *db, const char *id, const char *viewer_id, struct rows **rows)
{
	return db_run_one(db, db_ref(directory_get_bind(id, viewer_id)), rows);
}
