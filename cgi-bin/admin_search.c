/* The one search: pages by their name, and whatever else an administrator has in hand. */
#include "admin.h"

#include "base/str.h"
#include "domain/system/search.h"
#include "panel/nav.h"

#include <string.h>

/* What can be found, in the order in which it is shown, and the page it has. */
static const struct {
	const char *kind, *label, *url;
} kinds[] = {
	{ "user", "People", "/admin/users/" },
	{ "session", "Sessions", "/admin/sessions/" },
	{ "message", "Messages", "/admin/messages/" },
	{ "conversation", "Conversations", "/admin/conversations/" },
	{ "report", "Reports", "/admin/reports/" },
	{ "job", "Jobs", "/admin/jobs/" },
	{ "audit", "Audit log", "/admin/audit?request=" },
};

static const char *
url_of(struct req *req, size_t kind, const struct rows *rows, size_t row)
{
	bool line = strcmp(kinds[kind].kind, "audit") == 0;
	const char *id = rows_text_of(rows, row, line ? "ref" : "id");
	struct buf out = buf_new(req->arena, 80);

	if (id == NULL)
		return NULL;
	buf_puts(&out, kinds[kind].url);
	buf_url(&out, id);
	return out.data;
}

/* Hang the rows of one kind into hits, each with the address of its page. */
static void
add_hits(struct req *req, struct json_object *hits, const struct rows *rows, size_t kind)
{
	struct json_object *hit;
	size_t i;

	for (i = 0; rows != NULL && i < rows_count(rows); i++) {
		if (strcmp(rows_text_of(rows, i, "kind"), kinds[kind].kind) != 0)
			continue;
		hit = page_row(req, rows, i);
		page_put(hit, "url", url_of(req, kind, rows, i));
		page_put(hit, "state_word", column_word(req->arena, rows_text_of(rows, i, "state")));
		page_list_add(hits, hit);
	}
}

static void
add_group(struct req *req, struct json_object *groups, const char *kind, const char *label,
    struct json_object *hits)
{
	struct json_object *group;

	if (json_object_array_length(hits) == 0)
		return;
	group = page_object(req);
	page_put(group, "kind", kind);
	page_put(group, "label", label);
	page_put_object(group, "hits", hits);
	page_list_add(groups, group);
}

/* Pages whose name begins with what was typed. */
static struct json_object *
pages(struct req *req, const char *text)
{
	struct json_object *hits = page_list(req), *hit;
	const struct nav_entry *entry;

	for (entry = nav_entries; entry->path != NULL; entry++) {
		if (text[0] == '\0' || strncasecmp(entry->label, text, strlen(text)) != 0)
			continue;
		hit = page_object(req);
		page_put(hit, "title", entry->label);
		page_put(hit, "detail", entry->group);
		page_put(hit, "url", entry->path);
		page_list_add(hits, hit);
	}
	return hits;
}

/* The page of the only thing that has this id; NULL when there is a choice, or no page. */
static const char *
only_page(struct req *req, const struct search *found)
{
	size_t kind;

	if (found->form != SEARCH_ID || rows_count(found->hits) != 1)
		return NULL;
	for (kind = 0; kind < COUNT_OF(kinds); kind++)
		if (strcmp(kinds[kind].kind, rows_text_of(found->hits, 0, "kind")) == 0)
			return url_of(req, kind, found->hits, 0);
	return NULL;
}

static enum err
get_search(struct req *req)
{
	const char *text = query_text(req, "q") == NULL ? "" : query_text(req, "q"), *page;
	struct json_object *context = page_object(req), *groups = page_list(req), *hits;
	struct search found;
	size_t i;

	TRY(search_run(req->db, req->conf, text, &found));
	page = only_page(req, &found);
	if (page != NULL)
		return reply_redirect(req, page);
	add_group(req, groups, "page", "Pages", pages(req, text));
	for (i = 0; i < COUNT_OF(kinds); i++) {
		hits = page_list(req);
		add_hits(req, hits, found.hits, i);
		add_hits(req, hits, found.related, i);
		add_group(req, groups, kinds[i].kind, kinds[i].label, hits);
	}
	page_put(context, "title", "Search");
	page_put(context, "find", text);
	page_put_bool(context, "near", found.near);
	page_put_object(context, "groups", groups);
	return panel_reply(req, "search", "search", context);
}

static const struct field search_query[] = {
	PANEL_DONE,
	{ "q", FIELD_TEXT, .max = SEARCH_TEXT_MAX, .doc = "What to look for" },
	{ 0 },
};

const struct route admin_search_routes[] = {
	{ METHOD_GET, "/admin/search", "panel_search", .roles = ROLE_ADMIN, .rate = RATE_PANEL,
	    .flags = ROUTE_PAGE | ROUTE_HIDDEN, .query = search_query, .handle = get_search,
	    .summary = "Search everything" },
	{ 0 },
};
