/*
 * Inside the admin program: its route tables, one a file, and what its pages share.
 */
#ifndef CGI_BIN_ADMIN_H
#define CGI_BIN_ADMIN_H

#include "domain/system/audit_check.h"
#include "panel/act.h"
#include "panel/record.h"
#include "web/reply.h"

extern const struct route admin_front_routes[], admin_home_routes[], admin_advisor_routes[],
    admin_user_routes[], admin_report_routes[], admin_job_routes[], admin_api_routes[],
    admin_audit_routes[], admin_search_routes[], admin_list_routes[], admin_queue_routes[],
    admin_session_routes[], admin_conversation_routes[], admin_me_routes[], admin_program_routes[],
    admin_setting_routes[], admin_admin_routes[], admin_specialization_routes[],
    admin_outbox_routes[];

extern const struct list admin_users, admin_advisors, admin_reports, admin_jobs, admin_audit;
extern const struct list admin_sessions, admin_conversations, admin_messages, admin_admins,
    admin_specializations, admin_outbox;

/* What the pages' queries share: what was done just now. */
#define PANEL_DONE ACT_DONE_FIELDS

extern const struct field panel_done_query[];

/* What every list is as JSON. */
const struct route *panel_list_twins(struct arena *);
/* The handlers of LIST_ROUTES and RECORD_ROUTE. */
MUST_CHECK enum err panel_list_page(struct req *);
MUST_CHECK enum err panel_list_file(struct req *);
MUST_CHECK enum err panel_record_page(struct req *);
/* Who acts in this request. */
struct audit_by panel_by(const struct req *);
/* page_reply with the navigation: section is one of nav_entries, or another name. The
 * route's query must have PANEL_DONE. */
MUST_CHECK enum err panel_reply(
    struct req *, const char *template, const char *section, struct json_object *context);
#endif
