/* An act done to many subjects: first they are named and it is asked, then each is done in a transaction of its own. */
#include "panel/act_form.h"

#include "base/str.h"
#include "web/reply.h"

#include <string.h>

void
act_bulk(struct req *req, struct json_object *context, const struct act_kind *kind)
{
	struct json_object *list = page_list(req);
	const struct act *act;
	size_t i;

	page_put(context, "bulk_back",
	    act_form_local(req, arena_printf(req->arena, "%s?%s", req->path, req->query_text)));
	for (i = 0; (act = act_at(i)) != NULL; i++)
		if (act->kind == kind && act->flags & ACT_BULK)
			page_list_add(list, act_form(req, act, NULL, NULL, false));
	page_put_object(context, "bulk", list);
	page_put_bool(context, "has_bulk", json_object_array_length(list) > 0);
}

/* Is there something wrong with what was ticked, and not with what was filled in? */
static bool
wrong_ids(const struct req *req)
{
	size_t i;

	for (i = 0; i < req->errors.count; i++)
		if (strcmp(req->errors.list[i].path, "id") == 0 ||
		    str_starts(req->errors.list[i].path, "id."))
			return true;
	return false;
}

void
act_listed(struct req *req, struct json_object *context, const struct act_kind *kind)
{
	struct json_object *listed = page_object(req), *list = page_list(req);
	const struct act *act;
	size_t i;

	for (i = 0; (act = act_at(i)) != NULL; i++)
		if (act->kind == kind && act->flags & ACT_LISTED)
			page_list_add(list, act_form(req, act, NULL, NULL, false));
	page_put_object(listed, "acts", list);
	if (json_object_array_length(list) > 0)
		page_put_object(context, "listed", listed);
}

/* Those that were ticked, with their names; who is no more is left out. */
static enum err
put_chosen(struct req *req, const struct act *act, struct json_object *form)
{
	struct json_object *ids = req_json(req, "id"), *list = page_list(req), *item;
	size_t i, count = ids == NULL || wrong_ids(req) ? 0 : json_object_array_length(ids);
	const struct rows *was;

	for (i = 0; i < count; i++) {
		const char *id = json_object_get_string(json_object_array_get_idx(ids, i));
		enum err err = act_look(req->db, act->kind, id, &was);

		if (err == ERR_NOT_FOUND)
			continue;
		TRY(err);
		item = page_object(req);
		page_put(item, "id", id);
		page_put(item, "name", rows_text_of(was, 0, "name"));
		page_list_add(list, item);
	}
	page_put_object(form, "chosen", list);
	page_put_int(form, "count", (int64_t)json_object_array_length(list));
	return ERR_OK;
}

/* The page that asks. filled: it comes back with what was wrong. */
static enum err
ask(struct req *req, const struct act *act, bool filled)
{
	struct json_object *context = page_object(req), *form;
	bool none = req_json(req, "id") == NULL;
	const char *back = act_form_back(req);

	form = act_form(req, act, NULL, NULL, filled);
	TRY(put_chosen(req, act, form));
	page_put(form, "back", back);
	if (none)
		page_put(form, "refused", "Nothing was done: choose something in the list first.");
	page_put(context, "title", act->label);
	page_put(context, "parent",
	    back != NULL ? back : arena_printf(req->arena, "/admin/%s", act->kind->plural));
	page_put_object(context, "act", form);
	reply_status(req, filled || none ? err_status(ERR_VALIDATION) : 200);
	return act_show(req, "act_many", act->kind->plural, context);
}

/* How many came to what. */
struct tally {
	int64_t done, already, refused;
};

static enum err
run_in_tx(struct db *db, void *arg)
{
	return act_run(db, arg);
}

/* Do it to one of them; the result as a row of the page. */
static struct json_object *
do_one(struct req *req, const struct act *act, const char *id, struct json_object *input,
    struct tally *tally)
{
	struct act_call call = {
		.act = act, .id = id, .input = input, .by = { req->caller.user_id, req->id }
	};
	struct json_object *item = page_object(req);
	enum err err = db_tx(req->db, run_in_tx, &call);
	const char *name = id, *state = NULL, *said;
	const struct rows *was;

	/* Of a transaction that was rolled back no row is left. */
	if (err == ERR_OK || act_look(req->db, act->kind, id, &was) != ERR_OK)
		was = err == ERR_OK ? call.was : NULL;
	if (was != NULL) {
		name = rows_text_of(was, 0, "name");
		state = rows_text_of(was, 0, "state");
	}
	if (err == ERR_OK)
		tally->done++;
	else if (err == ERR_BAD_STATE && act->to != NULL && state != NULL &&
	    strcmp(state, act->to) == 0)
		tally->already++;
	else
		tally->refused++;
	said = err == ERR_OK ? act_say(req->arena, act->done, name)
			     : act_refused(req->arena, act, err, name, state);
	page_put(item, "text", said != NULL ? said : err_text(err));
	page_put(item, "name", name);
	if (was != NULL && !(act->flags & ACT_GONE && err == ERR_OK))
		page_put(
		    item, "url", arena_printf(req->arena, "/admin/%s/%s", act->kind->plural, id));
	return item;
}

/* "7 blocked, 1 was blocked already, 1 refused." */
static const char *
sentence(struct req *req, const struct act *act, const struct tally *tally)
{
	struct buf out = buf_new(req->arena, 64);
	char *state;

	buf_printf(&out, "%lld %s", (long long)tally->done, act->bulk);
	if (tally->already > 0) {
		state = arena_strdup(req->arena, act->to);
		str_lower(state);
		buf_printf(&out, ", %lld %s %s already", (long long)tally->already,
		    tally->already == 1 ? "was" : "were", state);
	}
	if (tally->refused > 0)
		buf_printf(&out, ", %lld refused", (long long)tally->refused);
	buf_putc(&out, '.');
	return out.data;
}

static enum err
do_all(struct req *req, const struct act *act, struct json_object *input)
{
	struct json_object *context = page_object(req), *refused = page_list(req),
			   *done = page_list(req), *ids = req_json(req, "id"), *item;
	const char *back = act_form_back(req);
	struct tally tally = { 0, 0, 0 };
	size_t i;

	for (i = 0; i < json_object_array_length(ids); i++) {
		int64_t before = tally.done;

		item = do_one(req, act, json_object_get_string(json_object_array_get_idx(ids, i)),
		    input, &tally);
		page_list_add(tally.done > before ? done : refused, item);
	}
	page_put(context, "title", act->label);
	page_put(context, "said", sentence(req, act, &tally));
	page_put(context, "parent",
	    back != NULL ? back : arena_printf(req->arena, "/admin/%s", act->kind->plural));
	page_put(context, "tone", tally.refused > 0 ? "warning" : "success");
	page_put_bool(context, "has_refused", json_object_array_length(refused) > 0);
	page_put_object(context, "refused", refused);
	page_put_bool(context, "has_done", json_object_array_length(done) > 0);
	page_put_object(context, "items", done);
	return act_show(req, "act_many_done", act->kind->plural, context);
}

enum err
act_bulk_post(struct req *req)
{
	const struct act *act = req->route->of;
	struct json_object *input;

	if (req->errors.count > 0 || req_json(req, "id") == NULL)
		return ask(req, act, true);
	if (!req_bool(req, "sure"))
		return ask(req, act, false);
	input = act_form_input(req, act);
	return req->errors.count > 0 ? ask(req, act, true) : do_all(req, act, input);
}
