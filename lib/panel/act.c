#include "panel/act.h"

#include "domain/system/decision.h"
#include "panel/act_form.h"
#include "web/reply.h"

#include <string.h>

/* In place of an act's name: it was decided, and takes effect a little later. */
#define DECIDED "decision"

static enum err (*show_page)(
    struct req *, const char *template, const char *section, struct json_object *context);

enum err
act_show(struct req *req, const char *template, const char *section, struct json_object *context)
{
	return show_page(req, template, section, context);
}

static const char *
path_of(struct req *req, const struct act *act, const char *id)
{
	if (act->kind->no_page)
		return "/admin";
	return arena_printf(req->arena, "/admin/%s%s%s", act->kind->plural, id != NULL ? "/" : "",
	    id != NULL ? id : "");
}

static const struct act *
act_of(const struct req *req)
{
	return req->route->of;
}

static struct act_call
call_of(const struct req *req)
{
	const struct act *act = act_of(req);

	return (struct act_call){ .act = act,
		.id = act->flags & ACT_WHOLE ? NULL : req->params[0],
		.by = { req->caller.user_id, req->id } };
}

/* --- the form --- */

/* What to say of err; NULL: nothing. */
static const char *
refusal_of(struct req *req, const struct act *act, enum err err, const char *name, const char *state)
{
	const char *said = act_refused(req->arena, act, err, name, state);

	if (said == NULL && err == ERR_CONFLICT && act->flags & ACT_LATER)
		return act_say(req->arena,
		    "Nothing was done: something is decided about {} already, and takes effect in a"
		    " moment.",
		    name);
	return said;
}

/* The page of the form. err: why it comes back, ERR_OK at first; with a status of its own when the subject is not
 * in a state for the act. */
static enum err
show_form(struct req *req, enum err err, bool posted)
{
	const struct act *act = act_of(req);
	struct act_call call = call_of(req);
	struct json_object *context = page_object(req), *form;
	const char *name = NULL, *state = NULL, *back = posted ? act_form_back(req) : NULL;

	if (call.id != NULL) {
		TRY(act_look(req->db, act->kind, call.id, &call.was));
		name = act_was(&call, "name");
		state = act_was(&call, "state");
	}
	if (err == ERR_OK && state != NULL && !act_fits(act, state))
		err = ERR_BAD_STATE;
	if (err == ERR_OK && call.was != NULL && act->may != NULL)
		err = act->may(call.was);
	form = act_form(req, act, call.id, name, posted);
	if (!posted)
		page_put(form, "back", page_local(query_text(req, "back")));
	page_put(form, "refused", refusal_of(req, act, err, name, state));
	page_put_bool(form, "open", err == ERR_OK || err == ERR_VALIDATION);
	page_put(context, "title", act->label);
	page_put(context, "parent", back != NULL ? back : path_of(req, act, call.id));
	page_put_object(context, "act", form);
	reply_status(req, err_status(err));
	return act_show(req, "act", act->kind->plural, context);
}

static enum err
get_act(struct req *req)
{
	return show_form(req, ERR_OK, false);
}

static enum err
run_in_tx(struct db *db, void *arg)
{
	return act_run(db, arg);
}

/* Has the act words for this error, or is it of the input? */
static bool
is_refusal(struct req *req, const struct act *act, enum err err)
{
	return err == ERR_VALIDATION || refusal_of(req, act, err, "", "") != NULL;
}

/* To back, or the subject's page, or the list when there is none; it says what was done. */
static enum err
go_on(struct req *req, const struct act_call *call)
{
	const struct act *act = call->act;
	const char *to = act_form_back(req),
		   *of = act->flags & (ACT_WHOLE | ACT_GONE) ? NULL : call->id;

	if (to == NULL && act->next != NULL)
		to = act_say(req->arena, act->next, call->id);
	if (to == NULL)
		to = path_of(req, act, of);
	return reply_redirect(req,
	    arena_printf(req->arena, "%s%sdone=%s%s%s", to, strchr(to, '?') == NULL ? "?" : "&",
		act->name, of != NULL ? "&of=" : "", of != NULL ? of : ""));
}

/* An act being decided, see decision.h. */
struct deciding {
	struct act_call call;
	struct decision decision;
};

static enum err
decide_in_tx(struct db *db, void *arg)
{
	struct deciding *deciding = arg;

	return decision_make(db, &deciding->call, &deciding->decision);
}

/* As go_on, and there it can be undone. */
static enum err
go_on_decided(struct req *req, const struct deciding *deciding)
{
	const char *to = act_form_back(req);

	if (to == NULL)
		to = path_of(req, deciding->call.act, deciding->call.id);
	return reply_redirect(req,
	    arena_printf(req->arena, "%s%sdone=" DECIDED "&of=%s", to,
		strchr(to, '?') == NULL ? "?" : "&", deciding->decision.id));
}

