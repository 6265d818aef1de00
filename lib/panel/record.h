/*
 * Records as data: the page of one person or thing is a row of struct record over the row of a statement. All
 * have one template, record.html: heading and badges, facts, longer texts, related lists that lead to their full
 * list, one timeline merged of all that happened, and the acts in a bar that stays in sight.
 *
 * To add a record: a struct record with .get and, where they are not the list's, columns; its address as .record of
 * the list, and RECORD_ROUTE. One that must make more of its row has a handler instead, which ends with
 *
 *	TRY(record_show(req, &thing_record, id, page_row(req, rows, 0), context));
 *	return panel_reply(req, "record", "things", context);
 */
#ifndef PANEL_RECORD_H
#define PANEL_RECORD_H

#include "domain/people/timeline.h"
#include "panel/list.h"

enum { RECORD_EVENTS = 40, RECORD_BADGES_MAX = 3 }; /* of the timeline */

/* The first rows of a list with one filter set to the record's id. */
struct record_related {
	const char *title; /* NULL ends a table */
	const struct list *list;
	const char *filter;
};

struct record {
	const struct list *list; /* where it is found */
	const char *title; /* the column of the heading; NULL: the list's first */
	const char *badges[RECORD_BADGES_MAX]; /* columns whose states stand behind it */
	const char *warning; /* a column that is shown as a warning on top; NULL: none */
	const char *warning_label; /* before it */
	/* Those that are null and have no word for it are left out; NULL: the list's columns. */
	const struct column *facts;
	const struct column *texts; /* the longer ones; NULL: none */
	const struct record_related *related; /* NULL: none */
	const struct timeline_source *timeline; /* NULL: timeline_thing */
	const char *desk; /* kind whose notes and assignee are kept, as "report"; NULL: none are */
	/* The row, for RECORD_ROUTE; NULL: the page has a handler of its own. */
	enum err (*get)(struct db *, const char *id, struct rows **rows);
};

/* The route of list->record; the handler is the program's, in cgi-bin/admin_list.c. */
#define RECORD_ROUTE(list_path, route_name, what)                                                  \
	{                                                                                          \
		METHOD_GET, list_path "/{id}", route_name,                                         \
		    .roles = ROLE_ADMIN, .rate = RATE_PANEL, .flags = ROUTE_PAGE | ROUTE_HIDDEN,   \
		    .query = panel_done_query, .handle = panel_record_page, .summary = what        \
	}

/* Put all that record.html shows into context; act_bar, after it, what is offered. id is what related lists and timeline go by. */
MUST_CHECK enum err record_show(struct req *, const struct record *, const char *id,
    struct json_object *row, struct json_object *context);

/* What templates/facts.html shows of the row's columns; those that are null and have no word for it are left out. */
struct json_object *record_facts(struct req *, const struct column *, struct json_object *row);

#endif
