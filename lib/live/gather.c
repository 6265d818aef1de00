#include "live/gather.h"
#include "base/log.h"
#include "live/live.h"
#include "web/metrics.h"

#include <stdlib.h>
#include <string.h>

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

static void
go(struct line *line)
{
	struct live_call *calls[LIVE_BATCH_MAX];
	size_t count = line->gathered_count;

	if (count == 0)
		return;
	memcpy(calls, line->gathered, count * sizeof(*calls));
	line->gathered_count = 0;
	take_off(line, calls, count);
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
	size_t i;

	free(arg);
	line->flights--;
	for (i = 0; again && i < flight.count; i++)
		take_off(line, &flight.calls[i], 1);
	if (line->flights == 0)
		go(line); /* before the answers are made: the database need not wait for that */
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

	if (line->gathered_count > 0 && line->gathered[0]->op != call->op)
		go(line);
	line->gathered[line->gathered_count++] = call;
	if (line->flights == 0 || line->gathered_count == LIVE_BATCH_MAX)
		go(line);
}

void
gather_before(struct line *line, const char *of)
{
	size_t i;

	for (i = 0; i < line->gathered_count; i++)
		if (strcmp(line->gathered[i]->own_of, of) == 0) {
			go(line);
			return;
		}
}

void
gather_all(struct lines *lines)
{
	size_t i;

	for (i = 0; i < line_count(lines); i++)
		go(line_at(lines, i));
}
