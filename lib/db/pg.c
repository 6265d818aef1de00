#include "db/pg.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/outage.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Wait for events on the socket; false when the deadline passed or poll failed. */
static bool
wait_socket(PGconn *conn, short events, int64_t deadline_us)
{
	struct pollfd fd = { PQsocket(conn), events, 0 };

	for (;;) {
		int64_t left_us = deadline_us - clock_steady_us();
		int ready;

		if (left_us <= 0)
			return false;
		ready = poll(&fd, 1, (int)(left_us / 1000) + 1);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

static bool
connect_finish(PGconn *conn, int64_t deadline_us)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	while (next != PGRES_POLLING_OK) {
		if (next == PGRES_POLLING_FAILED)
			return false;
		if (!wait_socket(conn, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_us))
			return false;
		next = PQconnectPoll(conn);
	}
	return true;
}

static void
ignore_notice(void *arg, const PGresult *notice)
{
	(void)arg;
	(void)notice;
}

PGconn *
pg_connect_start(const char *url, const char *program, bool replication)
{
	char options[256];
	const char *names[] = { "dbname", "application_name", "options", "client_encoding",
		"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
		"tcp_user_timeout", "target_session_attrs", replication ? "replication" : NULL,
		NULL };
	const char *values[] = { url, program, options, "UTF8", "3", "10", "5", "3", "5000",
		"read-write", "database", NULL };
	PGconn *conn;

	(void)snprintf(options, sizeof(options),
	    "-c TimeZone=UTC -c DateStyle=ISO -c statement_timeout=%d -c lock_timeout=%d "
	    "-c idle_in_transaction_session_timeout=%d",
	    replication ? 0 : pg_limit_ms(DB_STATEMENT_MS),
	    replication ? 0 : pg_limit_ms(DB_LOCK_MS), DB_IDLE_TX_MS);
	conn = PQconnectStartParams(names, values, 1);
	if (conn != NULL)
		(void)PQsetNoticeReceiver(conn, ignore_notice, NULL);
	return conn;
}

PGconn *
pg_connect(const char *url, const char *program, int64_t deadline_us)
{
	PGconn *conn = pg_connect_start(url, program, false);

	if (conn != NULL && PQstatus(conn) != CONNECTION_BAD && connect_finish(conn, deadline_us)) {
		(void)PQsetnonblocking(conn, 1);
		return conn;
	}
	outage_failed("cannot connect to the database",
	    conn == NULL ? "out of memory" : PQerrorMessage(conn));
	PQfinish(conn);
	return NULL;
}

/* What an idle server says by itself is that a setting has changed, or goodbye: then the end follows. */
bool
pg_alive(PGconn *conn)
{
	struct pollfd fd = { PQsocket(conn), POLLIN, 0 };

	while (PQstatus(conn) == CONNECTION_OK && poll(&fd, 1, 0) > 0)
		if ((fd.revents & POLLIN) == 0 || PQconsumeInput(conn) != 1)
			return false;
	return PQstatus(conn) == CONNECTION_OK;
}

int
pg_limit_ms(int ms)
{
#ifdef CONFAB_TEST
	const char *times = getenv("CONFAB_PATIENCE");

	if (times != NULL)
		return ms * (int)strtol(times, NULL, 10);
#endif
	return ms;
}

int64_t
pg_deadline(void)
{
	return clock_steady_us() + (int64_t)pg_limit_ms(DB_CALL_MS) * 1000;
}

PGresult *
pg_next(PGconn *conn, int64_t deadline_us, bool *ok)
{
	int unsent;

	*ok = false;
	while ((unsent = PQflush(conn)) == 1) {
		if (!wait_socket(conn, POLLIN | POLLOUT, deadline_us) || !PQconsumeInput(conn))
			return NULL;
	}
	if (unsent < 0)
		return NULL;
	while (PQisBusy(conn)) {
		if (!wait_socket(conn, POLLIN, deadline_us) || !PQconsumeInput(conn))
			return NULL;
	}
	*ok = true;
	return PQgetResult(conn);
}

PGresult *
pg_answer(PGconn *conn, int64_t deadline_us, bool *ok)
{
	PGresult *result = pg_next(conn, deadline_us, ok);

	if (!*ok)
		return NULL;
	PQclear(pg_next(conn, deadline_us, ok));
	if (*ok)
		return result;
	PQclear(result);
	return NULL;
}

const char *
pg_param_text(const struct db_param *param)
{
	return param->text == NULL && param->digits[0] != '\0' ? param->digits : param->text;
}

static void
values_of(const struct db_bound *bound, const char *values[DB_PARAMS_MAX])
{
	size_t i;

	assert(bound->count <= DB_PARAMS_MAX && (int)bound->count == bound->stmt->param_count);
	for (i = 0; i < bound->count; i++)
		values[i] = pg_param_text(&bound->params[i]);
}

bool
pg_send(PGconn *conn, const struct db_bound *bound)
{
	const char *values[DB_PARAMS_MAX];

	values_of(bound, values);
	return PQsendQueryPrepared(
		   conn, bound->stmt->name, (int)bound->count, values, NULL, NULL, 0) == 1;
}

bool
pg_send_whole(PGconn *conn, const struct db_bound *bound)
{
	const char *values[DB_PARAMS_MAX];

	values_of(bound, values);
	return PQsendQueryParams(
		   conn, bound->stmt->sql, (int)bound->count, NULL, values, NULL, NULL, 0) == 1;
}

PGresult *
pg_command(PGconn *conn, const char *text, int64_t deadline_us)
{
	bool ok;

	if (PQsendQueryParams(conn, text, 0, NULL, NULL, NULL, NULL, 0) != 1)
		return NULL;
	return pg_answer(conn, deadline_us, &ok);
}

bool
pg_is_farewell(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL && strncmp(state, "57P", 3) == 0;
}

static const struct {
	const char *state; /* a whole SQLSTATE or its class of two */
	enum err err;
} states[] = {
	{ "23505", ERR_CONFLICT }, /* unique_violation */
	{ "23P01", ERR_CONFLICT }, /* exclusion_violation */
	{ "23", ERR_VALIDATION }, /* other integrity constraints */
	{ "22", ERR_VALIDATION }, /* data exception */
	{ "57014", ERR_TIMEOUT }, /* query_canceled: statement_timeout */
	{ "55P03", ERR_TIMEOUT }, /* lock_not_available */
	{ "40001", ERR_TIMEOUT }, /* serialization_failure; db_tx runs again first */
	{ "40P01", ERR_TIMEOUT }, /* deadlock_detected; likewise */
	{ "25006", ERR_UNAVAILABLE }, /* read_only_sql_transaction: a standby */
	{ "53", ERR_UNAVAILABLE }, /* insufficient_resources */
	{ "57", ERR_UNAVAILABLE }, /* operator_intervention: shutdown */
	{ "08", ERR_UNAVAILABLE }, /* connection exception */
};

static enum err
err_by_state(const char *state)
{
	size_t i;

	for (i = 0; i < COUNT_OF(states); i++)
		if (strncmp(states[i].state, state, strlen(states[i].state)) == 0)
			return states[i].err;
	return ERR_INTERNAL;
}

static void
keep(char *to, size_t size, const PGresult *result, int field)
{
	const char *value = PQresultErrorField(result, field);

	(void)snprintf(to, size, "%s", value != NULL ? value : "");
}

enum err
pg_error(struct db *db, const struct stmt *stmt, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	enum err err;

	keep(db->constraint, sizeof(db->constraint), result, PG_DIAG_CONSTRAINT_NAME);
	keep(db->detail, sizeof(db->detail), result, PG_DIAG_MESSAGE_DETAIL);
	if (state == NULL) /* libpq's own message: the connection */
		return ERR_UNAVAILABLE;
	if (db->tx_depth > 0 && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0))
		db->tx_again = true;
	err = strcmp(state, "CF000") == 0 ? err_of_code(message) : err_by_state(state);
	/* A value that a check of ours let through; the time zones that we ask about are 22023. */
	if (strncmp(state, "22", 2) == 0 && strcmp(state, "22023") != 0)
		log_warn("value refused by the database", LOG_STR("statement", stmt->name),
		    LOG_STR("sqlstate", state));
	if (err == ERR_UNAVAILABLE)
		outage_failed("the database refuses a statement", message);
	else if (err_status(err) >= 500 && !db->tx_again)
		log_error("statement failed", LOG_STR("statement", stmt->name),
		    LOG_STR("sqlstate", state), LOG_STR("error", message));
	return err;
}
