#include "domain/market/specialization.h"

#include "base/uuid.h"
#include "domain/people/lang.h"

#include <string.h>

enum { LIST, GET, LOOK, LOCK, TARGETS, ADD, RENAME, FIND, MOVE, MERGE, FOLLOW, TRANSLATE, FORGET };

#define COLUMNS                                                                                    \
	"s.id, s.slug, s.name, s.state, s.place, s.merged_into, t.name AS merged_into_name,"       \
	" (SELECT coalesce(jsonb_agg(o.slug ORDER BY o.slug), '[]') FROM specialization o"         \
	" WHERE o.merged_into = s.id) AS old_slugs,"                                               \
	" (SELECT coalesce(jsonb_object_agg(n.locale, n.name), '{}') FROM specialization_name n"   \
	" WHERE n.specialization_id = s.id) AS names"
#define FROM "specialization s LEFT JOIN specialization t ON t.id = s.merged_into"
#define SUBJECT "SELECT name, state, slug FROM specialization WHERE id = $1"

static const struct stmt stmts[] = {
	[LIST] = { "specialization_list", 1,
	    "SELECT s.slug, coalesce((SELECT n.name"
	    " FROM unnest(string_to_array($1::text, ' ')) WITH ORDINALITY w (tag, place)"
	    " JOIN specialization_name n ON n.specialization_id = s.id AND n.locale = w.tag"
	    " ORDER BY w.place LIMIT 1), s.name) AS name"
	    " FROM specialization s WHERE s.state = 'OFFERED' ORDER BY s.place, s.slug",
	    .repeatable = true },
	[GET] = { "specialization_get", 1, "SELECT " COLUMNS " FROM " FROM " WHERE s.id = $1",
	    .repeatable = true },
	[LOOK] = { "specialization_look", 1, SUBJECT, true },
	/* What others become of one is known to the next: two that merge into each other do not meet. */
	[LOCK] = { "specialization_lock", 1,
	    SUBJECT " AND (SELECT pg_advisory_xact_lock(hashtext('specialization'))) IS NOT NULL"
		    " FOR UPDATE" },
	[TARGETS] = { "specialization_targets", 1,
	    "SELECT slug AS value, name AS label FROM specialization"
	    " WHERE state = 'OFFERED' AND id IS DISTINCT FROM $1::uuid ORDER BY name, slug LIMIT 500",
	    .repeatable = true },
	[ADD] = { "specialization_add", 2,
	    "INSERT INTO specialization (id, slug, name, place) SELECT $1::uuid,"
	    " left(btrim(regexp_replace(lower(unaccent($2::text)), '[^a-z0-9]+', '_', 'g'), '_'), 40),"
	    " $2, (SELECT coalesce(max(place), 0) + 10 FROM specialization) RETURNING slug" },
	[RENAME] = { "specialization_rename", 2,
	    "UPDATE specialization SET name = $2 WHERE id = $1" },
	[FIND] = { "specialization_find", 2,
	    "SELECT id FROM specialization WHERE slug = $1 AND state = 'OFFERED' AND id <> $2" },
	[MOVE] = { "specialization_move", 2,
	    "UPDATE advisor SET specializations = CASE WHEN specializations @> ARRAY[$2::text]"
	    " THEN array_remove(specializations, $1::text)"
	    " ELSE array_replace(specializations, $1::text, $2::text) END,"
	    " version = version + 1, updated_at = app_now() WHERE specializations @> ARRAY[$1::text]" },
	[MERGE] = { "specialization_merge", 2,
	    "UPDATE specialization SET state = 'MERGED', merged_into = $2::uuid WHERE id = $1::uuid" },
	[FOLLOW] = { "specialization_follow", 2,
	    "UPDATE specialization SET merged_into = $2::uuid WHERE merged_into = $1::uuid" },
	[TRANSLATE] = { "specialization_translate", 3,
	    "INSERT INTO specialization_name (specialization_id, locale, name) VALUES ($1, $2, $3)"
	    " ON CONFLICT (specialization_id, locale) DO UPDATE SET name = excluded.name" },
	[FORGET] = { "specialization_forget", 2,
	    "DELETE FROM specialization_name WHERE specialization_id = $1 AND locale = $2" },
};
STMT_SET(specialization_stmts, stmts);

const char *const specialization_states[] = { "OFFERED", "RETIRED", "MERGED", NULL };

const struct field specialization_fields[] = {
	{ "slug", FIELD_TEXT, .doc = "Stable name, for filters", .example = "\"dating\"" },
	{ "name", FIELD_TEXT, .doc = "Name to show", .example = "\"Dating\"" },
	{ 0 },
};

static const struct list_filter filters[] = {
	{ "state", "s.state = $?", NULL },
	{ "into", "s.merged_into = $?", NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "place", { "s.place", "s.id" }, false },
	{ "name", { "lower(s.name)", "s.id" }, false },
	{ 0 },
};
const struct list_source specialization_all = {
	.name = "specialization_all",
	.columns = COLUMNS,
	.from = FROM,
	.filters = filters,
	.sorts = sorts,
};

struct db_bound
specialization_list_bind(const char *languages)
{
	return db_bind(&stmts[LIST], db_text(languages));
}

