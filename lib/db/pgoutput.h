/*
 * Parser of PostgreSQL's pgoutput protocol, version 1 without streaming of open transactions (manual,
 * "Logical Replication Message Formats"): what a publication sends over a decoding stream.
 *
 * Pure: one message in, one struct out, no state, no memory. Text in the struct points into the
 * message and lives as long as that. Every length is checked against the message's end, and nothing
 * may be left over behind its last field. Kinds we have no use for (update, delete, truncate, type,
 * origin) are named and not looked into.
 */
#ifndef DB_PGOUTPUT_H
#define DB_PGOUTPUT_H

#include "base/err.h"

enum { PGOUTPUT_COLUMNS_MAX = 32 };

enum pgoutput_kind {
	PGOUTPUT_BEGIN = 'B',
	PGOUTPUT_COMMIT = 'C',
	PGOUTPUT_RELATION = 'R',
	PGOUTPUT_INSERT = 'I',
	PGOUTPUT_MESSAGE = 'M', /* pg_logical_emit_message */
	PGOUTPUT_OTHER = 0 /* known, skipped */
};

/* Bytes of the message; text is not NUL-terminated unless said. NULL data: SQL null. */
struct pgoutput_value {
	const char *data;
	size_t len;
};

struct pgoutput_message {
	enum pgoutput_kind kind;
	uint64_t lsn; /* BEGIN: of the commit; COMMIT: end of the transaction; MESSAGE: its own */
	uint32_t relation; /* RELATION, INSERT: the table's number */
	const char *space; /* RELATION: schema, NUL-terminated */
	const char *name; /* RELATION: table; MESSAGE: prefix; NUL-terminated */
	bool transactional; /* MESSAGE */
	struct pgoutput_value content; /* MESSAGE */
	size_t column_count; /* RELATION, INSERT */
	/* RELATION: names (NUL behind them); INSERT: values in text form, in the relation's order. A
	 * value that was not sent (unchanged, out of line) counts as null. */
	struct pgoutput_value columns[PGOUTPUT_COLUMNS_MAX];
};

/*
 * Parse one message of len bytes.
 *	ERR_BAD_REQUEST	cut short, too long, an unknown kind or tag, binary columns, or more than
 *			PGOUTPUT_COLUMNS_MAX of them
 */
MUST_CHECK enum err pgoutput_parse(
    const uint8_t *bytes, size_t len, struct pgoutput_message *message);

#endif
