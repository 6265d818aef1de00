#include "domain/market/advisor.h"

#include "base/json.h"
#include "domain/market/advisor_sql.h"
#include "domain/people/lang.h"

#include <string.h>

#define OWN_COLUMNS                                                                                \
	"a.id, a.version, a.state, a.state_reason, a.headline, a.bio, a.experience_years,"         \
	" to_json(a.languages) AS languages, to_json(a.specializations) AS specializations,"       \
	" amount_json(a.rate_minor, a.currency) AS rate, a.latitude, a.longitude, " ADVISOR_STATUS \
	" AS status, " ADVISOR_AVERAGE " AS rating_average, a.rating_count, a.session_count,"      \
	" a.applied_at, a.reviewed_at, a.created_at, a.updated_at"
#define LIST_OF(name) "ARRAY(SELECT jsonb_array_elements_text($2::jsonb->'" name "'))"
#define NULLABLE(name, type)                                                                       \
	name " = CASE WHEN $3::jsonb ? '" name "' THEN ($3::jsonb->>'" name "')::" type            \
	     " ELSE a." name " END"
#define CHANGED_LIST(name)                                                                         \
	name " = CASE WHEN $3::jsonb ? '" name "' THEN"                                            \
	     " ARRAY(SELECT jsonb_array_elements_text($3::jsonb->'" name "')) ELSE a." name " END"

enum { VERSION_COLUMN = 1 }; /* of OWN_COLUMNS */
enum { APPLY, OWN, UPDATE, ONLINE, SUBJECT_UNKNOWN };

static const struct stmt stmts[] = {
	[APPLY] = { "advisor_apply", 2,
	    "INSERT INTO advisor AS a (id, state, headline, bio, experience_years, languages,"
	    " specializations, rate_minor, currency, latitude, longitude, applied_at)"
	    " SELECT $1, 'PENDING', $2::jsonb->>'headline', $2::jsonb->>'bio',"
	    " ($2::jsonb->>'experience_years')::int, " LIST_OF("languages") ", " LIST_OF(
		"specializations") ", ($2::jsonb->'rate'->>'amount_minor')::bigint,"
				   " $2::jsonb->'rate'->>'currency', ($2::jsonb->>'latitude')::float8,"
				   " ($2::jsonb->>'longitude')::float8, app_now()"
				   " ON CONFLICT (id) DO UPDATE SET state = excluded.state, headline = excluded.headline,"
				   " bio = excluded.bio, experience_years = excluded.experience_years,"
				   " languages = excluded.languages, specializations = excluded.specializations,"
				   " rate_minor = excluded.rate_minor, currency = excluded.currency,"
				   " latitude = excluded.latitude, longitude = excluded.longitude,"
				   " applied_at = excluded.applied_at, updated_at = app_now(), version = a.version + 1"
				   " WHERE a.state IN ('DRAFT', 'REJECTED') RETURNING " OWN_COLUMNS },
	[OWN] = { "advisor_own", 1, "SELECT " OWN_COLUMNS " FROM advisor a WHERE a.id = $1",
	    .repeatable = true },
	[UPDATE] = { "advisor_update", 3,
	    "UPDATE advisor a SET headline = coalesce($3::jsonb->>'headline', a.headline),"
	    " bio = coalesce($3::jsonb->>'bio', a.bio),"
	    " experience_years = coalesce(($3::jsonb->>'experience_years')::int, a.experience_years),"
	    " rate_minor = coalesce(($3::jsonb->'rate'->>'amount_minor')::bigint, a.rate_minor),"
	    " currency = coalesce($3::jsonb->'rate'->>'currency', a.currency), " CHANGED_LIST(
		"languages") ", " CHANGED_LIST("specializations") ", " NULLABLE("latitude",
		"float8") ", " NULLABLE("longitude",
		"float8") ","
			  " version = a.version + 1, updated_at = app_now()"
			  " WHERE a.id = $1 AND $2::bigint IN (0, a.version) RETURNING " OWN_COLUMNS },
	[ONLINE] = { "advisor_online_set", 2,
	    "UPDATE advisor a SET online = $2::boolean,"
	    " online_at = CASE WHEN $2::boolean THEN app_now() ELSE a.online_at END"
	    " WHERE a.id = $1 AND a.state = 'APPROVED' RETURNING " OWN_COLUMNS },
	/* Held until the profile has them: none is merged away meanwhile. */
	[SUBJECT_UNKNOWN] = { "advisor_subject_unknown", 1,
	    "SELECT 'specializations.' || (w.place - 1)"
	    " FROM jsonb_array_elements_text($1::jsonb->'specializations') WITH ORDINALITY w (slug, place)"
	    " WHERE NOT EXISTS (SELECT FROM specialization s WHERE s.slug = w.slug"
	    " AND s.state = 'OFFERED' FOR SHARE)"
	    " ORDER BY w.place LIMIT 1" },
};
STMT_SET(advisor_stmts, stmts);

