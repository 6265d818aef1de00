/*
 * The admin panel: server-rendered pages under /admin, and the same acts as JSON under /api/v1/admin. The front
 * page of the site is made of the same things and is here too.
 */
#include "admin.h"

#include "base/str.h"
#include "domain/market/review.h"
#include "domain/people/attempt.h"
#include "domain/people/moderation.h"
#include "domain/people/panel_login.h"
#include "domain/people/password.h"
#include "domain/people/saved_view.h"
#include "domain/people/user.h"
#include "domain/people/user_admin.h"
#include "domain/system/demo_login.h"
#include "domain/system/heartbeat.h"
#include "domain/system/job_admin.h"
#include "domain/system/overview.h"
#include "domain/system/search.h"
#include "domain/talk/message.h"
#include "domain/talk/session_leave.h"
#include "panel/nav.h"

#include <string.h>

/* What was done, as the next page says it; codes stand in URLs, texts only here. */
static const struct {
	const char *code, *text, *kind;
} messages[] = {
	{ "approved", "The advisor was approved and told.", "success" },
	{ "rejected", "The application was rejected and the advisor told why.", "success" },
	{ "blocked", "The account was blocked: its logins and live sessions have ended.", "success" },
	{ "unblocked", "The account is active again.", "success" },
	{ "resolved", "The report was closed.", "success" },
	{ "resolved_blocked", "The report was closed and the account blocked.", "success" },
	{ "checking", "The whole log is being checked; this page shows how far.", "success" },
	{ "job_retried", "The job will be tried anew, now.", "success" },
	{ "jobs_retried", "All of them will be tried anew, now.", "success" },
	{ "job_discarded", "The job was discarded.", "success" },
	{ "job_twin", "A younger job with the same key is waiting or running: it does the work.",
	    "warning" },
	{ "job_gone", "There was nothing to decide any more.", "warning" },
	{ "reason", "Please choose or write a reason.", "warning" },
	{ "out", "You have signed out.", "success" },
	{ "expired", "You were signed out after a while without use.", "warning" },
};

struct audit_by
panel_by(const struct req *req)
{
	return (struct audit_by){ req->caller.user_id, req->id };
}

static void
put_message(struct req *req, struct json_object *context)
{
	const char *code = query_text(req, "done");
	struct json_object *message;
	size_t i;

	for (i = 0; code != NULL && i < COUNT_OF(messages); i++) {
		if (strcmp(messages[i].code, code) != 0)
			continue;
		message = page_object(req);
		page_put(message, "text", messages[i].text);
		page_put(message, "kind", messages[i].kind);
		page_put_object(context, "message", message);
	}
}

enum err
panel_reply(struct req *req, const char *template, const char *section, struct json_object *context)
{
	struct rows *rows;

	TRY(overview_waiting(req->db, NAV_COUNT_MAX, &rows));
	page_put_object(context, "waiting", page_row(req, rows, 0));
	page_put(context, "section", section);
	put_message(req, context);
	return page_reply(req, template, context);
}

const char *
panel_reason(struct req *req, const char *canned, const char *text)
{
	if (canned == NULL || canned[0] == '\0')
		return text == NULL || text[0] == '\0' ? NULL : text;
	if (text == NULL || text[0] == '\0')
		return canned;
	return arena_printf(req->arena, "%s %s", canned, text);
}

int
main(int argc, char **argv)
{
	static const struct route *const tables[] = { admin_front_routes, admin_home_routes,
		admin_advisor_routes, admin_user_routes, admin_report_routes, admin_job_routes,
		admin_audit_routes, admin_api_routes, admin_search_routes, admin_list_routes, NULL };
	static const struct stmt_set *const sets[] = { &audit_stmts, &audit_check_stmts, &job_stmts,
		&job_admin_stmts, &overview_stmts, &heartbeat_stmts, &review_stmts,
		&moderation_stmts, &user_admin_stmts, &panel_login_stmts, &user_stmts,
		&attempt_stmts, &session_stmts, &session_leave_stmts, &message_stmts,
		&demo_login_stmts, &search_stmts, &saved_view_stmts, &timeline_stmts, NULL };
	static const struct app app = { .name = "admin",
		.routes = tables,
		.sets = sets,
		.pages = &page_hooks,
		.prepare = password_prepare };

	return app_main(&app, argc, argv);
}
