/*
 * UUIDs in their text form (RFC 9562): 36 lower-case characters. Ours are version 7: 48 bits of
 * Unix milliseconds and 74 random bits, so keys made later sort later and index pages stay warm.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/arena.h"

enum { UUID_TEXT_LEN = 36, UUID_TEXT_SIZE = 37 };

/* A new version 7 id in the arena. */
char *uuid_new(struct arena *);
/* Any version, lower-case hex, dashes in their places, nothing else. */
bool uuid_valid(const char *text);

#endif
