/*
 * people: one's own profile and sessions, what others see, blocks and reports.
 */
#include "base/uuid.h"
#include "domain/people/block.h"
#include "domain/people/profile.h"
#include "domain/people/report.h"
#include "domain/people/user.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/session.h"
#include "domain/talk/session_leave.h"
#include "web/app.h"
#include "web/reply.h"

static const struct field sessions_query[] = {
	PAGE_FIELDS,
	{ "type", FIELD_ENUM, .one_of = session_types, .doc = "Only these" },
	{ "state", FIELD_ENUM, .one_of = session_states, .doc = "Only those in this state" },
	{ 0 },
};

static const struct field page_query[] = {
	PAGE_FIELDS,
	{ 0 },
};

static enum err
bind_me(struct req *req, struct db_bound *bound)
{
	*bound = user_get_bind(req->caller.user_id);
	return ERR_OK;
}

static enum err
show_me(struct req *req, const struct rows *rows)
{
	if (rows_count(rows) == 0)
		return ERR_NOT_FOUND;
	TRY(user_json(req->db, req->conf, rows, 0, &req->reply.body));
	reply_version(req, user_version(rows, 0));
	return reply_json(req, "");
}

static enum err
patch_me(struct req *req)
{
	struct fault fault = FAULT_NONE;
	struct rows *rows;
	int64_t version;
	enum err err;

	TRY(req_if_match(req, &version));
	err = profile_update(req->db, req->caller.user_id, version, req_body_json(req), &fault);
	if (err != ERR_OK)
		return req_fault(req, err, &fault);
	TRY(user_get(req->db, req->caller.user_id, &rows));
	return show_me(req, rows);
}

static enum err
put_presence(struct req *req)
{
	struct rows *rows;

	TRY(presence_set(req->db, req->caller.user_id, req->caller.login_id,
	    presence_is_away(req_text(req, "status")), &rows));
	return reply_row(req, rows, 0);
}

static enum err
bind_user(struct req *req, struct db_bound *bound)
{
	*bound = profile_public_bind(req->params[0], req->caller.user_id);
	return ERR_OK;
}

static enum err
get_my_sessions(struct req *req)
{
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(profile_sessions(req->db, req->caller.user_id, query_text(req, "type"),
	    query_text(req, "state"), page.limit + 1, page.keys[0], page.keys[1], &rows));
	return reply_page(req, rows, &page);
}

static enum err
bind_blocks(struct req *req, struct db_bound *bound)
{
	struct page page;

	TRY(req_page(req, &page));
	*bound = block_list_bind(req->caller.user_id, page.limit + 1, page.keys[0], page.keys[1]);
	return ERR_OK;
}

static enum err
put_block(struct req *req)
{
	enum err err = block_add(req->db, req->caller.user_id, req->params[0]);

	if (err == ERR_VALIDATION)
		return req_invalid(req, "user_id", "must be somebody else");
	return err == ERR_OK ? reply_empty(req) : err;
}

static enum err
delete_block(struct req *req)
{
	TRY(block_remove(req->db, req->caller.user_id, req->params[0]));
	return reply_empty(req);
}

static enum err
post_report(struct req *req)
{
	const struct report report = { uuid_new(req->arena), req->caller.user_id,
		req_text(req, "target_type"), req_text(req, "target_id"), req_text(req, "reason"),
		req_text(req, "detail") };
	struct rows *rows;
	bool created;
	enum err err;

	err = report_create(req->db, &report, &created, &rows);
	if (err == ERR_VALIDATION)
		return req_invalid(req, "target_id", "must not be yourself or yours");
	TRY(err);
	reply_status(req, created ? 201 : 200);
	if (created)
		reply_location(req, arena_printf(req->arena, "/api/v1/reports/%s", report.id));
	return reply_row(req, rows, 0);
}

static enum err
bind_report(struct req *req, struct db_bound *bound)
{
	*bound = report_get_bind(req->params[0], req->caller.user_id);
	return ERR_OK;
}

