/* What the files of the decoding stream share: wal.c the stream, wal_start.c the way to it. */
#ifndef DB_WAL_INT_H
#define DB_WAL_INT_H

#include "db/pg.h"
#include "db/wal.h"

enum {
	RELATIONS_MAX = 16, /* published tables, partitions included, known at a time */
	NAME_SIZE = 64, /* NAMEDATALEN */
	START_US = 10000000 /* for START_REPLICATION, and for each question before */
};

/* Where the columns of a table stand. */
struct relation {
	uint32_t oid; /* 0: free */
	uint64_t used; /* when last described or inserted into, in uses of any */
	size_t column_count;
	char name[NAME_SIZE];
	char columns[PGOUTPUT_COLUMNS_MAX][NAME_SIZE];
};

struct wal {
	struct wal_config config;
	enum wal_state state;
	PGconn *conn; /* NULL in WAL_DOWN */
	PostgresPollingStatusType connecting; /* what PQconnectPoll wants */
	bool unsent; /* libpq holds bytes for the server */
	bool more; /* stopped by STEP_MESSAGES */
	int64_t since_us; /* monotonic: when the state was entered */
	int64_t retry_at_us, backoff_us;
	int64_t heard_us, status_us; /* last word from, last feedback to the server */
	uint64_t received, server_end; /* log positions */
	struct wal_life life; /* of the server; timeline 0: it has not said yet */
	uint64_t told; /* the end of the newest commit handed over, or where the slot began */
	char slot[NAME_SIZE];
	bool slot_made;
	struct relation relations[RELATIONS_MAX];
	uint64_t uses; /* of relations */
};

/* Give the connection up and try again later. */
void wal_fail(struct wal *, const char *why);
void wal_enter(struct wal *, enum wal_state);
void wal_flush(struct wal *);

/* wal_start.c */
/* One step before WAL_STREAMING, by the state. */
void wal_start_step(struct wal *);

#endif
