/*
 * Inside lib/panel: what a list's address says, read once, and other addresses made of it.
 */
#ifndef PANEL_LIST_VIEW_H
#define PANEL_LIST_VIEW_H

#include "panel/list.h"

struct list_view {
	struct req *req;
	const struct list *list;
	struct list_wanted wanted; /* without cursor, limit and count */
	const struct list_sort *sort;
};

/* ERR_VALIDATION: there is no such sort. */
MUST_CHECK enum err list_view_read(struct req *, const struct list *, struct list_view *);
/* The column is among those asked for, or none were and it is for this place. */
bool list_view_has(const struct list_view *, const struct column *, bool file);
/* A field of the query that is a filter; NULL at the end. field is the one before, NULL at the beginning. */
const struct field *list_view_next(const struct list_view *, const struct field *field);
/* The filter's value; NULL: not set. */
const char *list_view_value(const struct list_view *, const struct field *filter);
/* The query of this view without the member but, and with name=value unless value is NULL; names may be NULL. */
const char *list_view_query(
    const struct list_view *, const char *but, const char *name, const char *value);
/* The same as an address. */
const char *list_view_url(
    const struct list_view *, const char *but, const char *name, const char *value);
/* As "mine", for a list with such a filter: the way to what is assigned to who looks, and back. */
void list_view_mine(const struct list_view *, struct json_object *context);
/* What the foot and the title show of a page: the ways to others, the sizes, how many rows there are. */
void list_view_pages(
    const struct list_view *, const struct list_page *, struct json_object *context);

#endif
