#include "db/pipeline.h"
#include "base/clock.h"
#include "base/limits.h"
#include "db/outage.h"
#include "db/pg.h"
#include "db/prepared.h"
#include "db/schema.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_ANSWERS = 500 };

/* A statement that was sent. */
struct waiting {
	const struct stmt *stmt;
	bool parses; /* the answer to its preparing comes first */
	pipeline_answer *answer;
	void *arg;
	int64_t sent_us; /* monotonic */
};

struct pipeline {
	struct pipeline_config config;
	enum pipeline_state state;
	PGconn *conn; /* NULL when down */
	PostgresPollingStatusType connecting; /* what PQconnectPoll wants; OK: looking at the schema */
	bool unsent; /* libpq holds bytes for the server */
	bool more; /* stopped by STEP_ANSWERS */
	bool broken; /* nothing can be sent: the next step gives the connection up */
	int64_t since_us, retry_at_us, backoff_us;
	int64_t answered_us; /* monotonic: when the last answer had come */
	struct waiting *queue; /* a ring of config.waiting_max */
	size_t first, count;
	bool answered; /* the first of the queue has its result: its sync point is next */
	struct db db; /* for pg_error, and what is prepared */
	struct arena *arena;
};

struct pipeline *
pipeline_open(const struct pipeline_config *config)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (pipeline == NULL)
		abort();
	pipeline->config = *config;
	pipeline->queue = calloc(config->waiting_max, sizeof(*pipeline->queue));
	if (pipeline->queue == NULL)
		abort();
	pipeline->arena = arena_new(REQUEST_BYTES_MAX);
	pipeline->db.prepared = prepared_new(config->sets);
	pipeline->state = PIPELINE_CONNECTING;
	return pipeline;
}

void
pipeline_close(struct pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	PQfinish(pipeline->conn);
	arena_free(pipeline->arena);
	free(pipeline->db.prepared);
	free(pipeline->queue);
	free(pipeline);
}

int
pipeline_fd(const struct pipeline *pipeline)
{
	return pipeline->conn == NULL ? -1 : PQsocket(pipeline->conn);
}

short
pipeline_poll(const struct pipeline *pipeline)
{
	if (pipeline->state != PIPELINE_READY && pipeline->connecting != PGRES_POLLING_OK)
		return pipeline->connecting == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	return pipeline->unsent ? POLLIN | POLLOUT : POLLIN;
}

enum pipeline_state
pipeline_state(const struct pipeline *pipeline)
{
	return pipeline->broken ? PIPELINE_CONNECTING : pipeline->state;
}

const char *
pipeline_detail(const struct pipeline *pipeline)
{
	return pipeline->db.detail;
}

/* When the answer that is next is late. What waits behind others has its time from the answer before it:
 * thousands sent together take as long as they take, while answers come. */
static int64_t
answer_due_us(const struct pipeline *pipeline)
{
	int64_t sent_us = pipeline->queue[pipeline->first].sent_us;

	return (pipeline->answered_us > sent_us ? pipeline->answered_us : sent_us) +
	    (int64_t)pg_limit_ms(DB_CALL_MS) * 1000;
}

int64_t
pipeline_due_us(const struct pipeline *pipeline)
{
	if (pipeline->conn == NULL)
		return pipeline->retry_at_us;
	if (pipeline->state != PIPELINE_READY)
		return pipeline->since_us + (int64_t)DB_CONNECT_MS * 1000;
	if (pipeline->more || pipeline->broken)
		return 0;
	if (pipeline->count == 0)
		return INT64_MAX;
	return answer_due_us(pipeline);
}

static struct waiting
queue_take(struct pipeline *pipeline)
{
	struct waiting first = pipeline->queue[pipeline->first];

	pipeline->first = (pipeline->first + 1) % pipeline->config.waiting_max;
	pipeline->count--;
	pipeline->answered = false;
	pipeline->answered_us = clock_steady_us();
	return first;
}

/* A connection that worked is tried again at once; one that could not be made, after a while. */
static void
next_try(struct pipeline *pipeline)
{
	if (pipeline->state == PIPELINE_READY) {
		pipeline->state = PIPELINE_CONNECTING;
		pipeline->retry_at_us = 0;
		return;
	}
	pipeline->backoff_us = outage_pause_us(pipeline->backoff_us);
	pipeline->retry_at_us = clock_steady_us() + pipeline->backoff_us;
	pipeline->state = PIPELINE_DOWN;
}

