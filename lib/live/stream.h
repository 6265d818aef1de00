/*
 * What comes from the write-ahead log: rows of event, delivered commit by commit, and messages that are stored nowhere
 * (typing, presence): {"type": …, "users": [ids], "data": {…}} under a prefix of ours.
 */
#ifndef LIVE_STREAM_H
#define LIVE_STREAM_H

#include "live/parts.h"

/* NULL: switched off. */
struct wal *stream_open(struct live *);

#endif
