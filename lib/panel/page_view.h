/*
 * What pages show, as the JSON that templates render: objects, lists, and rows with what people read beside what
 * programs do.
 */
#ifndef PANEL_PAGE_VIEW_H
#define PANEL_PAGE_VIEW_H

#include "web/req.h"

/* An empty object or list that the arena will free. */
struct json_object *page_object(struct req *);
struct json_object *page_list(struct req *);
/* object[name] = value. */
void page_put(struct json_object *object, const char *name, const char *value);
void page_put_int(struct json_object *object, const char *name, int64_t value);
void page_put_bool(struct json_object *object, const char *name, bool value);
/* Hang value, made by page_object, page_list, page_row or page_rows, into object. */
void page_put_object(struct json_object *object, const char *name, struct json_object *value);
void page_list_add(struct json_object *list, struct json_object *value);

/*
 * A row as an object, by column name as in replies, and what people read: beside each time NAME also
 * NAME_text ("21 Nov 2026, 03:04 UTC") and NAME_ago ("3 h ago"); beside an amount NAME_text
 * ("25.00 INR", and a rate "25.00 INR a minute" or "Free"). A row
 * above REPLY_BYTES_MAX is an empty object, and page_reply then an error.
 */
struct json_object *page_row(struct req *, const struct rows *, size_t row);
/* What people read of an amount: "25.00 INR"; NULL when value is none. */
const char *page_amount(struct req *, struct json_object *value);
/* At most limit rows as a list. */
struct json_object *page_rows(struct req *, const struct rows *, size_t limit);

#endif
