#include "domain/market/rating.h"

#include "domain/market/advisor_sql.h"

#include <string.h>

enum { SESSION_FIND, INSERT, LIST, LISTED };

static const struct stmt stmts[] = {
	/* The lock keeps the session as it is until the rating is in. */
	[SESSION_FIND] = { "rating_session_find", 2,
	    "SELECT state, advisor_id FROM session WHERE id = $1 AND user_id = $2 FOR SHARE" },
	[INSERT] = { "rating_insert", 6,
	    "INSERT INTO rating (id, session_id, user_id, advisor_id, stars, review)"
	    " VALUES ($1, $2, $3, $4, $5, $6)"
	    " RETURNING id, session_id, advisor_id, stars, review, created_at" },
	[LIST] = { "rating_list", 5,
	    "SELECT r.id, r.stars, r.review, split_part(w.display_name, ' ', 1) AS reviewer,"
	    " r.created_at, r.created_at AS _k1, r.id AS _k2"
	    " FROM rating r JOIN user_account w ON w.id = r.user_id"
	    " WHERE r.advisor_id = $1 AND (r.created_at, r.id) < (coalesce($4::timestamptz, 'infinity'),"
	    " coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))"
	    " AND EXISTS (SELECT FROM advisor a JOIN user_account u ON u.id = a.id"
	    " WHERE a.id = $1 AND " ADVISOR_LISTED " AND a.id <> ALL (" HIDDEN_FROM(
		"$2") "))"
		      " ORDER BY r.created_at DESC, r.id DESC LIMIT $3::bigint",
	    .repeatable = true },
	[LISTED] = { "rating_advisor_listed", 2,
	    "SELECT FROM advisor a JOIN user_account u ON u.id = a.id WHERE a.id = $1"
	    " AND " ADVISOR_LISTED " AND a.id <> ALL (" HIDDEN_FROM("$2") ")",
	    .repeatable = true },
};
STMT_SET(rating_stmts, stmts);

const struct field rating_body[] = {
	{ "stars", FIELD_INT, .required = true, .min = 1, .max = 5, .doc = "1 to 5", .example = "5" },
	{ "review", FIELD_TEXT, .max = RATING_REVIEW_MAX,
	    .doc = "In words, shown with the first name",
	    .example = "\"Listened well and gave me a plan\"" },
	{ 0 },
};

const struct field rating_own_fields[] = {
	{ "id", FIELD_UUID, .doc = "The rating" },
	{ "session_id", FIELD_UUID, .doc = "What was rated" },
	{ "advisor_id", FIELD_UUID, .doc = "Who was rated" },
	{ "stars", FIELD_INT, .min = 1, .max = 5, .doc = "1 to 5", .example = "5" },
	{ "review", FIELD_TEXT, .doc = "In words", .example = "\"Listened well\"" },
	{ "created_at", FIELD_TIME, .doc = "When" },
	{ 0 },
};

const struct field rating_fields[] = {
	{ "id", FIELD_UUID, .doc = "The rating" },
	{ "stars", FIELD_INT, .doc = "1 to 5", .example = "5" },
	{ "review", FIELD_TEXT, .doc = "In words, if any", .example = "\"Kind and clear\"" },
	{ "reviewer", FIELD_TEXT, .doc = "First name of the user", .example = "\"Maya\"" },
	{ "created_at", FIELD_TIME, .doc = "When" },
	{ 0 },
};

enum err
rating_create(struct db *db, const char *id, const char *session_id, const char *user_id,
    int64_t stars, const char *review, struct rows **rows)
{
	struct rows *session;
	const char *advisor_id;
	enum err err;

	TRY(db_one(db, &session, &stmts[SESSION_FIND], db_text(session_id), db_text(user_id)));
	advisor_id = rows_text(session, 0, 1);
	if (strcmp(rows_text(session, 0, 0), "ENDED") != 0 || advisor_id == NULL)
		return ERR_BAD_STATE;
	err = db_one(db, rows, &stmts[INSERT], db_text(id), db_text(session_id), db_text(user_id),
	    db_text(advisor_id), db_i64(stars), db_text(review));
	if (err == ERR_CONFLICT && db_violated(db, "rating_session_key"))
		return ERR_ALREADY_RATED;
	return err;
}

enum err
rating_list(struct db *db, const char *advisor_id, const char *viewer_id, int64_t limit,
    const char *key1, const char *key2, struct rows **rows)
{
	struct rows *page;

	TRY(db_rows(db, &page, &stmts[LIST], db_text(advisor_id), db_text(viewer_id), db_i64(limit),
	    db_text(key1), db_text(key2)));
	/* No rows: a hidden advisor, or only nothing said yet. */
	if (rows_count(page) == 0)
		TRY(db_exec_one(db, &stmts[LISTED], db_text(advisor_id), db_text(viewer_id)));
	*rows = page;
	return ERR_OK;
}
