#include "live/line.h"
#include "base/clock.h"
#include "base/str.h"

#include <stdlib.h>

struct lines {
	int64_t count;
	struct pipeline *list[LINES_MAX];
	struct source sources[LINES_MAX];
};

/* Who asks while there is no connection is told so at once, and whose call was lost with it too. */
static void
changed(void *arg)
{
	(void)arg;
}

static void
ready(void *owner, uint32_t events)
{
	(void)events;
	pipeline_step(owner);
}

struct lines *
line_open(struct live *live, struct pipeline_config config)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	int64_t i;

	if (lines == NULL)
		abort();
	config.program = "events-calls";
	config.ready = config.down = changed;
	config.waiting_max = LINE_WAITING_MAX;
	lines->count = live->conf->events_connections;
	for (i = 0; i < lines->count; i++) {
		lines->list[i] = pipeline_open(&config);
		lines->sources[i] = (struct source){ ready, lines->list[i], -1, 0 };
	}
	return lines;
}

void
line_close(struct lines *lines)
{
	int64_t i;

	for (i = 0; i < lines->count; i++)
		pipeline_close(lines->list[i]);
	free(lines);
}

struct pipeline *
line_for(const struct lines *lines, const char *of)
{
	return lines->list[str_hash(of) % (uint64_t)lines->count];
}

void
line_watch(struct live *live)
{
	struct lines *lines = live->lines;
	int64_t i;

	for (i = 0; i < lines->count; i++)
		watch_poll(&live->watch, &lines->sources[i], pipeline_fd(lines->list[i]),
		    pipeline_poll(lines->list[i]));
}

void
line_tick(struct lines *lines)
{
	int64_t now = clock_steady_us(), i;

	for (i = 0; i < lines->count; i++)
		if (now >= pipeline_due_us(lines->list[i]))
			pipeline_step(lines->list[i]);
}

int64_t
line_due_us(const struct lines *lines)
{
	int64_t due = INT64_MAX, i;

	for (i = 0; i < lines->count; i++)
		if (pipeline_due_us(lines->list[i]) < due)
			due = pipeline_due_us(lines->list[i]);
	return due;
}
