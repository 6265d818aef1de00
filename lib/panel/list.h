/*
 * Lists as data: one row of struct list is a page with filters, chips, sorting, counting, paging both ways, bulk
 * acts, saved views and a CSV of what is shown. All lists have one handler and one template, list.html; none has
 * HTML of its own. Everything that is wanted stands in the address, so a page can be linked and goes back.
 *
 * To add a list:
 *
 *	1. a struct list_source beside its noun in lib/domain (db/list.h), and its name in
 *	   lib/domain/system/list_sources.c, which has its plans looked at; an index for each sort, and one for each
 *	   filter that can leave few rows of many
 *	2. in cgi-bin/admin_NOUN.c its columns, its filters and itself, and two routes:
 *
 *		static const struct column columns[] = {
 *			{ "name", "Name", .kind = COLUMN_TEXT, .link = "/admin/things/{id}", .sort = "name" },
 *			{ "created_at", "Made", .kind = COLUMN_TIME, .sort = "created" },
 *			{ 0 },
 *		};
 *		static const struct field query[] = { PANEL_DONE, LIST_FIELDS,
 *			{ "state", FIELD_ENUM, .one_of = thing_states, .doc = "State" }, { 0 } };
 *		const struct list thing_page = { "things", "/admin/things", "Things", "thing", "things",
 *			&thing_list, columns, query, .tabs = "state", .empty = "Things appear here." };
 *		LIST_ROUTES("/admin/things", "panel_things", query, "Page of the things"),
 *
 *	3. &thing_page in admin_lists (cgi-bin/admin_list.c), and a link in templates/nav.html
 *
 * A filter is a field of the query whose name is one of the source's filters; its doc is its label. An enum is a
 * select, a date a day, a UUID a person, whose name the chip says; any other text a search field.
 */
#ifndef PANEL_LIST_H
#define PANEL_LIST_H

#include "db/list.h"
#include "panel/column.h"

enum {
	LIST_ROWS = 50, /* of a page, unless another size is asked for */
	LIST_COUNT_MAX = 10000, /* more are said to be more than that */
	LIST_FILE_ROWS_MAX = 10000 /* of a CSV */
};

/* Beside the filters; the second for a list whose rows are long. */
extern const struct field list_name_element[];
#define LIST_FIELDS LIST_FIELDS_TO(100)
#define LIST_FIELDS_TO(rows_max)                                                                   \
	{ "sort", FIELD_TEXT, .max = 40, .doc = "Name of a sort; with - before it turned round" }, \
	    { "limit", FIELD_INT, .min = 1, .max = (rows_max), .doc = "Rows of a page" },          \
	    { "cursor", FIELD_TEXT, .max = 512, .doc = "Where the page begins" },                  \
	    { "back", FIELD_BOOL, .doc = "The page that ends there" },                             \
	    { "columns", FIELD_LIST, .max = 40, .sub = list_name_element, .doc = "Columns" },      \
	{                                                                                          \
		"zone", FIELD_TEXT, .max = 64, .doc = "IANA zone of the times in a file"           \
	}

struct act_kind;
struct record;

struct list {
	const char *name; /* as "users" */
	const char *path; /* of its page; its file is path.csv */
	const char *title;
	const char *one, *many; /* what a row is: "account", "accounts" */
	const struct list_source *source;
	const struct column *columns;
	const struct field *query; /* LIST_FIELDS and the filters */
	const char *key; /* the column that check-boxes send; NULL: id */
	const char *tabs; /* the enum filter that is a row of tabs; NULL: none */
	const char *mine; /* the filter by the administrator whose work a row is; NULL: none */
	const char *start; /* where the bare path leads: "state=OPEN"; NULL: all rows */
	const char *empty; /* what will appear here, in a sentence */
	/* Asked before any row is read, page or file: ERR_OK, or why not; it may answer with another page
	 * (req->reply.finished). NULL: every administrator may. */
	enum err (*enter)(struct req *);
	const struct act_kind *acts; /* whose acts can be done to several rows at once; NULL: none */
	const struct record *record; /* the page of a row, of RECORD_ROUTE; NULL: none, or one of its own */
	const char *queue; /* the page that gives one by one what waits for a decision; NULL: none */
	const struct field *reply; /* of the JSON twin: columns of the source; NULL: made of columns */
	/* What its page shows above the rows: notices, tables (list.html); NULL: nothing. */
	enum err (*above)(struct req *, struct json_object *context);
};

/* The two routes of a list; the handlers are the program's, in cgi-bin/admin_list.c. */
#define LIST_ROUTES(list_path, route_name, fields, what)                                           \
	{ METHOD_GET, list_path, route_name, .roles = ROLE_ADMIN, .rate = RATE_PANEL,              \
		.flags = ROUTE_PAGE | ROUTE_HIDDEN, .query = (fields), .handle = panel_list_page,  \
		.summary = (what) },                                                               \
	{                                                                                          \
		METHOD_GET, list_path ".csv", route_name "_file",                                  \
		    .roles = ROLE_ADMIN, .rate = RATE_PANEL, .flags = ROUTE_PAGE | ROUTE_HIDDEN,   \
		    .query = (fields), .handle = panel_list_file, .summary = what " as a file"     \
	}

/* For above: a line over the rows; what it gives back may get more_url and more_label. */
enum notice { NOTICE_GOOD, NOTICE_WARN, NOTICE_BAD, NOTICE_ALERT };
struct json_object *list_notice(
    struct req *, struct json_object *context, enum notice, const char *said);
/* For above: a table of these rows (objects as of page_row). */
void list_table(struct req *, struct json_object *context, const char *name,
    const struct column *columns, struct json_object *rows);

/*
 * Read the page that the request's query wants and put all that list.html shows into context; or answer with a
 * redirect to the list's start, or where list->enter leads (req->reply.finished).
 *	ERR_BAD_CURSOR	the cursor is not of this list and these filters
 *	ERR_VALIDATION	there is no such sort
 */
MUST_CHECK enum err list_show(struct req *, const struct list *, struct json_object *context);
/*
 * The rows of the query as CSV (RFC 4180), at most LIST_FILE_ROWS_MAX and REPLY_BYTES_MAX, with the columns and in
 * the zone that are asked for. What a spreadsheet would take for a formula gets an apostrophe before it. The
 * export has an entry in the audit log. Needs a transaction of the caller.
 *	ERR_VALIDATION	there is no such sort, column or zone
 */
MUST_CHECK enum err list_file(struct req *, const struct list *);
/* Of a list that is entered: list->enter, which list_show and list_file ask. */
MUST_CHECK enum err list_enter(struct req *, const struct list *);
/* The first rows with one filter set, for a record's page: {rows, heads, all} as list_rows.html shows them. all
 * is the address of the full list; NULL when these are all. */
MUST_CHECK enum err list_related(struct req *, const struct list *, const char *filter,
    const char *value, struct json_object **related);

/*
 * The JSON twins of these lists, GET /api/v1PATH, in the arena, which must live as long as the program: the same rows
 * by the same filters and sorts, with cursors. A list that is entered by a page is refused where it would show one.
 */
const struct route *list_routes(struct arena *, const struct list *const *lists, size_t count);
/* The rows of a page that was read, each with the members that the route's reply has, and the cursor behind the last.
 *	ERR_REPLY_TOO_LARGE	more than REPLY_BYTES_MAX */
MUST_CHECK enum err list_reply(struct req *, const struct list_page *);

#endif
