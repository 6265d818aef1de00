#include "base/clock.h"
#include "base/log.h"
#include "db/outage.h"
#include "db/wal_int.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEP_MESSAGES = 2000, /* taken in one step, so that the loop gets its turn */
	STATUS_EVERY_US = 10000000, /* feedback to the server */
	SILENCE_US = 25000000, /* no word from the server for so long: it is gone */
	HEADER_LEN = 25, /* 'w', start, end, time */
	KEEPALIVE_LEN = 18
};

struct wal_row {
	const struct relation *relation;
	const struct pgoutput_message *message;
};

struct wal *
wal_open(const struct wal_config *config)
{
	struct wal *wal = calloc(1, sizeof(*wal));

	if (wal == NULL)
		abort();
	wal->config = *config;
	return wal;
}

void
wal_close(struct wal *wal)
{
	if (wal == NULL)
		return;
	PQfinish(wal->conn);
	free(wal);
}

int
wal_fd(const struct wal *wal)
{
	return wal->conn == NULL ? -1 : PQsocket(wal->conn);
}

short
wal_poll(const struct wal *wal)
{
	if (wal->state == WAL_CONNECTING)
		return wal->connecting == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	return wal->unsent ? POLLIN | POLLOUT : POLLIN;
}

enum wal_state
wal_state(const struct wal *wal)
{
	return wal->state;
}

int64_t
wal_lag_bytes(const struct wal *wal)
{
	if (wal->state != WAL_STREAMING || wal->server_end <= wal->received)
		return 0;
	return (int64_t)(wal->server_end - wal->received);
}

int64_t
wal_due_us(const struct wal *wal)
{
	switch (wal->state) {
	case WAL_DOWN:
		return wal->retry_at_us;
	case WAL_CONNECTING:
		return wal->since_us + (int64_t)DB_CONNECT_MS * 1000;
	case WAL_IDENTIFYING:
	case WAL_READING_HISTORY:
	case WAL_STARTING:
		return wal->since_us + START_US;
	case WAL_STREAMING:
		return wal->more ? 0 : wal->status_us + STATUS_EVERY_US;
	case WAL_MAKING_SLOT:
	default:
		return INT64_MAX;
	}
}

uint64_t
wal_told(const struct wal *wal)
{
	return wal->told;
}

void
wal_told_forget(struct wal *wal)
{
	wal->told = 0;
}

void
wal_reset(struct wal *wal)
{
	if (wal->state != WAL_DOWN)
		wal_fail(wal, "it is of another server");
}

void
wal_enter(struct wal *wal, enum wal_state state)
{
	wal->state = state;
	wal->since_us = clock_steady_us();
}

void
wal_fail(struct wal *wal, const char *why)
{
	bool streamed = wal->state == WAL_STREAMING;
	char error[512];

	(void)snprintf(error, sizeof(error), "%s: %s", why,
	    wal->conn == NULL ? "" : PQerrorMessage(wal->conn));
	outage_failed("the decoding stream was lost", error);
	PQfinish(wal->conn);
	wal->conn = NULL;
	wal->unsent = wal->more = false;
	wal->backoff_us = outage_pause_us(streamed ? 0 : wal->backoff_us);
	wal->retry_at_us = clock_steady_us() + wal->backoff_us;
	wal_enter(wal, WAL_DOWN);
	if (streamed)
		wal->config.handler.stopped(wal->config.handler.arg);
}

void
wal_flush(struct wal *wal)
{
	int unsent = PQflush(wal->conn);

	if (unsent < 0)
		wal_fail(wal, "cannot send");
	else
		wal->unsent = unsent == 1;
}

/* --- the stream --- */

static uint64_t
get64(const uint8_t *at)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

static void
put64(uint8_t *at, uint64_t value)
{
	int i;

	for (i = 7; i >= 0; i--, value >>= 8)
		at[i] = (uint8_t)value;
}

/* Everything received is done with: nothing of it is asked for again after a break. */
static void
send_status(struct wal *wal)
{
	uint8_t bytes[34] = { 'r' };

	put64(bytes + 1, wal->received);
	put64(bytes + 9, wal->received);
	put64(bytes + 17, wal->received);
	/* Microseconds since 2000; the server only shows it. */
	put64(bytes + 25, (uint64_t)(clock_now_us() - INT64_C(946684800) * SECOND_US));
	bytes[33] = 1; /* answer, so that a frozen server is noticed */
	wal->status_us = clock_steady_us();
	if (PQputCopyData(wal->conn, (const char *)bytes, sizeof(bytes)) != 1)
		wal_fail(wal, "cannot send");
	else
		wal_flush(wal);
}

static struct relation *
relation_find(struct wal *wal, uint32_t oid)
{
	size_t i;

	for (i = 0; i < RELATIONS_MAX; i++)
		if (wal->relations[i].oid == oid) {
			wal->relations[i].used = ++wal->uses;
			return &wal->relations[i];
		}
	return NULL;
}

