/*
 * The connections over which what clients ask is sent: a lock that one waits for delays no event. Several, so that one
 * flush of the log commits what several of them wrote.
 */
#ifndef LIVE_LINE_H
#define LIVE_LINE_H

#include "db/pipeline.h"
#include "live/live.h"
#include "live/parts.h"

enum {
	LINES_MAX = 32,
	/* as conf.def bounds EVENTS_CONNECTIONS */ LINE_WAITING_MAX = 1024 /* at each */
};

/* One of them. */
struct line {
	struct pipeline *pipeline;
	struct source source;
	struct live_call *gathered, **gathered_end; /* what waits, in the order it came: gather.h */
	size_t gathered_count;
	int64_t gathered_us; /* clock_steady_us() since when the first of these has waited */
	unsigned flights; /* statements for what was gathered, under way */
};

/* config: as that of the program's own connection. */
struct lines *line_open(struct live *, struct pipeline_config config);
void line_close(struct lines *);
/* The line of everything that is asked of one thing, by its name: done in the order it came. */
struct line *line_for(struct lines *, const char *of);
size_t line_count(const struct lines *);
struct line *line_at(struct lines *, size_t number);
void line_watch(struct live *); /* what they wait for changes with every step */
void line_tick(struct lines *); /* step those that are due */
int64_t line_due_us(const struct lines *); /* clock_steady_us() */

#endif
