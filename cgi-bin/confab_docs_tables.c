/* The guide's tables, each printed from the table that the programs go by. */
#include "confab_docs.h"
#include "base/err.h"
#include "base/limits.h"
#include "domain/people/attempt.h"
#include "domain/people/login.h"
#include "domain/system/prune.h"
#include "domain/talk/event.h"
#include "domain/talk/session_state.h"
#include "domain/talk/ticket.h"
#include "live/live.h"
#include "shape/amount.h"
#include "web/rate.h"

#include <string.h>

/* "10 minutes", "90 seconds", "7 days". */
static char *
duration_words(struct arena *arena, int64_t seconds)
{
	static const struct {
		int64_t s;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	size_t i = 0;

	while (units[i].s > 1 && (seconds % units[i].s != 0 || seconds < 2 * units[i].s))
		i++;
	return arena_printf(arena, "%lld %s%s", (long long)(seconds / units[i].s), units[i].name,
	    seconds / units[i].s == 1 ? "" : "s");
}

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void
add_setting(struct arena *arena, struct json_object *to, const char *name, int64_t value)
{
	docs_add(to, name,
	    ends_with(name, "_s")	   ? duration_words(arena, value)
		: ends_with(name, "_days") ? duration_words(arena, value * 86400)
					   : arena_printf(arena, "%lld", (long long)value));
}

/* Every number of conf.def by its name in C; seconds and days in words. */
static struct json_object *
settings_view(struct arena *arena, const struct conf *conf)
{
	struct json_object *view = json_object_new_object();

#define CONF_TEXT(member, key, def, flags, doc)
#define CONF_INT(member, key, def, min, max, doc) add_setting(arena, view, #member, conf->member);
#include "base/conf.def"
#undef CONF_TEXT
#undef CONF_INT
	return view;
}

static void
add_limit(struct arena *arena, struct json_object *list, const char *what, int64_t value,
    const char *unit, enum err err)
{
	struct json_object *row = json_object_new_object();

	docs_add(row, "what", what);
	docs_add(row, "value",
	    value >= 1024 && value % 1024 == 0 && strcmp(unit, "bytes") == 0
		? arena_printf(arena, "%lld KiB", (long long)value / 1024)
		: arena_printf(arena, "%lld %s", (long long)value, unit));
	docs_add(row, "code", err == ERR_OK ? NULL : err_code(err));
	(void)json_object_array_add(list, row);
}

static struct json_object *
limits_view(struct arena *arena)
{
	struct json_object *list = json_object_new_array();

	add_limit(arena, list, "A body", BODY_BYTES_MAX, "bytes", ERR_TOO_LARGE);
	add_limit(arena, list, "The body that sends or edits a message", MESSAGE_BODY_BYTES_MAX,
	    "bytes", ERR_TOO_LARGE);
	add_limit(arena, list, "The path, decoded", PATH_BYTES_MAX, "bytes", ERR_URI_TOO_LONG);
	add_limit(arena, list, "The query", QUERY_BYTES_MAX, "bytes", ERR_URI_TOO_LONG);
	add_limit(
	    arena, list, "Parameters in a query", QUERY_PAIRS_MAX, "parameters", ERR_BAD_REQUEST);
	add_limit(arena, list, "Objects and lists within each other", JSON_DEPTH_MAX, "levels",
	    ERR_BAD_JSON);
	add_limit(arena, list, "Members of all objects of a body", JSON_KEYS_MAX, "members",
	    ERR_BAD_JSON);
	add_limit(
	    arena, list, "An Idempotency-Key", IDEMPOTENCY_KEY_BYTES_MAX, "bytes", ERR_BAD_REQUEST);
	add_limit(
	    arena, list, "Wrong fields named in one answer", FIELD_ERRORS_MAX, "fields", ERR_OK);
	add_limit(arena, list, "Items on a page", PAGE_ITEMS_MAX, "items", ERR_VALIDATION);
	add_limit(arena, list, "Items on a page when you name no limit", PAGE_ITEMS_DEFAULT,
	    "items", ERR_OK);
	add_limit(arena, list, "Events in one reply, as a rule", EVENT_PAGE, "events", ERR_OK);
	return list;
}

static struct json_object *
rates_view(void)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < RATE__COUNT; i++) {
		const struct rate_class_row *rate = &rate_classes[i];
		struct json_object *row = json_object_new_object();

		docs_add(row, "name", rate->name);
		docs_add(row, "doc", rate->doc);
		(void)json_object_object_add(row, "burst", json_object_new_int64(rate->burst));
		(void)json_object_object_add(
		    row, "per_minute", json_object_new_int64(rate->per_minute));
		(void)json_object_array_add(list, row);
	}
	return list;
}

/* The operation that makes a move, as "session_accept"; NULL when none does. */
static const char *
move_operation(struct arena *arena, const struct part *parts, size_t count, const char *move)
{
	char *path = arena_printf(arena, "/api/v1/sessions/{id}/%s", move);
	struct json_object *post = NULL;
	size_t i;

	for (i = 0; i < count && post == NULL; i++)
		post = docs_get(docs_get(docs_get(parts[i].json, "paths"), path), "post");
	return post == NULL ? NULL : json_object_get_string(docs_get(post, "operationId"));
}