/* A list without repeats whose elements pass; which one did not goes to fault. */
static enum err
list_check(struct arena *arena, struct json_object *list, const char *name,
    bool (*valid)(const char *), struct fault *fault)
{
	size_t i, before, count = list != NULL ? json_object_array_length(list) : 0;

	for (i = 0; i < count; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i));

		if (valid != NULL && !valid(text))
			return fault_set(fault, arena_printf(arena, "%s.%zu", name, i),
			    "must be a language tag such as en or pt-BR");
		for (before = 0; before < i; before++)
			if (strcmp(text,
				json_object_get_string(json_object_array_get_idx(list, before))) == 0)
				return fault_set(fault, arena_printf(arena, "%s.%zu", name, i),
				    "must not repeat another element");
	}
	return ERR_OK;
}

/* The rules behind the fields that profile_json has. */
static enum err
profile_check(struct db *db, const char *profile_json, struct fault *fault)
{
	struct arena *arena = db_arena(db);
	struct json_object *profile, *member;
	struct json_fault syntax;
	struct rows *unknown;

	TRY(json_parse(arena, profile_json, strlen(profile_json), &syntax, &profile));
	TRY(list_check(
	    arena, json_object_object_get(profile, "languages"), "languages", lang_valid, fault));
	TRY(list_check(arena, json_object_object_get(profile, "specializations"), "specializations",
	    NULL, fault));
	if (!json_object_object_get_ex(profile, "specializations", &member))
		return ERR_OK;
	TRY(db_rows(db, &unknown, &stmts[SUBJECT_UNKNOWN], db_text(profile_json)));
	if (rows_count(unknown) > 0)
		return fault_set(fault, rows_text(unknown, 0, 0), "is not offered here");
	return ERR_OK;
}

/* Half a place is known only when old and new values are together. */
static enum err
place_check(const struct db *db, enum err err, struct fault *fault)
{
	if (err == ERR_VALIDATION && db_violated(db, "advisor_place_whole"))
		return fault_set(fault, "latitude", "latitude and longitude go together");
	return err;
}

enum err
advisor_apply(struct db *db, const char *id, const char *profile_json, struct fault *fault,
    struct rows **rows)
{
	enum err err;

	TRY(profile_check(db, profile_json, fault));
	err = db_one(db, rows, &stmts[APPLY], db_text(id), db_text(profile_json));
	return err == ERR_NOT_FOUND ? ERR_BAD_STATE : place_check(db, err, fault);
}

struct db_bound
advisor_own_bind(const char *id)
{
	return db_bind(&stmts[OWN], db_text(id));
}

enum err
advisor_own(struct db *db, const char *id, struct rows **rows)
{
	return db_run_one(db, db_ref(advisor_own_bind(id)), rows);
}

enum err
advisor_update(struct db *db, const char *id, int64_t version, const char *changes_json,
    struct fault *fault, struct rows **rows)
{
	enum err err;

	TRY(profile_check(db, changes_json, fault));
	err = db_one(db, rows, &stmts[UPDATE], db_text(id), db_i64(version), db_text(changes_json));
	return err == ERR_NOT_FOUND ? ERR_STALE : place_check(db, err, fault);
}

enum err
advisor_online_set(struct db *db, const char *id, bool online, struct rows **rows)
{
	enum err err = db_one(db, rows, &stmts[ONLINE], db_text(id), db_bool(online));

	return err == ERR_NOT_FOUND ? ERR_BAD_STATE : err;
}

int64_t
advisor_version(const struct rows *rows)
{
	return rows_i64(rows, 0, VERSION_COLUMN);
}
