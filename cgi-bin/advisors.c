/*
 * advisors: the directory and what it shows, applications, and the advisor's own profile.
 */
#include "domain/market/advisor.h"
#include "domain/market/directory.h"
#include "domain/market/rating.h"
#include "domain/market/specialization.h"
#include "domain/people/lang.h"
#include "web/app.h"
#include "web/reply.h"

#include <string.h>

static const struct field page_query[] = {
	PAGE_FIELDS,
	{ 0 },
};

/* The query as the directory wants it; rules that no field table can say. */
static enum err
query_read(struct req *req, struct directory_query *query)
{
	const char *near = query_text(req, "near"), *sort = query_text(req, "sort");

	*query = (struct directory_query){ .viewer_id = req->caller.user_id,
		.rating_min = query_text(req, "rating_min"),
		.language = query_text(req, "language"),
		.specialization = query_text(req, "specialization"),
		.price_max_minor = query_int(req, "price_max_minor", -1),
		.currency = query_text(req, "currency"),
		.status = query_text(req, "status"),
		.words = query_text(req, "q"),
		.radius_km = query_int(req, "radius_km", -1) };
	if (sort != NULL && !directory_sort_parse(sort, &query->sort))
		return req_invalid(req, "sort", "is not an order");
	if (near != NULL &&
	    directory_near(req->arena, near, &query->latitude, &query->longitude) != ERR_OK)
		return req_invalid(req, "near", "must be lat,lon in decimal degrees");
	if (near == NULL && (query->sort == SORT_DISTANCE || query->radius_km >= 0))
		return req_invalid(req, "near", "is needed for a distance");
	if (query->price_max_minor >= 0 && query->currency == NULL)
		return req_invalid(req, "currency", "is needed with price_max_minor");
	return ERR_OK;
}

static enum err
get_advisors(struct req *req)
{
	struct directory_query query;
	struct page page;
	struct rows *rows;

	TRY(query_read(req, &query));
	TRY(req_page(req, &page));
	query.limit = page.limit + 1;
	query.key1 = page.keys[0];
	query.key2 = page.keys[1];
	TRY(directory_list(req->db, &query, &rows));
	return reply_page(req, rows, &page);
}

static enum err
bind_advisor(struct req *req, struct db_bound *bound)
{
	*bound = directory_get_bind(req->params[0], req->caller.user_id);
	return ERR_OK;
}

static enum err
get_ratings(struct req *req)
{
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(rating_list(req->db, req->params[0], req->caller.user_id, page.limit + 1, page.keys[0],
	    page.keys[1], &rows));
	return reply_page(req, rows, &page);
}

static enum err
bind_specializations(struct req *req, struct db_bound *bound)
{
	*bound = specialization_list_bind(
	    lang_accepted(req->arena, req_header(req, HEADER_ACCEPT_LANGUAGE)));
	return ERR_OK;
}

static enum err
reply_own(struct req *req, const struct rows *rows)
{
	reply_version(req, advisor_version(rows));
	return reply_row(req, rows, 0);
}

static enum err
post_apply(struct req *req)
{
	struct fault fault = FAULT_NONE;
	struct rows *rows;
	enum err err;

	err = advisor_apply(req->db, req->caller.user_id, req_body_json(req), &fault, &rows);
	return err == ERR_OK ? reply_own(req, rows) : req_fault(req, err, &fault);
}

static enum err
bind_own(struct req *req, struct db_bound *bound)
{
	*bound = advisor_own_bind(req->caller.user_id);
	return ERR_OK;
}

static enum err
show_own(struct req *req, const struct rows *rows)
{
	return rows_count(rows) > 0 ? reply_own(req, rows) : ERR_NOT_FOUND;
}

static enum err
patch_own(struct req *req)
{
	struct fault fault = FAULT_NONE;
	struct rows *rows;
	int64_t version;
	enum err err;

	TRY(req_if_match(req, &version));
	err = advisor_update(
	    req->db, req->caller.user_id, version, req_body_json(req), &fault, &rows);
	return err == ERR_OK ? reply_own(req, rows) : req_fault(req, err, &fault);
}

static enum err
put_status(struct req *req)
{
	bool online = strcmp(req_text(req, "status"), "ONLINE") == 0;
	struct rows *rows;

	TRY(advisor_online_set(req->db, req->caller.user_id, online, &rows));
	return reply_own(req, rows);
}

