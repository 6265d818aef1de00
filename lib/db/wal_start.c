/*
 * From nothing to a stream: connect, ask whose log it is (wal_life.h), make a slot, start. Nothing here waits.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "db/outage.h"
#include "db/wal_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
begin_connect(struct wal *wal)
{
	if (clock_steady_us() < wal->retry_at_us)
		return;
	wal->conn = pg_connect_start(wal->config.url, wal->config.program, true);
	if (wal->conn == NULL || PQstatus(wal->conn) == CONNECTION_BAD) {
		wal_fail(wal, "cannot connect");
		return;
	}
	wal->connecting = PGRES_POLLING_WRITING;
	wal_enter(wal, WAL_CONNECTING);
}

/* Ask; the state says what was asked. */
static void
ask(struct wal *wal, const char *text, enum wal_state state)
{
	if (PQsendQuery(wal->conn, text) != 1) {
		wal_fail(wal, "cannot ask");
		return;
	}
	wal_enter(wal, state);
	wal_flush(wal);
}

static void
begin_slot(struct wal *wal)
{
	uint8_t random[4];
	char hex[2 * sizeof(random) + 1], text[160];

	wal->slot_made = false;
	crypto_random(random, sizeof(random));
	crypto_hex(random, sizeof(random), hex);
	(void)snprintf(wal->slot, sizeof(wal->slot), "confab_%ld_%s", (long)getpid(), hex);
	(void)snprintf(text, sizeof(text),
	    "CREATE_REPLICATION_SLOT %s TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT", wal->slot);
	ask(wal, text, WAL_MAKING_SLOT);
}

static void
begin_identify(struct wal *wal)
{
	(void)PQsetnonblocking(wal->conn, 1);
	wal->life.timeline = 0;
	ask(wal, "IDENTIFY_SYSTEM", WAL_IDENTIFYING);
}

static void
life_told(struct wal *wal, const char *history)
{
	const struct wal_handler *handler = &wal->config.handler;

	if (handler->life != NULL)
		handler->life(handler->arg, &wal->life, history);
	begin_slot(wal);
}

/* System identifier, timeline, position, database. */
static void
take_identity(struct wal *wal, const PGresult *result)
{
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1 ||
	    PQnfields(result) < 3 ||
	    !wal_position_parse(PQgetvalue(result, 0, 2), &wal->life.position))
		return;
	(void)snprintf(wal->life.system, sizeof(wal->life.system), "%s", PQgetvalue(result, 0, 0));
	wal->life.timeline = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
}

static void
step_identify(struct wal *wal)
{
	PGresult *result;
	char text[64];

	while (!PQisBusy(wal->conn)) {
		result = PQgetResult(wal->conn);
		if (result != NULL) {
			take_identity(wal, result);
			PQclear(result);
			continue;
		}
		if (wal->life.timeline == 0) {
			wal_fail(wal, "it does not say whose log it is");
		} else if (wal->life.timeline == 1) {
			life_told(wal, "");
		} else {
			(void)snprintf(text, sizeof(text), "TIMELINE_HISTORY %lld",
			    (long long)wal->life.timeline);
			ask(wal, text, WAL_READING_HISTORY);
		}
		return;
	}
}

/* Without the history, as when its file is lost, nothing is known of the timelines before. */
static void
step_history(struct wal *wal)
{
	PGresult *result, *end;

	if (PQisBusy(wal->conn))
		return;
	result = PQgetResult(wal->conn);
	if (result == NULL) {
		wal_fail(wal, "no history of its timeline");
		return;
	}
	while ((end = PQgetResult(wal->conn)) != NULL)
		PQclear(end);
	life_told(wal,
	    PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
		    PQnfields(result) == 2
		? PQgetvalue(result, 0, 1)
		: "");
	PQclear(result);
}

static void
step_connecting(struct wal *wal)
{
	if (clock_steady_us() >= wal->since_us + (int64_t)DB_CONNECT_MS * 1000) {
		wal_fail(wal, "connecting took too long");
		return;
	}
	wal->connecting = PQconnectPoll(wal->conn);
	if (wal->connecting == PGRES_POLLING_FAILED)
		wal_fail(wal, "cannot connect");
	else if (wal->connecting == PGRES_POLLING_OK)
		begin_identify(wal);
}

static void
begin_start(struct wal *wal)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "START_REPLICATION SLOT %s LOGICAL 0/0 (proto_version '1', publication_names '%s', "
	    "messages 'true')",
	    wal->slot, wal->config.publication);
	ask(wal, text, WAL_STARTING);
}

static void
step_slot(struct wal *wal)
{
	PGresult *result;

	while (!PQisBusy(wal->conn)) {
		result = PQgetResult(wal->conn);
		if (result == NULL) {
			if (wal->slot_made)
				begin_start(wal);
			else
				wal_fail(wal, "no slot");
			return;
		}
		/* Name, consistent point: what was committed before that is not in the stream. */
		wal->slot_made = PQresultStatus(result) == PGRES_TUPLES_OK &&
		    wal_position_parse(PQgetvalue(result, 0, 1), &wal->told);
		PQclear(result);
	}
}

static void
step_start(struct wal *wal)
{
	PGresult *result;
	ExecStatusType status;

	if (clock_steady_us() >= wal->since_us + START_US) {
		wal_fail(wal, "starting took too long");
		return;
	}
	if (PQisBusy(wal->conn))
		return;
	result = PQgetResult(wal->conn);
	status = PQresultStatus(result);
	PQclear(result);
	if (status != PGRES_COPY_BOTH) {
		wal_fail(wal, "cannot start");
		return;
	}
	memset(wal->relations, 0, sizeof(wal->relations));
	wal->received = wal->server_end = 0;
	wal->backoff_us = 0;
	wal->heard_us = clock_steady_us();
	wal->status_us = 0;
	wal_enter(wal, WAL_STREAMING);
	outage_answered();
	log_info("decoding stream started", LOG_STR("slot", wal->slot));
	wal->config.handler.started(wal->config.handler.arg);
}

void
wal_start_step(struct wal *wal)
{
	switch (wal->state) {
	case WAL_DOWN:
		begin_connect(wal);
		break;
	case WAL_CONNECTING:
		step_connecting(wal);
		break;
	case WAL_IDENTIFYING:
	case WAL_READING_HISTORY:
		if (clock_steady_us() >= wal->since_us + START_US)
			wal_fail(wal, "its answer took too long");
		else if (wal->state == WAL_IDENTIFYING)
			step_identify(wal);
		else
			step_history(wal);
		break;
	case WAL_MAKING_SLOT:
		step_slot(wal);
		break;
	case WAL_STARTING:
		step_start(wal);
		break;
	case WAL_STREAMING:
	default:
		break;
	}
}