static const enum err me_errors[] = { ERR_NOT_FOUND, ERR_OK };
static const enum err edit_errors[] = { ERR_VALIDATION, ERR_OK };
static const enum err block_errors[] = { ERR_VALIDATION, ERR_NOT_FOUND, ERR_OK };
static const enum err report_errors[] = { ERR_VALIDATION, ERR_NOT_FOUND, ERR_OK };

static const struct route routes[] = {
	{ METHOD_GET, "/api/v1/users/me", "user_me_get", .roles = ROLE_SIGNED_IN, .rate = RATE_READ,
	    .flags = ROUTE_ETAG, .reply = user_own_fields, .errors = me_errors, .bind = bind_me,
	    .show = show_me, .summary = "Read the own profile",
	    .doc = "Its ETag is what PATCH wants in If-Match." },
	{ METHOD_PATCH, "/api/v1/users/me", "user_me_update", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_IF_MATCH, .body = profile_body,
	    .reply = user_own_fields, .errors = edit_errors, .handle = patch_me,
	    .summary = "Edit the own profile", .doc = "Only the fields sent are changed." },
	{ METHOD_PUT, "/api/v1/users/me/presence", "presence_set", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_NO_TX, .body = presence_body,
	    .reply = presence_own_fields, .handle = put_presence,
	    .summary = "Say that this device is away, or back",
	    .doc = "Holds as long as the device, which is the login of the token, waits for events, and "
		   "not longer. Being here needs no call: who waits for events is ONLINE." },
	{ METHOD_GET, "/api/v1/users/me/sessions", "user_me_sessions", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = sessions_query,
	    .reply = session_list_fields, .handle = get_my_sessions,
	    .summary = "List the own sessions, newest first",
	    .doc = "An advisor's list has those they answered too: see side." },
	{ METHOD_GET, "/api/v1/users/me/blocks", "block_list", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = page_query, .reply = block_fields,
	    .bind = bind_blocks, .show = reply_found_page,
	    .summary = "List whom the caller blocks, newest first",
	    .doc = "Whom you block is told nothing of it." },
	{ METHOD_PUT, "/api/v1/users/me/blocks/{user_id}", "block_put", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .status = 204, .errors = block_errors, .handle = put_block,
	    .summary = "Block somebody",
	    .doc =
		"Works both ways and silently: each is hidden from the other and neither can write "
		"to the other. A live session between the two ends. Repeating it changes nothing." },
	{ METHOD_DELETE, "/api/v1/users/me/blocks/{user_id}", "block_delete",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .status = 204, .handle = delete_block,
	    .summary = "End a block", .doc = "Also succeeds when there was none." },
	{ METHOD_GET, "/api/v1/users/{id}", "user_get", .roles = ROLE_SIGNED_IN, .rate = RATE_READ,
	    .reply = profile_public_fields, .errors = me_errors, .bind = bind_user,
	    .show = reply_found, .summary = "Read what somebody shows of themselves",
	    .doc = "Not found too when one of the two has blocked the other." },
	{ METHOD_POST, "/api/v1/reports", "report_create", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_OR_200, .status = 201, .body = report_body,
	    .reply = report_own_fields, .errors = report_errors, .handle = post_report,
	    .summary = "Report a person, an advisor, a message or a session",
	    .doc = "What is reported is kept as it stands now. While a report by the same person about "
		   "the same target is open, that one is answered, with 200." },
	{ METHOD_GET, "/api/v1/reports/{id}", "report_get", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .reply = report_own_fields, .errors = me_errors, .bind = bind_report,
	    .show = reply_found, .summary = "See what became of a report of yours",
	    .doc = "Only who raised a report can read it." },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &user_stmts, &profile_stmts, &block_stmts,
	&report_stmts, &presence_stmts, &session_stmts, &session_leave_stmts, &message_stmts, NULL };

int
main(int argc, char **argv)
{
	static const struct app app = { .name = "people", .routes = tables, .sets = sets };

	return app_main(&app, argc, argv);
}
