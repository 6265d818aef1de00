/*
 * Reports: a user flags a person, an advisor's profile, a message or a session for the moderators. What
 * was reported is copied into the report as it stood, so that a later edit does not hide it.
 */
#ifndef PEOPLE_REPORT_H
#define PEOPLE_REPORT_H

#include "db/db.h"
#include "shape/event_type.h"

extern const struct stmt_set report_stmts;

/* Where a report stands, how it may be closed, what can be reported, and why. */
extern const char *const report_states[], *const report_decisions[], *const report_target_types[],
									 *const report_reasons[];
extern const struct event_type report_events[];
extern const struct field report_body[];
extern const struct field report_own_fields[]; /* as who raised it sees it */

/* Of what a message said before it was edited, a report keeps the first version and these newest ones: of
 * the message itself, and of each around it. The count of the rest stands beside them. */
enum { REPORT_VERSIONS = 9, REPORT_VERSIONS_AROUND = 2 };

struct report {
	const char *id; /* of the new report, a fresh UUID */
	const char *reporter_id; /* who reports */
	const char *target_type; /* USER, ADVISOR, MESSAGE or SESSION */
	const char *target_id;
	const char *reason; /* SPAM, ABUSE, FRAUD, INDECENT, MINOR or OTHER */
	const char *detail; /* at most 2,000 characters; NULL for none */
};

/*
 * File a report. While an earlier one by the same reporter about the same target is open, that one is
 * given and *created is false. Row: id, target_type, target_id, reason, state, created_at. Needs the
 * caller's transaction.
 *	ERR_NOT_FOUND	no such target; a message or session is one only for those who took part, and
 *			only when another person is behind it
 *	ERR_VALIDATION	nobody reports themselves
 */
MUST_CHECK enum err report_create(
    struct db *, const struct report *, bool *created, struct rows **rows);
/*
 * The same row of a report.
 *	ERR_NOT_FOUND	no such report, or somebody else filed it
 */
MUST_CHECK enum err report_get(
    struct db *, const char *id, const char *reporter_id, struct rows **rows);
struct db_bound report_get_bind(const char *id, const char *reporter_id);

#endif
