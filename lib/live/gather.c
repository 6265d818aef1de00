#include "live/gather.h"
#include "base/clock.h"
#include "base/log.h"
#include "live/live.h"
#include "web/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { GATHER_US = 5000 };

/* A statement under way. */
struct flight {
	struct line *line;
	size_t count;
	struct live_call *calls[LIVE_BATCH_MAX];
};

static void landed(void *arg, enum err err, struct rows *rows);

static void
fail(struct live_call *const calls[], size_t count, enum err err)
{
	size_t i;

	for (i = 0; i < count; i++)
		live_call_fail(calls[i], err);
}

/* As one statement. */
static void
take_off(struct line *line, struct live_call *const calls[], size_t count)
{
	struct arena *arena = calls[0]->arena;
	struct arena_mark mark = arena_mark(arena);
	struct flight *flight = calloc(1, sizeof(*flight));
	struct db_bound bound = calls[0]->op->bind(arena, calls, count);
	enum err err;

	if (flight == NULL)
		abort();
	flight->line = line;
	flight->count = count;
	memcpy(flight->calls, calls, count * sizeof(*calls));
	err = pipeline_send(line->pipeline, &bound, landed, flight);
	arena_rewind(arena, mark);
	if (err == ERR_OK) {
		line->flights++;
		return;
	}
	free(flight);
	fail(calls, count, err);
}

/* The first that waits. */
static struct live_call *
pop(struct line *line)
{
	struct live_call *call = line->gathered;

	line->gathered = call->next;
	if (line->gathered == NULL)
		line->gathered_end = &line->gathered;
	line->gathered_count--;
	return call;
}

/* One that only waited for those before it. */
static void
run_alone(struct live_call *call)
{
	enum err err = call->op->run(call);

	if (err != ERR_OK)
		live_call_fail(call, err);
	else
		call->user_id = call->login_id = call->of = NULL, call->data = NULL;
}

/* The next statement, and what is to be asked alone before it. */
static void
go(struct line *line)
{
	struct live_call *calls[LIVE_BATCH_MAX];
	size_t count = 0;

	while (line->gathered != NULL && line->gathered->op->bind == NULL)
		run_alone(pop(line));
	while (line->gathered != NULL && count < LIVE_BATCH_MAX &&
	    (count == 0 || line->gathered->op == calls[0]->op))
		calls[count++] = pop(line);
	line->gathered_us = clock_steady_us();
	if (count > 0)
		take_off(line, calls, count);
}

/* Which line's turn it is: the one that has waited longest of those that may go; NULL: none. */
static struct line *
next_line(struct lines *lines)
{
	int64_t late_us = clock_steady_us() - GATHER_US;
	struct line *best = NULL;
	unsigned flights = 0;
	size_t i;

	for (i = 0; i < line_count(lines); i++)
		flights += line_at(lines, i)->flights;
	for (i = 0; i < line_count(lines); i++) {
		struct line *line = line_at(lines, i);

		if (line->flights == 0 && line->gathered != NULL &&
		    (flights == 0 || line->gathered_count >= LIVE_BATCH_MAX ||
			line->gathered_us <= late_us) &&
		    (best == NULL || line->gathered_us < best->gathered_us))
			best = line;
	}
	return best;
}

void
gather_tick(struct lines *lines)
{
	struct line *line;

	while ((line = next_line(lines)) != NULL)
		go(line);
}

int64_t
gather_due_us(struct lines *lines)
{
	int64_t due = INT64_MAX;
	size_t i;

	for (i = 0; i < line_count(lines); i++) {
		const struct line *line = line_at(lines, i);

		if (line->gathered != NULL && line->flights == 0 &&
		    line->gathered_us + GATHER_US < due)
			due = line->gathered_us + GATHER_US;
	}
	return due;
}

/* What became of a batch; true: each has to be sent again. */
static bool
count_batch(const struct flight *flight, enum err err)
{
	const struct live_call *call = flight->calls[0];
	struct metrics *metrics = call->live->worker->metrics;

	metrics_add(metrics, err == ERR_OK ? METRIC_BATCHES : METRIC_BATCHES_FAILED, 1);
	if (err == ERR_OK)
		metrics_add(metrics, METRIC_BATCHED, (int64_t)flight->count);
	else if (err != ERR_UNAVAILABLE) /* which is said once (db/outage.h) */
		log_warn("batch failed", LOG_STR("op", call->op->name),
		    LOG_INT("calls", (int64_t)flight->count), LOG_STR("error", err_code(err)));
	return err != ERR_OK && err != ERR_UNAVAILABLE;
}

static void
landed(void *arg, enum err err, struct rows *rows)
{
	const struct flight flight = *(struct flight *)arg;
	struct line *line = flight.line;
	bool again = flight.count > 1 && count_batch(&flight, err);
	struct lines *lines = flight.calls[0]->live->lines;
	size_t i;

	free(arg);
	line->flights--;
	for (i = 0; again && i < flight.count; i++)
		take_off(line, &flight.calls[i], 1);
	gather_tick(lines); /* before the answers are made: the database need not wait for that */
	if (again)
		return;
	if (err == ERR_OK || flight.count == 1)
		flight.calls[0]->op->take(flight.calls, flight.count, err, rows);
	else
		fail(flight.calls, flight.count, err);
}

void
gather(struct live_call *call)
{
	struct line *line = call->line;

	if (line->gathered == NULL)
		line->gathered_us = clock_steady_us();
	*line->gathered_end = call;
	line->gathered_end = &call->next;
	line->gathered_count++;
	gather_tick(call->live->lines);
}

bool
gather_full(const struct line *line)
{
	return line->gathered_count >= LINE_WAITING_MAX;
}

bool
gather_has(const struct line *line, const char *of)
{
	const struct live_call *call = line->gathered;

	while (call != NULL && strcmp(call->own_of, of) != 0)
		call = call->next;
	return call != NULL;
}

void
gather_all(struct lines *lines)
{
	size_t i;

	for (i = 0; i < line_count(lines); i++)
		while (line_at(lines, i)->gathered != NULL)
			go(line_at(lines, i));
}