static enum err
post_act(struct req *req)
{
	struct deciding deciding = { .call = call_of(req) };
	struct act_call *call = &deciding.call;
	bool later = call->act->flags & ACT_LATER && req_bool(req, "later");
	enum err err;

	call->input = act_form_input(req, call->act);
	if (req->errors.count > 0)
		return show_form(req, ERR_VALIDATION, true);
	err = later ? db_tx(req->db, decide_in_tx, &deciding) : db_tx(req->db, run_in_tx, call);
	if (err == ERR_OK)
		return later ? go_on_decided(req, &deciding) : go_on(req, call);
	if (!is_refusal(req, call->act, err))
		return err;
	return show_form(req, req_fault(req, err, &call->fault), true);
}

/* --- the twin --- */

static const struct field twin_reply[] = {
	{ "act", FIELD_TEXT, .doc = "What was done", .example = "\"user.block\"" },
	{ "id", FIELD_UUID, .nullable = true, .doc = "To whom or what; null: to no single one" },
	{ "state", FIELD_TEXT, .nullable = true, .doc = "State now; null: there is none",
	    .example = "\"BLOCKED\"" },
	{ "effective_at", FIELD_TIME, .doc = "Since when" },
	{ 0 },
};

static enum err
post_twin(struct req *req)
{
	struct act_call call = call_of(req);
	struct buf out = buf_new(req->arena, 256);
	enum err err;

	call.input = req->body;
	err = act_run(req->db, &call);
	if (err != ERR_OK)
		return req_fault(req, err, &call.fault);
	buf_puts(&out, "{\"act\":");
	buf_json(&out, call.act->name);
	buf_puts(&out, ",\"id\":");
	buf_json(&out, call.id);
	buf_puts(&out, ",\"state\":");
	buf_json(&out, call.to);
	buf_puts(&out, ",\"effective_at\":");
	db_time_json(&out, call.at);
	buf_putc(&out, '}');
	return reply_json(req, out.data);
}

/* --- what other pages show --- */

/* What became of it, in words. */
static const char *
outcome_of(struct req *req, const struct rows *was)
{
	const char *state = rows_text_of(was, 0, "state"), *name = rows_text_of(was, 0, "name");

	if (strcmp(state, "PENDING") == 0)
		return arena_printf(
		    req->arena, "%s: takes effect within %d seconds.", name, DECISION_WAIT_S);
	if (strcmp(state, "DONE") == 0)
		return arena_printf(req->arena, "%s: done.", name);
	if (strcmp(state, "FAILED") == 0)
		return arena_printf(req->arena, "%s: it was refused, nothing was done. %s.", name,
		    err_text(err_of_code(rows_text_of(was, 0, "error"))));
	return arena_printf(req->arena, "%s: undone, nothing has happened.", name);
}

/* What was decided, and as long as it can be undone the button for it. */
static enum err
decided_message(struct req *req, struct json_object *context, const char *id)
{
	struct json_object *message = page_object(req), *row;
	const struct rows *was;
	const char *state;

	TRY(act_look(req->db, &decision_kind, id, &was));
	row = page_row(req, was, 0);
	state = rows_text_of(was, 0, "state");
	page_put(message, "text", outcome_of(req, was));
	if (strcmp(state, "PENDING") == 0) {
		page_put(message, "undo", arena_printf(req->arena, "/admin/decisions/%s/undo", id));
		page_put(message, "here",
		    act_form_local(
			req, arena_printf(req->arena, "%s?%s", req->path, req->query_text)));
		page_put_object(message, "decision", row);
	}
	page_put(message, "kind", strcmp(state, "FAILED") == 0 ? "warning" : "success");
	page_put_object(context, "message", message);
	return ERR_OK;
}

enum err
act_message(struct req *req, struct json_object *context, bool *said)
{
	const char *done = query_text(req, "done"), *of = query_text(req, "of"), *name = "";
	const struct act *act = done == NULL ? NULL : act_find(done);
	struct json_object *message = page_object(req);
	const struct rows *was;
	enum err err;

	*said = act != NULL;
	if (done != NULL && of != NULL && strcmp(done, DECIDED) == 0) {
		err = decided_message(req, context, of);
		*said = err == ERR_OK;
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	}
	if (act == NULL)
		return ERR_OK;
	if (strstr(act->done, "{}") != NULL) {
		err = of == NULL ? ERR_NOT_FOUND : act_look(req->db, act->kind, of, &was);
		if (err != ERR_OK)
			return err == ERR_NOT_FOUND ? ERR_OK : err;
		name = rows_text_of(was, 0, "name");
	}
	page_put(message, "text", act_say(req->arena, act->done, name));
	page_put(message, "kind", "success");
	page_put_object(context, "message", message);
	return ERR_OK;
}

static bool
is_offered(const struct req *req, const struct act *act, const struct act_kind *kind,
    const struct rows *was)
{
	return act->kind == kind && (act->flags & ACT_WHOLE) == 0 &&
	    act_fits(act, rows_text_of(was, 0, "state")) &&
	    (act->may == NULL || act->may(was) == ERR_OK) &&
	    (act->offered == NULL || act->offered(was, req->caller.user_id));
}

