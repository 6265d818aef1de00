/*
 * Queue mode: one page shows one item with all its evidence and its decisions; what is decided takes effect ten
 * seconds later and can be undone until then, and the next item comes at once, so that a decision costs one POST and
 * one GET. All queues have one template, queue.html, and none has HTML of its own.
 *
 * To add a queue: a struct queue_source with its order and its statements of evidence beside its noun
 * (domain/system/queue.h), acts with ACT_LATER, a struct queue in cgi-bin/admin_queue.c, and its address in the list
 * that it is worked from (struct list, .queue).
 *
 *	GET /admin/queue/NAME		the most urgent item
 *	GET /admin/queue/NAME?skip=ID	the one after it
 *	GET /admin/queue/NAME/ID	this one, which is also where what was undone comes back
 *
 * Keys: those of the queue's acts, s for the next, u to undo, ? for what they are. All of it has buttons.
 */
#ifndef PANEL_QUEUE_H
#define PANEL_QUEUE_H

#include "domain/system/queue.h"
#include "panel/record.h"

enum queue_shape {
	QUEUE_FACTS = 1, /* each row by its columns */
	QUEUE_ROWS, /* a table */
	QUEUE_TALK /* messages, as people/evidence.h has them; shown only together with its entry in the audit log */
};

/* A piece of evidence. */
struct queue_part {
	const char *title; /* NULL ends a table */
	enum queue_shape shape;
	const struct stmt *const *stmt; /* $1: the item, $2: how many rows at most */
	const struct column *columns; /* NULL for QUEUE_TALK */
	int64_t limit; /* rows shown */
	const char *heading; /* QUEUE_FACTS: a column of each row over its facts; NULL: none */
	const char *empty; /* said when there is no row; NULL: then the part is left out */
	/* The list of all, with columns of the item in braces, where there are more, and always of a talk; NULL: none. */
	const char *more;
};

struct queue {
	const struct queue_source *source;
	const struct list *list; /* what it is worked from */
	const char *title; /* "Reports" */
	const char *one, *many; /* what waits: "report", "reports" */
	const char *waiting; /* the column of overview_waiting with how many */
	const struct act_kind *kind; /* whose acts with ACT_LATER are the decisions */
	const char *keys; /* a letter for each of them */
	const struct queue_part *parts; /* the first is the item itself, in one row */
	const char *heading; /* of the page: text with the item's columns in braces */
	const char *badges[RECORD_BADGES_MAX]; /* the item's columns whose states stand behind it */
	const char *together; /* the acts' field that decides the whole matter at once; NULL: there is none */
	const char *others; /* the item's column with how many more are in the matter; NULL: none */
	const char *done; /* what is said when nothing waits */
};

/*
 * Put all that queue.html shows of the next item into context; without "item" when nothing waits.
 *	ERR_NOT_FOUND	with skip: there is no such item
 */
MUST_CHECK enum err queue_show_next(
    struct req *, const struct queue *, const char *skip, struct json_object *context);
/* The same of this item. ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err queue_show(
    struct req *, const struct queue *, const char *id, struct json_object *context);

#endif
