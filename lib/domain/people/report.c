#include "domain/people/report.h"

#include <string.h>

#define REPLY_COLUMNS "id, target_type, target_id, reason, state, created_at"

enum { FIND_USER, FIND_ADVISOR, FIND_MESSAGE, FIND_SESSION, INSERT, OPEN, GET };

/* Each FIND gives the person behind the target, and the target as it stands: $1 target, $2 reporter. */
static const struct stmt stmts[] = {
	[FIND_USER] = { "report_find_user", 2,
	    "SELECT u.id, jsonb_build_object('display_name', u.display_name, 'role', u.role,"
	    " 'bio', u.bio) FROM user_account u"
	    " WHERE u.id = $1 AND u.state <> 'DELETED' AND $2::uuid IS NOT NULL" },
	[FIND_ADVISOR] = { "report_find_advisor", 2,
	    "SELECT a.id, jsonb_build_object('display_name', u.display_name, 'headline', a.headline,"
	    " 'bio', a.bio, 'languages', a.languages, 'specializations', a.specializations,"
	    " 'rate', amount_json(a.rate_minor, a.currency))"
	    " FROM advisor a JOIN user_account u ON u.id = a.id"
	    " WHERE a.id = $1 AND a.state <> 'DRAFT' AND u.state <> 'DELETED'"
	    " AND $2::uuid IS NOT NULL" },
	/* The message and up to ten before and after it, with what they said before they were edited or
	 * deleted: the first version, and the newest of the message ($3) and of those around it ($4). */
	[FIND_MESSAGE] = { "report_find_message", 4,
	    "SELECT m.sender_id, jsonb_build_object('message', message_json(m),"
	    " 'around',"
	    " (SELECT coalesce(jsonb_agg(message_json(n) || CASE WHEN n.edited_at IS NULL AND"
	    " n.deleted_at IS NULL THEN '{}' ELSE message_past(n, $4::int)"
	    " END ORDER BY n.seq), '[]') FROM message n"
	    " WHERE n.conversation_id = m.conversation_id AND n.seq BETWEEN m.seq - 10 AND m.seq + 10))"
	    " || message_past(m, $3::int) FROM message m WHERE m.id = $1 AND m.sender_id IS NOT NULL AND EXISTS (SELECT FROM member b"
	    " WHERE b.conversation_id = m.conversation_id AND b.user_id = $2)" },
	[FIND_SESSION] = { "report_find_session", 2,
	    "SELECT CASE WHEN s.user_id = $2 THEN s.advisor_id ELSE s.user_id END, to_jsonb(s) - '{rate_minor,currency}'::text[]"
	    " || jsonb_build_object('rate', amount_json(s.rate_minor, s.currency))"
	    " FROM session s WHERE s.id = $1 AND $2 IN (s.user_id, s.advisor_id)"
	    " AND s.advisor_id IS NOT NULL" },
	[INSERT] = { "report_insert", 8,
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, detail,"
	    " snapshot) VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, ''), $8)"
	    " ON CONFLICT (reporter_id, target_type, target_id) WHERE state = 'OPEN' DO NOTHING"
	    " RETURNING " REPLY_COLUMNS },
	[OPEN] = { "report_open", 3,
	    "SELECT " REPLY_COLUMNS " FROM report WHERE reporter_id = $1 AND target_type = $2"
	    " AND target_id = $3 AND state = 'OPEN'" },
	[GET] = { "report_get", 2,
	    "SELECT " REPLY_COLUMNS " FROM report WHERE id = $1 AND reporter_id = $2", true },
};
STMT_SET(report_stmts, stmts);

const char *const report_states[] = { "OPEN", "ACTIONED", "DISMISSED", NULL };
const char *const report_decisions[] = { "ACTIONED", "DISMISSED", NULL };
const char *const report_target_types[] = { "USER", "ADVISOR", "MESSAGE", "SESSION", NULL };
const char *const report_reasons[] = { "SPAM", "ABUSE", "FRAUD", "INDECENT", "MINOR", "OTHER",
	NULL };

