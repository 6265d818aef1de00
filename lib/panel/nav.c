#include "panel/nav.h"

#include "panel/page_view.h"

#include <string.h>

const struct nav_entry nav_entries[] = {
	{ "", "home", "Home", "/admin", NULL, NULL },
	{ "People", "users", "Users", "/admin/users", NULL, NULL },
	{ "People", "advisors", "Advisors", "/admin/advisors", "pending", "waiting for review" },
	{ "People", "specializations", "Subjects", "/admin/specializations", NULL, NULL },
	{ "Talk", "sessions", "Sessions", "/admin/sessions", NULL, NULL },
	{ "Talk", "conversations", "Conversations", "/admin/conversations", NULL, NULL },
	{ "Trust", "reports", "Reports", "/admin/reports", "reports", "open" },
	{ "Trust", "audit", "Audit log", "/admin/audit", NULL, NULL },
	{ "System", "jobs", "Jobs", "/admin/jobs", "jobs", "given up" },
	{ "System", "outbox", "Outbox", "/admin/outbox", NULL, NULL },
	{ "System", "programs", "Programs", "/admin/programs", NULL, NULL },
	{ "System", "settings", "Settings", "/admin/settings", NULL, NULL },
	{ "System", "admins", "Administrators", "/admin/admins", NULL, NULL },
	{ "System", "me", "My settings", "/admin/me", NULL, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

/* What waits behind an entry; 0 when nothing is known. */
static int64_t
waiting_of(struct json_object *context, const struct nav_entry *entry)
{
	struct json_object *counts, *count;

	if (entry->waiting == NULL || !json_object_object_get_ex(context, "waiting", &counts) ||
	    !json_object_object_get_ex(counts, entry->waiting, &count))
		return 0;
	return json_object_get_int64(count);
}

static const char *
count_text(struct req *req, int64_t count)
{
	if (count >= NAV_COUNT_MAX)
		return arena_printf(req->arena, "%d+", NAV_COUNT_MAX - 1);
	return count == 0 ? NULL : arena_printf(req->arena, "%lld", (long long)count);
}

static struct json_object *
entry_object(struct req *req, const struct nav_entry *entry, const char *section, int64_t waiting)
{
	struct json_object *object = page_object(req);

	page_put(object, "label", entry->label);
	page_put(object, "path", entry->path);
	page_put_bool(object, "here", section != NULL && strcmp(section, entry->section) == 0);
	page_put(object, "count", count_text(req, waiting));
	page_put(object, "waits", entry->waits);
	return object;
}

void
nav_put(struct req *req, struct json_object *context)
{
	struct json_object *groups = page_list(req), *group = NULL, *entries = NULL, *name;
	const struct nav_entry *entry;
	const char *section = json_object_object_get_ex(context, "section", &name)
	    ? json_object_get_string(name)
	    : NULL;
	int64_t sum = 0, waiting;

	for (entry = nav_entries; entry->path != NULL; entry++) {
		if (group == NULL || strcmp(entry->group, entry[-1].group) != 0) {
			group = page_object(req);
			entries = page_list(req);
			page_put(group, "group", entry->group);
			page_put_object(group, "entries", entries);
			page_list_add(groups, group);
		}
		waiting = waiting_of(context, entry);
		sum += waiting;
		page_list_add(entries, entry_object(req, entry, section, waiting));
	}
	page_put_object(context, "nav", groups);
	page_put(context, "nav_waiting", count_text(req, sum));
}
