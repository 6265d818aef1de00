/*
 * Times as people of a place read them: wall time (base/clock.h) in an IANA zone, by the C library and the machine's
 * zone database (package tzdata), which PostgreSQL goes by too. The C library keeps one zone a process, so this is for programs of
 * one thread. A zone that the machine does not know is UTC, and the text says so.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/arena.h"

/* Is it a name of the IANA list, as "Asia/Kolkata" or "UTC", and known to this machine? */
bool zone_known(const char *name);
/* "21 Nov 2026, 08:34 IST"; where a zone has no letters for it, "UTC+05:45" stands behind the time. zone NULL: UTC. */
const char *zone_text(struct arena *, const char *zone, int64_t wall_s);
/* The zones that people choose from, one a place, in alphabetical order, NULL-terminated; "UTC" is the first, and the only one
 * where the machine has no list. They live with the arena. */
const char *const *zone_names(struct arena *);

#endif