static const char *
actors_words(unsigned actors)
{
	switch (actors) {
	case SESSION_BY_USER:
		return "the user";
	case SESSION_BY_ADVISOR:
		return "the advisor";
	case SESSION_BY_BOTH:
		return "either side";
	default:
		return "the system";
	}
}

static struct json_object *
moves_view(struct arena *arena, const struct part *parts, size_t count)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < session_transition_count; i++) {
		const struct session_transition *move = &session_transitions[i];
		const char *name = session_move_name(move->move);
		struct json_object *row = json_object_new_object();

		docs_add(row, "from", session_state_name(move->from));
		docs_add(row, "move", name);
		docs_add(row, "to", session_state_name(move->to));
		docs_add(row, "who", actors_words(move->actors));
		docs_add(row, "operation",
		    move->actors == SESSION_BY_SYSTEM ? NULL
						      : move_operation(arena, parts, count, name));
		(void)json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *
states_view(void)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < SESSION_STATE__COUNT; i++) {
		struct json_object *row = json_object_new_object();

		docs_add(row, "name", session_states[i]);
		(void)json_object_object_add(row, "last",
		    json_object_new_boolean(session_state_is_last((enum session_state)i)));
		(void)json_object_array_add(list, row);
	}
	return list;
}

static void
add_users_of(const struct part *part, const char *code, struct json_object *list)
{
	struct json_object *paths = docs_get(part->json, "paths");

	json_object_object_foreach (paths, path, methods) {
		(void)path;
		json_object_object_foreach (methods, method, operation) {
			struct json_object *codes = docs_get(operation, "x-errors"), *row;
			size_t i;

			(void)method;
			for (i = 0; i < json_object_array_length(codes); i++) {
				if (strcmp(
					json_object_get_string(json_object_array_get_idx(codes, i)),
					code) != 0)
					continue;
				row = json_object_new_object();
				docs_add(row, "group", part->program->name);
				docs_add(row, "id",
				    json_object_get_string(docs_get(operation, "operationId")));
				(void)json_object_array_add(list, row);
			}
		}
	}
}

/* Every error; those that few operations give are shown with them. */
static struct json_object *
errors_view(const struct part *parts, size_t count)
{
	enum { FEW = 12 };
	struct json_object *list = json_object_new_array();
	size_t i, j;

	for (i = ERR_OK + 1; i < ERR__COUNT; i++) {
		struct json_object *row = json_object_new_object();
		struct json_object *users = json_object_new_array();

		(void)json_object_object_add(
		    row, "status", json_object_new_int(err_status((enum err)i)));
		docs_add(row, "code", err_code((enum err)i));
		docs_add(row, "text", err_text((enum err)i));
		for (j = 0; j < count; j++)
			add_users_of(&parts[j], err_code((enum err)i), users);
		(void)json_object_object_add(
		    row, "common", json_object_new_boolean(json_object_array_length(users) > FEW));
		(void)json_object_object_add(row, "operations", users);
		(void)json_object_array_add(list, row);
	}
	return list;
}

/* What amounts say. */
static struct json_object *
amounts_view(struct arena *arena)
{
	static const struct {
		int64_t minor;
		const char *currency;
	} amounts[] = { { 2500, "INR" }, { -5, "EUR" }, { 2500, "JPY" }, { 2500, "KWD" },
		{ 5, "COIN" } };
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < COUNT_OF(amounts); i++) {
		struct json_object *row = json_object_new_object();

		docs_add(row, "json",
		    arena_printf(arena, "{\"amount_minor\": %lld, \"currency\": \"%s\"}",
			(long long)amounts[i].minor, amounts[i].currency));
		docs_add(row, "text", amount_text(arena, amounts[i].minor, amounts[i].currency));
		(void)json_object_array_add(list, row);
	}
	return list;
}

static void
add_number(struct json_object *to, const char *name, int64_t number)
{
	(void)json_object_object_add(to, name, json_object_new_int64(number));
}

/* Figures that stand within sentences. */
static void
add_figures(struct arena *arena, struct json_object *to)
{
	docs_add(to, "ticket_life", duration_words(arena, TICKET_S));
	docs_add(to, "wait_max", duration_words(arena, LIVE_WAIT_MAX_S));
	docs_add(to, "refresh_grace", duration_words(arena, REFRESH_GRACE_S));
	docs_add(to, "guess_window", duration_words(arena, attempt_login.window_s));
	docs_add(to, "idempotency_life", duration_words(arena, PRUNE_IDEMPOTENCY_HOURS * 3600));
	add_number(to, "guesses", attempt_login.limit);
	add_number(to, "page_max", PAGE_ITEMS_MAX);
	add_number(to, "page_default", PAGE_ITEMS_DEFAULT);
}

void
docs_tables(struct arena *arena, const struct conf *conf, const struct part *parts, size_t count,
    struct json_object *to)
{
	(void)json_object_object_add(to, "settings", settings_view(arena, conf));
	(void)json_object_object_add(to, "limits", limits_view(arena));
	(void)json_object_object_add(to, "rates", rates_view());
	(void)json_object_object_add(to, "states", states_view());
	(void)json_object_object_add(to, "moves", moves_view(arena, parts, count));
	(void)json_object_object_add(to, "errors_all", errors_view(parts, count));
	(void)json_object_object_add(to, "amounts", amounts_view(arena));
	add_figures(arena, to);
}
