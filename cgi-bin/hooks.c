/*
 * hooks: what services outside tell of what they do for us. A call counts only when it is signed; who signs wrongly
 * learns nothing, and what is told again or late changes nothing. A program of its own: it is the one that strangers
 * write to, and it needs neither the tokens' keys nor anything that waits.
 */
#include "base/form.h"
#include "base/log.h"
#include "domain/system/outbox.h"
#include "ext/sms.h"
#include "web/app.h"
#include "web/reply.h"

#include <string.h>

/* The form of the call, if Twilio has signed it. */
static enum err
twilio_read(struct req *req, struct pair pairs[QUERY_PAIRS_MAX], size_t *count)
{
	const char *url = arena_printf(
	    req->arena, "%s" TWILIO_HOOK_PATH "?%s", req->conf->base_url, req->query_text);

	TRY(form_decode(req->arena, req->body_text, req->body_len, pairs, QUERY_PAIRS_MAX, count));
	if (twilio_signed(req->arena, req->conf->twilio_token, url, pairs, *count,
		req_header(req, HEADER_TWILIO_SIGNATURE)))
		return ERR_OK;
	log_warn("a call that Twilio has not signed");
	return ERR_FORBIDDEN;
}

/* Of the states that Twilio tells, these two are the last ones that tell of a failure. */
static bool
has_failed(const char *state)
{
	return strcmp(state, "undelivered") == 0 || strcmp(state, "failed") == 0;
}

static enum err
post_twilio(struct req *req)
{
	struct pair pairs[QUERY_PAIRS_MAX];
	const char *state, *ref, *code, *error = NULL;
	size_t count = 0;
	bool known = true;

	TRY(twilio_read(req, pairs, &count));
	state = form_get(pairs, count, "MessageStatus");
	ref = form_get(pairs, count, "MessageSid");
	code = form_get(pairs, count, "ErrorCode");
	if (state == NULL || ref == NULL || !query_has(req, "id"))
		return ERR_BAD_REQUEST;
	if (has_failed(state))
		error = arena_printf(req->arena, "twilio: %s%s%s", state,
		    code != NULL ? ", its code " : "", code != NULL ? code : "");
	if (error != NULL || strcmp(state, "delivered") == 0)
		TRY(outbox_report(req->db, query_text(req, "id"), ref, error == NULL, error, &known));
	if (!known)
		log_warn("Twilio tells of a letter that is not there");
	return reply_empty(req);
}

static const struct field twilio_query[] = {
	{ "id", FIELD_UUID, .doc = "The letter in the outbox" },
	{ 0 },
};
static const enum err twilio_errors[] = { ERR_FORBIDDEN, ERR_OK };

static const struct route routes[] = {
	{ METHOD_POST, TWILIO_HOOK_PATH, "hook_twilio", .roles = ROLE_ANON, .rate = RATE_HOOK,
	    .flags = ROUTE_HIDDEN | ROUTE_RAW, .status = 204, .query = twilio_query,
	    .errors = twilio_errors, .handle = post_twilio,
	    .summary = "Twilio tells what became of an SMS" },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &outbox_stmts, NULL };
static const struct app app = { .name = "hooks", .routes = tables, .sets = sets };

int
main(int argc, char **argv)
{
	return app_main(&app, argc, argv);
}
