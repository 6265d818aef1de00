/*
 * The place of a client in its event log, as text: "EPOCH-SEQ", both decimal. The epoch says which life
 * of the database the number belongs to (it changes at every restore); seq is the last event the
 * client has.
 */
#ifndef LIVE_EVENT_CURSOR_H
#define LIVE_EVENT_CURSOR_H

#include "base/err.h"

enum { EVENT_CURSOR_SIZE = 42 }; /* two int64, a dash, NUL */

struct event_cursor {
	int64_t epoch; /* >= 0 */
	int64_t seq; /* >= 0; 0: before the first event */
};

/*
 * Strict: digits, one dash, digits; no signs, blanks, leading zeros or trailing text; both in int64.
 *	ERR_BAD_CURSOR	anything else
 */
MUST_CHECK enum err event_cursor_parse(const char *text, struct event_cursor *cursor);
void event_cursor_format(struct event_cursor cursor, char text[EVENT_CURSOR_SIZE]);

#endif
