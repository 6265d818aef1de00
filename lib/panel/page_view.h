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
 * A row as an object, by column name as in replies, and what people read: beside each time NAME what page_put_time
 * gives; beside a whole number NAME_text ("12,345"); beside an amount NAME_text ("2,500.00 INR", and a rate
 * "25.00 INR a minute" or "Free"). A row above REPLY_BYTES_MAX is an empty object, and page_reply then an error.
 */
struct json_object *page_row(struct req *, const struct rows *, size_t row);
/* Beside a time called name, in the zone of who is signed in: NAME_text ("21 Nov 2026, 08:34 IST"), NAME_ago ("3 h
 * ago"), and for titles NAME_title, with UTC ("21 Nov 2026, 08:34 IST, 2026-11-21T03:04:05Z"). */
void page_put_time(struct req *, struct json_object *, const char *name, int64_t wall_s);
/* Is it a time as replies have it, in UTC? */
bool page_time_read(const char *text, int64_t *wall_s);
/* "12345" as "12,345"; what stands behind the digits stays. */
const char *page_grouped(struct arena *, const char *number);
/* An amount as "2500.00 INR"; NULL when value is none. */
const char *page_amount(struct req *, struct json_object *value);
/* At most limit rows as a list. */
struct json_object *page_rows(struct req *, const struct rows *, size_t limit);

#endif