enum err
specialization_list(struct db *db, const char *languages, struct rows **rows)
{
	return db_run(db, db_ref(specialization_list_bind(languages)), rows);
}

enum err
specialization_get(struct db *db, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[GET], db_text(id));
}

/* --- acts --- */

const struct act_kind specialization_kind = { "specialization", "specializations",
	.look = &stmts[LOOK], .lock = &stmts[LOCK] };
const struct act_choices specialization_targets = { "into", &stmts[TARGETS] };

const struct field specialization_name_input[] = {
	{ "name", FIELD_TEXT, .required = true, .min = 1, .max = 80, .doc = "In English",
	    .example = "\"Palm reading\"" },
	{ 0 },
};
const struct field specialization_merge_input[] = {
	{ "into", FIELD_TEXT, .required = true, .min = 2, .max = 40,
	    .doc = "The slug of one that is offered", .example = "\"tarot\"" },
	{ 0 },
};
const struct field specialization_translate_input[] = {
	{ "locale", FIELD_TEXT, .required = true, .min = 2, .max = 11, .label = "Language",
	    .doc = "Its tag, as de or pt-BR", .example = "\"de\"" },
	{ "name", FIELD_TEXT, .max = 80, .doc = "In that language; without one it is forgotten",
	    .example = "\"Handlesen\"" },
	{ 0 },
};
const struct act_refusal specialization_taken[] = {
	{ ERR_CONFLICT, "Nothing was done: there is a subject with such a slug already." },
	{ ERR_OK, NULL },
};

enum err
specialization_add(struct db *db, struct act_call *call)
{
	const char *id = uuid_new(db_arena(db));
	struct rows *rows;
	enum err err = db_one(db, &rows, &stmts[ADD], db_text(id), db_text(act_text(call, "name")));

	if (err == ERR_VALIDATION && db_violated(db, "specialization_slug"))
		return fault_set(&call->fault, "name", "must begin with a Latin letter");
	TRY(err);
	act_note(call, "id", id);
	act_note(call, "slug", rows_only(rows));
	return ERR_OK;
}

enum err
specialization_rename(struct db *db, struct act_call *call)
{
	act_note(call, "old_name", act_was(call, "name"));
	return db_exec(db, &stmts[RENAME], db_text(call->id), db_text(act_text(call, "name")));
}

enum err
specialization_merge(struct db *db, struct act_call *call)
{
	const char *slug = act_was(call, "slug"), *into = act_text(call, "into"), *id;
	struct rows *rows;
	enum err err = db_one(db, &rows, &stmts[FIND], db_text(into), db_text(call->id));

	if (err == ERR_NOT_FOUND)
		return fault_set(&call->fault, "into", "must be another subject that is offered");
	TRY(err);
	id = rows_only(rows);
	TRY(db_exec(db, &stmts[MERGE], db_text(call->id), db_text(id)));
	TRY(db_exec(db, &stmts[FOLLOW], db_text(call->id), db_text(id)));
	TRY(db_rows(db, &rows, &stmts[MOVE], db_text(slug), db_text(into)));
	act_note_int(call, "advisors", (int64_t)rows_touched(rows));
	return ERR_OK;
}

enum err
specialization_translate(struct db *db, struct act_call *call)
{
	const char *locale = act_text(call, "locale"), *name = act_text(call, "name");

	if (!lang_valid(locale) || strcmp(locale, "en") == 0)
		return fault_set(
		    &call->fault, "locale", "must be a tag such as de or pt-BR, and not English");
	if (name == NULL || *name == '\0')
		return db_exec(db, &stmts[FORGET], db_text(call->id), db_text(locale));
	return db_exec(db, &stmts[TRANSLATE], db_text(call->id), db_text(locale), db_text(name));
}

const struct act specialization_acts[] = {
	{ "specialization.add", &specialization_kind, "market.subjects", specialization_name_input,
	    NULL, NULL, ACT_WHOLE | ACT_LISTED, .label = "Add a subject",
	    .done = "The subject was added.", .refusals = specialization_taken,
	    .summary = "Add a subject", .doc = "Its slug is made of the name, and stays.",
	    .run = specialization_add },
	{ "specialization.rename", &specialization_kind, "market.subjects", specialization_name_input,
	    "OFFERED RETIRED", NULL, 0, .label = "Rename", .done = "It is called {} now.",
	    .summary = "Rename a subject", .doc = "The slug stays.", .run = specialization_rename },
	{ "specialization.merge", &specialization_kind, "market.subjects", specialization_merge_input,
	    "OFFERED RETIRED", "MERGED", ACT_GRAVE, .label = "Merge", .done = "{} was merged.",
	    .confirm = "Every advisor with it gets the other one. This cannot be taken back.",
	    .choices = &specialization_targets, .summary = "Merge a subject into another",
	    .doc = "Its slug leads there in filters from now on.", .run = specialization_merge },
	{ "specialization.translate", &specialization_kind, "market.subjects",
	    specialization_translate_input, "OFFERED RETIRED", NULL, 0, .label = "Translate",
	    .done = "The names of {} were changed.", .summary = "Name a subject in another language",
	    .doc = "Without a name that language is forgotten.", .run = specialization_translate },
	{ 0 },
};
