/*
 * The admin panel: server-rendered pages under /admin, and the same acts as JSON under /api/v1/admin. The front
 * page of the site is made of the same things and is here too.
 */
#include "admin.h"

#include "base/str.h"
#include "domain/market/application.h"
#include "domain/people/attempt.h"
#include "domain/people/evidence.h"
#include "domain/people/panel_login.h"
#include "domain/people/password.h"
#include "domain/people/profile.h"
#include "domain/people/saved_view.h"
#include "domain/people/totp.h"
#include "domain/people/user.h"
#include "domain/people/user_admin.h"
#include "domain/system/demo_login.h"
#include "domain/system/heartbeat.h"
#include "domain/system/job.h"
#include "domain/system/list_sources.h"
#include "domain/system/outbox.h"
#include "domain/system/overview.h"
#include "domain/system/search.h"
#include "panel/nav.h"

#include <string.h>

enum { ACTS_BYTES_MAX = 4 * 1024 * 1024 }; /* the routes made of acts */

/* What was done, as the next page says it; codes stand in URLs, texts only here. */
static const struct {
	const char *code, *text, *kind;
} messages[] = {
	{ "checking", "The whole log is being checked; this page shows how far.", "success" },
	{ "me", "Your settings were kept.", "success" },
	{ "others", "Everywhere else you are signed out.", "success" },
	{ "out", "You have signed out.", "success" },
	{ "expired", "You were signed out after a while without use.", "warning" },
};

struct audit_by
panel_by(const struct req *req)
{
	return (struct audit_by){ req->caller.user_id, req->id };
}

/* Pages without PANEL_DONE follow nothing. */
static bool
takes_done(const struct req *req)
{
	const struct field *field = req->route->query;

	while (field != NULL && field->name != NULL && strcmp(field->name, "done") != 0)
		field++;
	return field != NULL && field->name != NULL;
}

static enum err
put_message(struct req *req, struct json_object *context)
{
	const char *code = takes_done(req) ? query_text(req, "done") : NULL;
	struct json_object *message;
	bool said = false;
	size_t i;

	if (code != NULL)
		TRY(act_message(req, context, &said));
	if (said)
		return ERR_OK;
	for (i = 0; code != NULL && i < COUNT_OF(messages); i++) {
		if (strcmp(messages[i].code, code) != 0)
			continue;
		message = page_object(req);
		page_put(message, "text", messages[i].text);
		page_put(message, "kind", messages[i].kind);
		page_put_object(context, "message", message);
	}
	return ERR_OK;
}

enum err
panel_reply(struct req *req, const char *template, const char *section, struct json_object *context)
{
	struct rows *rows;

	TRY(overview_waiting(req->db, NAV_COUNT_MAX, &rows));
	page_put_object(context, "waiting", page_row(req, rows, 0));
	page_put(context, "section", section);
	TRY(put_message(req, context));
	return page_reply(req, template, context);
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new(ACTS_BYTES_MAX);
	const struct route *const tables[] = { admin_front_routes, admin_home_routes,
		admin_advisor_routes, admin_user_routes, admin_report_routes, admin_job_routes,
		admin_audit_routes, admin_api_routes, admin_search_routes, admin_list_routes,
		admin_queue_routes, admin_session_routes, admin_conversation_routes,
		admin_me_routes, admin_program_routes, admin_setting_routes, admin_admin_routes,
		admin_specialization_routes, admin_outbox_routes, act_routes(arena, panel_reply),
		panel_list_twins(arena), NULL };
	static const struct stmt_set *const sets[] = { &audit_check_stmts, &job_stmts,
		&overview_stmts, &heartbeat_stmts, &user_admin_stmts, &panel_login_stmts,
		&user_stmts, &attempt_stmts, &totp_stmts, &demo_login_stmts, &search_stmts,
		&saved_view_stmts, &timeline_stmts, &queue_stmts, &evidence_stmts,
		&application_stmts, &profile_stmts, &outbox_stmts, NULL };
	const struct app app = { .name = "admin",
		.routes = tables,
		.sets = act_sets_behind(arena, sets),
		.lists = list_sources,
		.pages = &page_hooks,
		.prepare = password_prepare };

	int status = app_main(&app, argc, argv);

	arena_free(arena);
	return status;
}
