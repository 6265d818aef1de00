/*
 * Pieces of SQL that the statements of this folder share, so that an advisor looks the same wherever
 * one is shown. a is advisor, u its user_account.
 */
#ifndef MARKET_ADVISOR_SQL_H
#define MARKET_ADVISOR_SQL_H

/* BUSY is derived: there is a session that is not over. */
#define ADVISOR_STATUS                                                                             \
	"CASE WHEN EXISTS (SELECT FROM session s WHERE s.advisor_id = a.id"                        \
	" AND s.state IN ('REQUESTED', 'ACCEPTED', 'ONGOING')) THEN 'BUSY'"                        \
	" WHEN a.online THEN 'ONLINE' ELSE 'OFFLINE' END"

#define ADVISOR_AVERAGE "round(a.rating_sum::numeric / nullif(a.rating_count, 0), 2)"

/* What lists and details have in common. */
#define ADVISOR_CARD                                                                               \
	"a.id, u.display_name, a.headline, to_json(a.languages) AS languages,"                     \
	" to_json(a.specializations) AS specializations, a.experience_years,"                      \
	" amount_json(a.rate_minor, a.currency) AS rate, " ADVISOR_STATUS                          \
	" AS status, " ADVISOR_AVERAGE " AS rating_average,"                                       \
	" a.rating_count, a.session_count"

/* May be shown to anybody. */
#define ADVISOR_LISTED "a.state = 'APPROVED' AND u.state = 'ACTIVE'"

/* Whom the viewer blocked or is blocked by, read once for a statement; none when viewer is null. */
#define HIDDEN_FROM(viewer)                                                                        \
	"ARRAY(SELECT blocked_id FROM block WHERE user_id = " viewer "::uuid UNION ALL"            \
	" SELECT user_id FROM block WHERE blocked_id = " viewer "::uuid)"

#endif
