/* The outbox: what left, and what became of it. */
#include "admin.h"

#include "domain/system/outbox_admin.h"

#include <string.h>

static const struct column outbox_facts[] = {
	{ "id", "Id", .kind = COLUMN_CODE },
	{ "channel", "By", .kind = COLUMN_CODE },
	{ "letter", "Letter", .kind = COLUMN_CODE },
	{ "user_name", "Account", COLUMN_TEXT, .link = "/admin/users/{user_id}" },
	{ "locale", "Language", .kind = COLUMN_CODE },
	{ "provider", "Provider", COLUMN_TEXT, .none = "not handed over yet" },
	{ "provider_ref", "Its name there", .kind = COLUMN_CODE },
	{ "segments", "Charged as", COLUMN_NUMBER, .tail = "SMS" },
	{ "created_at", "Written", .kind = COLUMN_TIME },
	{ "sent_at", "Accepted by the provider", .kind = COLUMN_TIME },
	{ "state_at", "State since", .kind = COLUMN_TIME },
	{ "attempts", "Tries", COLUMN_NUMBER, .link = "/admin/jobs/{job_id}" },
	{ "due_at", "Next try", .kind = COLUMN_MOMENT },
	{ "expires_at", "Of use until", .kind = COLUMN_MOMENT },
	{ 0 },
};
static const struct column outbox_texts[] = {
	{ "subject", "Subject", .kind = COLUMN_PROSE },
	{ "text", "What it said", COLUMN_PROSE,
	    .none =
		"Not shown: a code on a page of administrators would let each of them into any"
		" account. Only the built-in provider, in development, shows what it did not send." },
	{ 0 },
};
static const struct record outbox_record = {
	.list = &admin_outbox,
	.title = "recipient_masked",
	.badges = { "state" },
	.warning = "error",
	.warning_label = "What was wrong",
	.facts = outbox_facts,
	.texts = outbox_texts,
	.timeline = timeline_thing,
};

static enum err
get_letter(struct req *req)
{
	struct json_object *context = page_object(req), *letter;
	const char *id = req->params[0], *subject, *text;
	struct rows *rows;

	TRY(outbox_get(req->db, id, &rows));
	TRY(outbox_said(req->db, req->conf, id, &subject, &text));
	letter = page_row(req, rows, 0);
	page_put(letter, "subject", subject);
	page_put(letter, "text", text);
	TRY(record_show(req, &outbox_record, id, letter, context));
	TRY(act_bar(req, context, &outbox_kind, id));
	return panel_reply(req, "record", "outbox", context);
}

static const struct column list_columns[] = {
	{ "recipient_masked", "To", COLUMN_TEXT, .link = "/admin/outbox/{id}" },
	{ "channel", "By", .kind = COLUMN_CODE },
	{ "letter", "Letter", .kind = COLUMN_CODE },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "error", "What was wrong", .kind = COLUMN_PROSE },
	{ "provider", "Provider", .kind = COLUMN_TEXT },
	{ "user_name", "Account", COLUMN_TEXT, .link = "/admin/users/{user_id}" },
	{ "created_at", "Written", COLUMN_TIME, .sort = "written" },
	{ "sent_at", "Sent", .kind = COLUMN_TIME },
	{ "locale", "Language", COLUMN_CODE, .file_only = true },
	{ "segments", "Charged as", COLUMN_NUMBER, .file_only = true },
	{ "provider_ref", "Its name there", COLUMN_CODE, .file_only = true },
	{ "state_at", "State since", COLUMN_TIME, .file_only = true },
	{ "user_id", "Account, id", COLUMN_CODE, .file_only = true },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const char *const providers[] = { "outbox", "twilio", "smtp", "postmark", "resend", NULL };
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "state", FIELD_ENUM, .one_of = outbox_states, .doc = "State" },
	{ "channel", FIELD_ENUM, .one_of = letter_channels, .doc = "By" },
	{ "letter", FIELD_ENUM, .one_of = letter_names, .doc = "Letter" },
	{ "provider", FIELD_ENUM, .one_of = providers, .doc = "Provider" },
	{ "user", FIELD_UUID, .doc = "Account" },
	{ "from", FIELD_DATE, .doc = "Written from" },
	{ "to", FIELD_DATE, .doc = "Written until" },
	{ 0 },
};

/* A built-in provider sends nothing: who looks for a letter here must know. */
static enum err
above(struct req *req, struct json_object *context)
{
	bool sms = strcmp(req->conf->sms_provider, "outbox") == 0,
	     mail = strcmp(req->conf->mail_provider, "outbox") == 0;

	if (sms || mail)
		(void)list_notice(req, context, NOTICE_WARN,
		    arena_printf(req->arena,
			"%s not sent: the built-in provider keeps %s here. SMS_PROVIDER and"
			" MAIL_PROVIDER choose another.",
			sms && mail ? "SMS and e-mail are"
			    : sms   ? "SMS are"
				    : "E-mail is",
			sms ? "them" : "it"));
	return ERR_OK;
}

const struct list admin_outbox = {
	.name = "outbox",
	.path = "/admin/outbox",
	.title = "Outbox",
	.one = "letter",
	.many = "letters",
	.source = &outbox_all,
	.acts = &outbox_kind,
	.columns = list_columns,
	.query = list_query,
	.tabs = "state",
	.empty = "SMS and e-mail appear here when they are written, and stay for 90 days.",
	.above = above,
};
static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_outbox_routes[] = {
	LIST_ROUTES("/admin/outbox", "panel_outbox", list_query, "Page of the outbox"),
	{ METHOD_GET, "/admin/outbox/{id}", "panel_letter", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = PAGE, .query = done_query, .handle = get_letter,
	    .summary = "Page of one letter" },
	{ 0 },
};