/* Give the connection up; all that wait hear of it. */
static void
fail(struct pipeline *pipeline, const char *why)
{
	outage_failed(why, pipeline->conn == NULL ? "" : PQerrorMessage(pipeline->conn));
	PQfinish(pipeline->conn);
	pipeline->conn = NULL;
	pipeline->unsent = pipeline->more = pipeline->broken = false;
	pipeline->db.detail[0] = '\0';
	next_try(pipeline);
	while (pipeline->count > 0) {
		bool answered = pipeline->answered;
		struct waiting first = queue_take(pipeline);

		if (!answered)
			first.answer(first.arg, ERR_UNAVAILABLE, NULL);
	}
	pipeline->config.down(pipeline->config.arg);
}

static void
flush(struct pipeline *pipeline)
{
	int unsent = PQflush(pipeline->conn);

	if (unsent < 0)
		fail(pipeline, "cannot send to the database");
	else
		pipeline->unsent = unsent == 1;
}

/* --- connecting --- */

static void
begin_connect(struct pipeline *pipeline)
{
	if (clock_steady_us() < pipeline->retry_at_us)
		return;
	pipeline->since_us = clock_steady_us();
	pipeline->conn = pg_connect_start(pipeline->config.url, pipeline->config.program, false);
	if (pipeline->conn == NULL || PQstatus(pipeline->conn) == CONNECTION_BAD) {
		fail(pipeline, "cannot connect to the database");
		return;
	}
	pipeline->connecting = PGRES_POLLING_WRITING;
	/* A try after a failed one stays DOWN for those who ask, until it succeeds. */
}

static bool
ask_schema(PGconn *conn)
{
	return PQsetnonblocking(conn, 1) == 0 && PQenterPipelineMode(conn) == 1 &&
	    PQsendQueryParams(conn, schema_question, 0, NULL, NULL, NULL, NULL, 0) == 1 &&
	    PQpipelineSync(conn) == 1;
}

static void
step_connect(struct pipeline *pipeline)
{
	pipeline->connecting = PQconnectPoll(pipeline->conn);
	if (pipeline->connecting == PGRES_POLLING_FAILED) {
		fail(pipeline, "cannot connect to the database");
	} else if (pipeline->connecting == PGRES_POLLING_OK) {
		prepared_forget(pipeline->db.prepared);
		if (ask_schema(pipeline->conn))
			flush(pipeline);
		else
			fail(pipeline, "cannot send to the database");
	}
}

static void
step_schema(struct pipeline *pipeline)
{
	while (!PQisBusy(pipeline->conn)) {
		PGresult *result = PQgetResult(pipeline->conn);
		ExecStatusType status = PQresultStatus(result);
		int64_t version;
		bool good = status == PGRES_TUPLES_OK && schema_judge(result, &version) == ERR_OK;

		if (result == NULL)
			continue; /* ends the statement's results */
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC) {
			pipeline->state = PIPELINE_READY;
			pipeline->backoff_us = 0;
			outage_answered();
			pipeline->config.ready(pipeline->config.arg);
			return;
		}
		if (!good) {
			fail(pipeline, "the schema is not good");
			return;
		}
	}
}

/* --- statements --- */

/* Queue it. While the answer to its preparing is on the way it goes as text: it would fail with that one. */
static bool
put(struct pipeline *pipeline, const struct db_bound *bound, bool *parses)
{
	enum prepared *state = prepared_of(pipeline->db.prepared, bound->stmt);
	const struct stmt *stmt = bound->stmt;

	*parses = *state == PREPARED_NOT;
	if (*state == PREPARED_SENT)
		return pg_send_whole(pipeline->conn, bound);
	if (*parses && PQsendPrepare(pipeline->conn, stmt->name, stmt->sql, 0, NULL) != 1)
		return false;
	*state = *parses ? PREPARED_SENT : PREPARED_YES;
	return pg_send(pipeline->conn, bound);
}

enum err
pipeline_send(
    struct pipeline *pipeline, const struct db_bound *bound, pipeline_answer *answer, void *arg)
{
	size_t last;
	bool parses;

