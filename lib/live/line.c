#include "live/line.h"
#include "base/clock.h"
#include "base/str.h"

#include <stdlib.h>

struct lines {
	int64_t count;
	struct line list[LINES_MAX];
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
		struct line *line = &lines->list[i];

		line->pipeline = pipeline_open(&config);
		line->gathered_end = &line->gathered;
		line->source = (struct source){ ready, line->pipeline, -1, 0 };
	}
	return lines;
}

void
line_close(struct lines *lines)
{
	int64_t i;

	for (i = 0; i < lines->count; i++)
		pipeline_close(lines->list[i].pipeline);
	free(lines);
}

struct line *
line_for(struct lines *lines, const char *of)
{
	return &lines->list[str_hash(of) % (uint64_t)lines->count];
}

size_t
line_count(const struct lines *lines)
{
	return (size_t)lines->count;
}

struct line *
line_at(struct lines *lines, size_t number)
{
	return &lines->list[number];
}

void
line_watch(struct live *live)
{
	struct lines *lines = live->lines;
	int64_t i;

	for (i = 0; i < lines->count; i++) {
		struct line *line = &lines->list[i];

		watch_poll(&live->watch, &line->source, pipeline_fd(line->pipeline),
		    pipeline_poll(line->pipeline));
	}
}

void
line_tick(struct lines *lines)
{
	int64_t now = clock_steady_us(), i;

	for (i = 0; i < lines->count; i++)
		if (now >= pipeline_due_us(lines->list[i].pipeline))
			pipeline_step(lines->list[i].pipeline);
}

int64_t
line_due_us(const struct lines *lines)
{
	int64_t due = INT64_MAX, i;

	for (i = 0; i < lines->count; i++)
		if (pipeline_due_us(lines->list[i].pipeline) < due)
			due = pipeline_due_us(lines->list[i].pipeline);
	return due;
}
