#include "web/turn.h"
#include "base/fail.h"
#include "base/limits.h"
#include "base/log.h"
#include "web/app.h"
#include "web/fcgi.h"
#include "web/metrics.h"
#include "web/prefork.h"
#include "web/req.h"

/* A request that was taken. */
struct seat {
	struct arena *arena; /* NULL until it is used first */
	struct http *http; /* NULL: answered */
	struct req *req;
	bool fresh;
};

struct turn {
	struct worker *worker;
	struct arena *arena; /* worker->arena as it was; of what the requests of a batch share */
	turn_answered *answered;
	void *arg;
	struct seat seats[TURN_MAX];
	size_t count; /* seats from the first on that are or were taken */
	int busy; /* of these, not answered */
	unsigned long trips; /* of the database, that were counted */
};
static_assert((int)TURN_MAX <= (int)DB_READS_MAX, "a turn is one flight");
static_assert((int)TURN_MAX <= (int)ROUTE_BATCH_MAX, "a turn is one batch");

struct turn *
turn_new(struct worker *worker, turn_answered *answered, void *arg)
{
	struct turn *turn = arena_calloc(worker->process, 1, sizeof(*turn));

	turn->worker = worker;
	turn->arena = worker->arena;
	turn->answered = answered;
	turn->arg = arg;
	return turn;
}

void
turn_free(struct turn *turn)
{
	size_t i;

	turn->worker->arena = turn->arena;
	for (i = 0; i < TURN_MAX; i++)
		arena_free(turn->seats[i].arena);
}

bool
turn_full(const struct turn *turn)
{
	return turn->count == TURN_MAX;
}

bool
turn_empty(const struct turn *turn)
{
	return turn->count == 0;
}

bool
turn_has(const struct turn *turn, const struct http *http)
{
	size_t i;

	for (i = 0; i < turn->count; i++)
		if (turn->seats[i].http == http)
			return true;
	return false;
}

static void
busy(struct turn *turn, int change)
{
	turn->busy += change;
	prefork_busy(turn->busy);
	metrics_add(turn->worker->metrics, METRIC_REQUESTS_BUSY, change);
}

static void
answer(struct turn *turn, struct seat *seat, enum err err)
{
	struct http *http = seat->http;
	struct buf whole = req_render(seat->req, err);
	unsigned long trips = db_round_trips(turn->worker->db);

	(void)http_write(http, whole.data, whole.len);
	req_done(seat->req, err);
	metrics_add(turn->worker->metrics, METRIC_DB_ROUND_TRIPS, (int64_t)(trips - turn->trips));
	turn->trips = trips;
	seat->http = NULL;
	busy(turn, -1);
	turn->answered(turn->arg, http, seat->fresh);
	arena_reset(seat->arena);
}

void
turn_take(struct turn *turn, struct http *http, bool fresh)
{
	struct seat *seat = &turn->seats[turn->count];
	enum err err;

	if (seat->arena == NULL)
		seat->arena = arena_new(REQUEST_BYTES_MAX);
	turn->worker->arena = seat->arena;
	seat->http = http;
	seat->fresh = fresh;
	seat->req = req_begin(turn->worker, http);
	busy(turn, 1);
	err = req_prepare(seat->req);
	if (err != ERR_OK || seat->req->reply.finished) {
		answer(turn, seat, err);
		return;
	}
	req_pause();
	turn->count++;
}

/* Of the reads that can go together: their answers. Those that have none then are handled alone, as all others. */
static void
run_reads(struct turn *turn)
{
	struct db_read reads[TURN_MAX];
	struct seat *seats[TURN_MAX];
	size_t count = 0, i;

	for (i = 0; i < turn->count; i++) {
		const struct req *req = turn->seats[i].req;

		if (req->bound == NULL || (req->route->flags & ROUTE_SLOW) != 0)
			continue;
		reads[count] = (struct db_read){
			.bound = req->bound, .arena = req->arena, .request_id = req->id
		};
		seats[count++] = &turn->seats[i];
	}
	if (count < 2)
		return;
	prefork_alive();
	req_resume(seats[0]->req); /* who is named when it crashes here */
	db_run_many(turn->worker->db, reads, count);
	for (i = 0; i < count; i++) {
		if (!reads[i].answered)
			continue;
		req_resume(seats[i]->req);
		answer(turn, seats[i], req_show(seats[i]->req, reads[i].err, reads[i].rows));
	}
}

/* Nothing has been done for any of them; each will be handled alone. */
static void
batch_failed(const struct turn *turn, const struct route *route, size_t count, enum err err)
{
	metrics_add(turn->worker->metrics, METRIC_BATCHES_FAILED, 1);
	if (err != ERR_UNAVAILABLE) /* which is said once (db/outage.h) */
		log_warn("batch failed", LOG_STR("route", route->name),
		    LOG_INT("requests", (int64_t)count), LOG_STR("error", err_code(err)));
}

/* Several requests of one route as one statement, and their answers. */
static void
run_batch(struct turn *turn, struct seat *const seats[], size_t count)
{
	const struct route *route = seats[0]->req->route;
	struct req *reqs[TURN_MAX];
	enum err errs[TURN_MAX], err;
	size_t i;

	for (i = 0; i < count; i++)
		reqs[i] = seats[i]->req;
	prefork_alive();
	req_resume(reqs[0]); /* who is named when it crashes here */
	db_arena_set(turn->worker->db, turn->arena);
	err = FAILPOINT_ERR(TURN_BATCH);
	if (err == ERR_OK)
		err = route->batch(reqs, count, errs);
	req_pause();
	if (err != ERR_OK) {
		batch_failed(turn, route, count, err);
	} else {
		metrics_add(turn->worker->metrics, METRIC_BATCHES, 1);
		metrics_add(turn->worker->metrics, METRIC_BATCHED, (int64_t)count);
	}
	for (i = 0; err == ERR_OK && i < count; i++) {
		req_resume(reqs[i]);
		answer(turn, seats[i], req_handled(reqs[i], errs[i]));
	}
	arena_reset(turn->arena);
}

/* Of the writes that can go together, by route: their answers. One that is alone is handled as any other. */
static void
run_batches(struct turn *turn)
{
	struct seat *seats[TURN_MAX];
	size_t count, first, i;

	for (first = 0; first < turn->count; first++) {
		const struct route *route =
		    turn->seats[first].http != NULL ? turn->seats[first].req->route : NULL;

		if (route == NULL || route->batch == NULL)
			continue;
		for (count = 0, i = 0; i < turn->count; i++)
			if (turn->seats[i].http != NULL && turn->seats[i].req->route == route)
				seats[count++] = &turn->seats[i];
		if (count > 1 && seats[0] == &turn->seats[first])
			run_batch(turn, seats, count);
	}
}

void
turn_run(struct turn *turn)
{
	size_t i;

	run_reads(turn);
	run_batches(turn);
	for (i = 0; i < turn->count; i++) {
		struct seat *seat = &turn->seats[i];

		if (seat->http == NULL)
			continue;
		prefork_alive();
		req_resume(seat->req);
		answer(turn, seat, req_handle(seat->req));
	}
	turn->count = 0;
}