	if (pipeline->state != PIPELINE_READY || pipeline->broken)
		return ERR_UNAVAILABLE;
	if (pipeline->count == pipeline->config.waiting_max)
		return ERR_BUSY;
	TRY(prepared_listed(pipeline->db.prepared, bound->stmt));
	if (!put(pipeline, bound, &parses) || PQpipelineSync(pipeline->conn) != 1) {
		pipeline->broken = true;
		return ERR_UNAVAILABLE;
	}
	last = (pipeline->first + pipeline->count++) % pipeline->config.waiting_max;
	pipeline->queue[last] =
	    (struct waiting){ bound->stmt, parses, answer, arg, clock_steady_us() };
	pipeline->unsent = PQflush(pipeline->conn) != 0;
	return ERR_OK;
}

/* The answer to the preparing of the first of the queue. False: it failed, which is the answer to all of it. */
static bool
was_prepared(struct pipeline *pipeline, const PGresult *result)
{
	struct waiting *first = &pipeline->queue[pipeline->first];
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;

	first->parses = false;
	*prepared_of(pipeline->db.prepared, first->stmt) = good ? PREPARED_YES : PREPARED_NOT;
	return good;
}

static void
hand_over(struct pipeline *pipeline, PGresult *result)
{
	const struct waiting *first = &pipeline->queue[pipeline->first];
	ExecStatusType status = PQresultStatus(result);
	struct rows *rows = NULL;
	enum err err = ERR_OK;

	pipeline->answered = true;
	pipeline->db.detail[0] = '\0';
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		outage_answered();
		rows = rows_new(pipeline->arena, result); /* the arena clears it */
	} else {
		pipeline->db.tx_again = false;
		err = pg_error(&pipeline->db, first->stmt, result);
		PQclear(result);
	}
	first->answer(first->arg, err, rows);
	arena_reset(pipeline->arena);
}

/* After the first that failed the server only says that it left the rest undone. */
static void
take_result(struct pipeline *pipeline, PGresult *result)
{
	if (pipeline->answered ||
	    (pipeline->queue[pipeline->first].parses && was_prepared(pipeline, result)))
		PQclear(result);
	else
		hand_over(pipeline, result);
}

static void
step_answers(struct pipeline *pipeline)
{
	int count = 0;

	pipeline->more = false;
	while (
	    pipeline->state == PIPELINE_READY && pipeline->count > 0 && !PQisBusy(pipeline->conn)) {
		PGresult *result;
		ExecStatusType status;

		if (count++ == STEP_ANSWERS) {
			pipeline->more = true;
			break;
		}
		result = PQgetResult(pipeline->conn);
		if (result == NULL)
			continue;
		status = PQresultStatus(result);
		if (status == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			(void)queue_take(pipeline);
		} else if (PQstatus(pipeline->conn) == CONNECTION_BAD) {
			PQclear(result);
			break;
		} else if (pg_is_farewell(result)) {
			PQclear(result);
			fail(pipeline, "the database ended a connection");
		} else {
			take_result(pipeline, result);
		}
	}
	if (pipeline->state == PIPELINE_READY && PQstatus(pipeline->conn) == CONNECTION_BAD)
		fail(pipeline, "a connection to the database was lost");
}

static bool
is_late(const struct pipeline *pipeline)
{
	int64_t now = clock_steady_us();

	if (pipeline->state != PIPELINE_READY)
		return now >= pipeline->since_us + (int64_t)DB_CONNECT_MS * 1000;
	return pipeline->count > 0 && !pipeline->more && now >= answer_due_us(pipeline);
}

void
pipeline_step(struct pipeline *pipeline)
{
	if (pipeline->conn == NULL) {
		begin_connect(pipeline);
		return;
	}
	if (pipeline->state != PIPELINE_READY && pipeline->connecting != PGRES_POLLING_OK) {
		if (is_late(pipeline))
			fail(pipeline, "connecting to the database took too long");
		else
			step_connect(pipeline);
		return;
	}
	if (pipeline->broken)
		fail(pipeline, "cannot send to the database");
	else if (pipeline->unsent)
		flush(pipeline);
	if (pipeline->conn != NULL && PQconsumeInput(pipeline->conn) != 1)
		fail(pipeline, "a connection to the database was lost");
	if (pipeline->conn == NULL)
		return;
	if (pipeline->state != PIPELINE_READY)
		step_schema(pipeline);
	if (pipeline->state == PIPELINE_READY)
		step_answers(pipeline);
	if (pipeline->conn != NULL && is_late(pipeline))
		fail(pipeline, "no answer of the database in time");
}
