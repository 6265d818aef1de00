/*
 * The professional side of an account: application, own profile, being online. State goes
 * DRAFT or REJECTED -> PENDING (apply) -> APPROVED or REJECTED, and APPROVED -> SUSPENDED and back (an administrator:
 * review.h).
 *
 * Every row given here is the own profile: id, version, state, state_reason, headline, bio, experience_years,
 * languages, specializations, rate, latitude, longitude, status, rating_average,
 * rating_count, session_count, applied_at, reviewed_at, created_at, updated_at.
 */
#ifndef MARKET_ADVISOR_H
#define MARKET_ADVISOR_H

#include "base/fault.h"
#include "db/db.h"
#include "shape/event_type.h"

extern const struct stmt_set advisor_stmts;
extern const struct event_type advisor_events[];

/* Where the profile stands, and whether sessions can be asked for (BUSY: in one now). */
extern const char *const advisor_states[], *const advisor_statuses[];
extern const struct field advisor_card_fields[]; /* in the directory */
extern const struct field advisor_fields[]; /* one, to read */
extern const struct field advisor_own_fields[]; /* to the advisor */
extern const struct field advisor_apply_body[], advisor_edit_body[], advisor_status_body[];

/*
 * Apply, with the whole profile as a JSON object of the checked fields headline, bio, experience_years,
 * languages, specializations, rate, and if wanted latitude and longitude. A USER without
 * a profile gets one. Needs the caller's transaction.
 *	ERR_VALIDATION	*fault (FAULT_NONE before) names the field: a language that is no tag, a subject not offered,
 *			half a place
 *	ERR_BAD_STATE	the profile is PENDING, APPROVED or SUSPENDED
 */
MUST_CHECK enum err advisor_apply(
    struct db *, const char *id, const char *profile_json, struct fault *fault, struct rows **rows);

/* The own profile. ERR_NOT_FOUND when the account has none. */
MUST_CHECK enum err advisor_own(struct db *, const char *id, struct rows **rows);
struct db_bound advisor_own_bind(const char *id);

/*
 * Change the fields that changes_json has (as in advisor_apply; null only for latitude and longitude).
 * version is the one the caller read; 0 changes whatever is there. Needs the caller's transaction.
 *	ERR_VALIDATION	as in advisor_apply
 *	ERR_STALE	the profile has another version by now
 */
MUST_CHECK enum err advisor_update(struct db *, const char *id, int64_t version,
    const char *changes_json, struct fault *fault, struct rows **rows);

/* Take requests (or no more). ERR_BAD_STATE when the profile is not APPROVED. */
MUST_CHECK enum err advisor_online_set(struct db *, const char *id, bool online, struct rows **rows);

/* The version in a row of this module. */
int64_t advisor_version(const struct rows *);

#endif