enum err
act_bar(struct req *req, struct json_object *context, const struct act_kind *kind, const char *id)
{
	struct json_object *bar = page_list(req), *aside = page_list(req), *desk;
	const struct rows *was;
	const struct act *act;
	size_t i;

	if (!json_object_object_get_ex(context, "desk", &desk))
		aside = bar;
	TRY(act_look(req->db, kind, id, &was));
	for (i = 0; (act = act_at(i)) != NULL; i++)
		if (is_offered(req, act, kind, was))
			page_list_add(act->flags & ACT_ASIDE ? aside : bar,
			    act_form(req, act, id, rows_text_of(was, 0, "name"), false));
	if (aside != bar)
		page_put_object(desk, "aside", aside);
	page_put_object(context, "acts", bar);
	page_put_bool(context, "has_acts", json_object_array_length(bar) > 0);
	return ERR_OK;
}

enum err
act_bar_also(
    struct req *req, struct json_object *context, const struct act_kind *kind, const char *id)
{
	struct json_object *bar = json_object_object_get(context, "acts"), *form;
	const struct rows *was;
	const struct act *act;
	enum err err = act_look(req->db, kind, id, &was);
	size_t i;

	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	for (i = 0; (act = act_at(i)) != NULL; i++) {
		if (act->flags & ACT_ASIDE || !is_offered(req, act, kind, was))
			continue;
		form = act_form(req, act, id, rows_text_of(was, 0, "name"), false);
		page_put(form, "back", req->path);
		page_list_add(bar, form);
	}
	page_put_bool(context, "has_acts", json_object_array_length(bar) > 0);
	return ERR_OK;
}

/* --- routes --- */

static const struct field form_query[] = {
	ACT_DONE_FIELDS,
	{ "back", FIELD_TEXT, .max = PAGE_LOCAL_MAX, .doc = "Page to go to afterwards" },
	{ 0 },
};
enum { ROUTES_OF_AN_ACT = 4 };
enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN, FORM = PAGE | ROUTE_FORM | ROUTE_NO_TX };

/* "prefix_user_block_suffix" */
static const char *
name_of(struct arena *arena, const char *prefix, const struct act *act, const char *suffix)
{
	return arena_printf(arena, "%s_%s_%s%s", prefix, act->kind->name, act_verb(act), suffix);
}

static const char *
route_path(struct arena *arena, const char *base, const struct act *act, bool of_one)
{
	return arena_printf(
	    arena, "%s/%s%s/%s", base, act->kind->plural, of_one ? "/{id}" : "", act_verb(act));
}

static bool
needs_input(const struct act *act)
{
	const struct field *field = act->fields;

	for (; field != NULL && field->name != NULL; field++)
		if (field->required)
			return true;
	return false;
}

static struct route
twin_route(struct arena *arena, const struct act *act)
{
	enum err *errors = arena_calloc(arena, ACT_ERRORS_MAX, sizeof(*errors));

	act_errors(act, errors);
	return (struct route){ METHOD_POST,
		route_path(arena, "/api/v1/admin", act, (act->flags & ACT_WHOLE) == 0),
		name_of(arena, "admin", act, ""), .roles = ROLE_ADMIN, .rate = RATE_WRITE,
		.flags = needs_input(act) ? 0 : ROUTE_BODY_OPTIONAL, .body = act->fields,
		.reply = twin_reply, .errors = errors, .handle = post_twin, .summary = act->summary,
		.doc = act->doc, .of = act };
}

static size_t
add_routes(struct arena *arena, const struct act *act, struct route *to)
{
	const char *path = route_path(arena, "/admin", act, (act->flags & ACT_WHOLE) == 0);
	size_t made = 0;

	to[made++] = (struct route){ METHOD_GET, path, name_of(arena, "panel", act, "_form"),
		.roles = ROLE_ADMIN, .rate = RATE_PANEL, .flags = PAGE, .query = form_query,
		.handle = get_act, .summary = act->summary, .of = act };
	to[made++] = (struct route){ METHOD_POST, path, name_of(arena, "panel", act, ""),
		.roles = ROLE_ADMIN, .rate = RATE_PANEL, .flags = FORM,
		.body = act_form_fields(arena, act, false), .handle = post_act,
		.summary = act->summary, .of = act };
	if (act->flags & ACT_BULK)
		to[made++] = (struct route){ METHOD_POST, route_path(arena, "/admin", act, false),
			name_of(arena, "panel", act, "_bulk"), .roles = ROLE_ADMIN,
			.rate = RATE_PANEL, .flags = FORM, .body = act_form_fields(arena, act, true),
			.handle = act_bulk_post, .summary = act->summary, .of = act };
	to[made++] = twin_route(arena, act);
	return made;
}

const struct route *
act_routes(struct arena *arena,
    enum err (*show)(
	struct req *, const char *template, const char *section, struct json_object *context))
{
	const struct act *act;
	struct route *routes;
	size_t count = 0, made = 0;

	show_page = show;
	while (act_at(count) != NULL)
		count++;
	routes = arena_calloc(arena, count * ROUTES_OF_AN_ACT + 1, sizeof(*routes));
	for (count = 0; (act = act_at(count)) != NULL; count++)
		made += add_routes(arena, act, routes + made);
	return routes;
}