static const enum err list_errors[] = { ERR_VALIDATION, ERR_OK };
static const enum err get_errors[] = { ERR_NOT_FOUND, ERR_OK };
static const enum err state_errors[] = { ERR_VALIDATION, ERR_BAD_STATE, ERR_OK };
static const enum err edit_errors[] = { ERR_VALIDATION, ERR_STALE, ERR_OK };

static const struct route routes[] = {
	{ METHOD_GET, "/api/v1/advisors", "advisor_list", .roles = ROLE_ANON | ROLE_SIGNED_IN,
	    .rate = RATE_READ, .flags = ROUTE_LIST | ROUTE_BRIEF_CACHE,
	    .query = directory_query_fields, .reply = advisor_card_fields, .errors = list_errors,
	    .handle = get_advisors, .summary = "Find advisors",
	    .doc = "Signed-in callers do not see people they blocked or who blocked them." },
	{ METHOD_GET, "/api/v1/advisors/me", "advisor_me_get", .roles = ROLE_ADVISOR,
	    .rate = RATE_READ, .flags = ROUTE_ETAG, .reply = advisor_own_fields, .errors = get_errors,
	    .bind = bind_own, .show = show_own, .summary = "Read the own professional profile",
	    .doc = "Its ETag is what PATCH wants in If-Match." },
	{ METHOD_PATCH, "/api/v1/advisors/me", "advisor_me_update", .roles = ROLE_ADVISOR,
	    .rate = RATE_WRITE, .flags = ROUTE_IF_MATCH, .body = advisor_edit_body,
	    .reply = advisor_own_fields, .errors = edit_errors, .handle = patch_own,
	    .summary = "Edit the own professional profile",
	    .doc = "Only the fields sent are changed." },
	{ METHOD_PUT, "/api/v1/advisors/me/status", "advisor_status_set", .roles = ROLE_ADVISOR,
	    .rate = RATE_WRITE, .body = advisor_status_body, .reply = advisor_own_fields,
	    .errors = state_errors, .handle = put_status, .summary = "Take requests, or take no more",
	    .doc = "Only an APPROVED advisor can. BUSY comes and goes with sessions." },
	{ METHOD_POST, "/api/v1/advisors/apply", "advisor_apply", .roles = ROLE_USER | ROLE_ADVISOR,
	    .rate = RATE_WRITE, .body = advisor_apply_body, .reply = advisor_own_fields,
	    .errors = state_errors, .handle = post_apply,
	    .summary = "Apply to be listed as an advisor",
	    .doc = "Makes the profile PENDING until an administrator has looked at it. Allowed again "
		   "after a refusal. A USER becomes an ADVISOR when approved." },
	{ METHOD_GET, "/api/v1/advisors/{id}", "advisor_get", .roles = ROLE_ANON | ROLE_SIGNED_IN,
	    .rate = RATE_READ, .flags = ROUTE_ETAG | ROUTE_BRIEF_CACHE, .reply = advisor_fields,
	    .errors = get_errors, .bind = bind_advisor, .show = reply_found,
	    .summary = "Read an advisor",
	    .doc = "Only those who are listed; not found too when one of the two has blocked "
		   "the other." },
	{ METHOD_GET, "/api/v1/advisors/{id}/ratings", "advisor_ratings",
	    .roles = ROLE_ANON | ROLE_SIGNED_IN, .rate = RATE_READ,
	    .flags = ROUTE_LIST | ROUTE_BRIEF_CACHE, .query = page_query, .reply = rating_fields,
	    .errors = get_errors, .handle = get_ratings,
	    .summary = "List what users said of an advisor, newest first",
	    .doc = "Reviewers are shown by their first name." },
	{ METHOD_GET, "/api/v1/specializations", "specialization_list",
	    .roles = ROLE_ANON | ROLE_SIGNED_IN, .rate = RATE_READ,
	    .flags =
		ROUTE_LIST | ROUTE_ETAG | ROUTE_PUBLIC_CACHE | ROUTE_BRIEF_CACHE | ROUTE_LANGUAGE,
	    .reply = specialization_fields, .bind = bind_specializations, .show = reply_rows,
	    .summary = "List the subjects an advisor can offer",
	    .doc = "In the order to show them, with names in the first language of Accept-Language "
		   "that they have, else in English. Profiles and filters take their slugs." },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &advisor_stmts, &directory_stmts, &rating_stmts,
	&specialization_stmts, NULL };

int
main(int argc, char **argv)
{
	static const struct app app = { .name = "advisors", .routes = tables, .sets = sets };

	return app_main(&app, argc, argv);
}