const struct field report_body[] = {
	{ "target_type", FIELD_ENUM, .required = true, .one_of = report_target_types,
	    .doc = "What target_id names" },
	{ "target_id", FIELD_UUID, .required = true,
	    .doc = "The person, advisor, message or session" },
	{ "reason", FIELD_ENUM, .required = true, .one_of = report_reasons, .doc = "What is wrong" },
	{ "detail", FIELD_TEXT, .max = 2000, .doc = "In the reporter's words",
	    .example = "\"Asked me to pay outside\"" },
	{ 0 },
};

const struct field report_own_fields[] = {
	{ "id", FIELD_UUID, .doc = "The report" },
	{ "target_type", FIELD_ENUM, .one_of = report_target_types, .doc = "What target_id names" },
	{ "target_id", FIELD_UUID, .doc = "What was reported" },
	{ "reason", FIELD_ENUM, .one_of = report_reasons, .doc = "As reported" },
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "OPEN until a moderator closes it" },
	{ "created_at", FIELD_TIME, .doc = "When it was raised" },
	{ 0 },
};

static const struct field closed_data[] = {
	{ "report_id", FIELD_UUID, .doc = "Your report" },
	{ "state", FIELD_ENUM, .one_of = report_states, .doc = "State now" },
	{ "target_type", FIELD_ENUM, .one_of = report_target_types, .doc = "What target_id names" },
	{ "target_id", FIELD_UUID, .doc = "What you reported" },
	{ 0 },
};
static const struct field upheld_data[] = {
	{ "target_type", FIELD_ENUM, .one_of = report_target_types, .doc = "What target_id names" },
	{ "target_id", FIELD_UUID, .doc = "You, your profile, a message or a session of yours" },
	{ "reason", FIELD_ENUM, .one_of = report_reasons, .doc = "Kind of complaint" },
	{ 0 },
};
const struct event_type report_events[] = {
	{ "report.closed", "Somebody looked at what you reported, and decided", .data = closed_data },
	{ "report.reopened", "What you reported is looked at again", .data = closed_data },
	{ "report.upheld", "A complaint about you was found right", .data = upheld_data },
	{ "report.reconsidered", "A complaint about you that was found right is looked at again",
	    .data = upheld_data },
	{ 0 },
};

static enum err
find_target(struct db *db, const struct report *report, struct rows **rows)
{
	const struct db_param target = db_text(report->target_id);
	const struct db_param reporter = db_text(report->reporter_id);

	if (strcmp(report->target_type, "USER") == 0)
		return db_one(db, rows, &stmts[FIND_USER], target, reporter);
	if (strcmp(report->target_type, "ADVISOR") == 0)
		return db_one(db, rows, &stmts[FIND_ADVISOR], target, reporter);
	if (strcmp(report->target_type, "MESSAGE") == 0)
		return db_one(db, rows, &stmts[FIND_MESSAGE], target, reporter,
		    db_i64(REPORT_VERSIONS), db_i64(REPORT_VERSIONS_AROUND));
	assert(strcmp(report->target_type, "SESSION") == 0);
	return db_one(db, rows, &stmts[FIND_SESSION], target, reporter);
}

enum err
report_create(struct db *db, const struct report *report, bool *created, struct rows **rows)
{
	struct rows *target, *made;
	const char *person;

	TRY(find_target(db, report, &target));
	person = rows_text(target, 0, 0);
	if (strcmp(person, report->reporter_id) == 0)
		return ERR_VALIDATION;
	TRY(db_rows(db, &made, &stmts[INSERT], db_text(report->id), db_text(report->reporter_id),
	    db_text(report->target_type), db_text(report->target_id), db_text(person),
	    db_text(report->reason), db_text(report->detail), db_text(rows_text(target, 0, 1))));
	*created = rows_count(made) > 0;
	if (*created) {
		*rows = made;
		return ERR_OK;
	}
	return db_one(db, rows, &stmts[OPEN], db_text(report->reporter_id),
	    db_text(report->target_type), db_text(report->target_id));
}

struct db_bound
report_get_bind(const char *id, const char *reporter_id)
{
	return db_bind(&stmts[GET], db_text(id), db_text(reporter_id));
}

enum err
report_get(struct db *db, const char *id, const char *reporter_id, struct rows **rows)
{
	return db_run_one(db, db_ref(report_get_bind(id, reporter_id)), rows);
}