/* A free place, or that of the table not heard of for longest: partitions that are never named by an
 * insert must not push out the table whose rows they hold. */
static struct relation *
relation_place(struct wal *wal)
{
	struct relation *oldest = &wal->relations[0];
	size_t i;

	for (i = 1; i < RELATIONS_MAX; i++)
		if (wal->relations[i].used < oldest->used)
			oldest = &wal->relations[i];
	oldest->used = ++wal->uses;
	return oldest;
}

static void
relation_take(struct wal *wal, const struct pgoutput_message *message)
{
	struct relation *relation = relation_find(wal, message->relation);
	size_t i;

	if (relation == NULL)
		relation = relation_place(wal);
	relation->oid = message->relation;
	relation->column_count = message->column_count;
	(void)snprintf(relation->name, NAME_SIZE, "%s", message->name);
	for (i = 0; i < message->column_count; i++)
		(void)snprintf(relation->columns[i], NAME_SIZE, "%s", message->columns[i].data);
}

struct pgoutput_value
wal_column(const struct wal_row *row, const char *name)
{
	size_t i;

	for (i = 0; i < row->relation->column_count && i < row->message->column_count; i++)
		if (strcmp(row->relation->columns[i], name) == 0)
			return row->message->columns[i];
	return (struct pgoutput_value){ NULL, 0 };
}

static void
hand_over(struct wal *wal, const struct pgoutput_message *message)
{
	const struct wal_handler *handler = &wal->config.handler;
	struct wal_row row;

	switch (message->kind) {
	case PGOUTPUT_RELATION:
		relation_take(wal, message);
		break;
	case PGOUTPUT_INSERT:
		row.relation = relation_find(wal, message->relation);
		row.message = message;
		if (row.relation != NULL)
			handler->insert(handler->arg, row.relation->name, &row);
		else
			wal_fail(wal, "a row of a table that was not described");
		break;
	case PGOUTPUT_COMMIT:
		wal->told = message->lsn;
		handler->commit(handler->arg);
		break;
	case PGOUTPUT_MESSAGE:
		if (strcmp(message->name, wal->config.prefix) == 0)
			handler->message(handler->arg, message->content.data, message->content.len);
		break;
	case PGOUTPUT_BEGIN:
	case PGOUTPUT_OTHER:
	default:
		break;
	}
}

static void
take_data(struct wal *wal, const uint8_t *bytes, size_t len)
{
	struct pgoutput_message message;
	uint64_t start = get64(bytes + 1), end = get64(bytes + 9);

	if (pgoutput_parse(bytes + HEADER_LEN, len - HEADER_LEN, &message) != ERR_OK) {
		wal_fail(wal, "a message that cannot be read");
		return;
	}
	if (end > wal->server_end)
		wal->server_end = end;
	if (message.kind == PGOUTPUT_COMMIT)
		start = message.lsn;
	if (start > wal->received)
		wal->received = start;
	hand_over(wal, &message);
}

static void
take_message(struct wal *wal, const uint8_t *bytes, size_t len)
{
	wal->heard_us = clock_steady_us();
	if (len >= HEADER_LEN && bytes[0] == 'w') {
		take_data(wal, bytes, len);
	} else if (len >= KEEPALIVE_LEN && bytes[0] == 'k') {
		/* All before this position has been sent: nothing of ours was in it. */
		wal->received = wal->server_end = get64(bytes + 1);
		if (bytes[KEEPALIVE_LEN - 1] != 0)
			send_status(wal);
	} else {
		wal_fail(wal, "a message that cannot be read");
	}
}

static void
step_streaming(struct wal *wal)
{
	int64_t now = clock_steady_us();
	int count, len = 0;
	char *bytes;

	for (count = 0; count < STEP_MESSAGES && wal->state == WAL_STREAMING; count++) {
		len = PQgetCopyData(wal->conn, &bytes, 1);
		if (len <= 0)
			break;
		take_message(wal, (const uint8_t *)bytes, (size_t)len);
		PQfreemem(bytes);
	}
	if (wal->state != WAL_STREAMING)
		return;
	wal->more = count == STEP_MESSAGES;
	if (len < 0)
		wal_fail(wal, "ended by the server");
	else if (now - wal->heard_us > SILENCE_US && !wal->more)
		wal_fail(wal, "the server is silent");
	else if (now - wal->status_us >= STATUS_EVERY_US)
		send_status(wal);
}

void
wal_step(struct wal *wal)
{
	if (wal->state == WAL_DOWN || wal->state == WAL_CONNECTING) {
		wal_start_step(wal);
		return;
	}
	if (wal->unsent)
		wal_flush(wal);
	if (wal->state != WAL_DOWN && PQconsumeInput(wal->conn) != 1)
		wal_fail(wal, "connection lost");
	if (wal->state != WAL_DOWN && wal->state != WAL_STREAMING)
		wal_start_step(wal);
	if (wal->state == WAL_STREAMING)
		step_streaming(wal);
}
