/*
 * Which life of a server's write-ahead log a connection is in: pure readings of what the replication
 * commands IDENTIFY_SYSTEM and TIMELINE_HISTORY answer.
 *
 * A log goes on along a timeline. A recovery that ends, of a restored backup as of a promoted standby, begins
 * a new one; its history names, for each timeline before, where it was left and why:
 *	1	0/4016758	after transaction 728
 *	2	0/5000000	no recovery target specified
 */
#ifndef DB_WAL_LIFE_H
#define DB_WAL_LIFE_H

#include "base/base.h"

enum { WAL_SYSTEM_SIZE = 24 };

struct wal_life {
	char system[WAL_SYSTEM_SIZE]; /* the system identifier */
	int64_t timeline; /* from 1; 0: not known */
	uint64_t position; /* of the end of its log, when it was asked */
};

/* Where a log position stands, as 0/4016758; false when it is none. */
bool wal_position_parse(const char *text, uint64_t *position);
/*
 * Is all that the timeline had up to position still there, and was it not left on purpose for an earlier
 * time? history is that of a later timeline. False also when it does not name the timeline.
 */
bool wal_history_keeps(const char *history, int64_t timeline, uint64_t position);

#endif
