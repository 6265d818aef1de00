/*
 * Editing one's profile, what others see of it, and the list of own sessions. The own profile itself is
 * read with user_get (user.h).
 */
#ifndef PEOPLE_PROFILE_H
#define PEOPLE_PROFILE_H

#include "base/fault.h"
#include "db/db.h"
#include "shape/field.h"

extern const struct stmt_set profile_stmts;
extern const struct field profile_body[]; /* changes */
extern const struct field profile_public_fields[];

/*
 * The rules that no field table can say, for those of display_name, locale, timezone and birth_date that
 * changes_json has.
 *	ERR_VALIDATION	*fault (FAULT_NONE before) names "locale" (no language tag), "timezone" (no IANA
 *			zone), "birth_date" (not between 1900 and today) or "display_name" (blank)
 */
MUST_CHECK enum err profile_check(struct db *, const char *changes_json, struct fault *fault);

/*
 * Change the members that changes_json (an object of checked fields) has: display_name, bio, gender,
 * birth_date, locale, timezone; null clears gender and birth_date. version is the one the caller read;
 * 0 changes whatever is there. Needs the caller's transaction.
 *	ERR_VALIDATION	as profile_check
 *	ERR_STALE	the profile has another version by now
 */
MUST_CHECK enum err profile_update(
    struct db *, const char *id, int64_t version, const char *changes_json, struct fault *fault);

/*
 * What others see: id, display_name, role, bio, is_advisor, created_at, presence.
 *	ERR_NOT_FOUND	no ACTIVE account, or one of the two has blocked the other
 */
MUST_CHECK enum err profile_public(
    struct db *, const char *id, const char *viewer_id, struct rows **rows);
struct db_bound profile_public_bind(const char *id, const char *viewer_id);

/*
 * Sessions user_id asked for or answered, newest first: id, type, state, side (USER or ADVISOR: as what
 * user_id took part), other_id, other_name (null for both with the assistant), topic, conversation_id,
 * rate, rated, requested_at, started_at, ended_at; _k1, _k2. type and state NULL: any.
 */
MUST_CHECK enum err profile_sessions(struct db *, const char *user_id, const char *type,
    const char *state, int64_t limit, const char *key1, const char *key2, struct rows **rows);

#endif
