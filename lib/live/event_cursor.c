#include "live/event_cursor.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 19 }; /* of an int64 */

enum err
event_cursor_parse(const char *text, struct event_cursor *cursor)
{
	const char *dash = strchr(text, '-');
	char epoch[DIGITS_MAX + 1];
	struct event_cursor made;
	size_t len;

	if (dash == NULL || (len = (size_t)(dash - text)) > DIGITS_MAX)
		return ERR_BAD_CURSOR;
	memcpy(epoch, text, len);
	epoch[len] = '\0';
	if (!str_to_int(epoch, 0, INT64_MAX, &made.epoch) ||
	    !str_to_int(dash + 1, 0, INT64_MAX, &made.seq))
		return ERR_BAD_CURSOR;
	*cursor = made;
	return ERR_OK;
}

void
event_cursor_format(struct event_cursor cursor, char text[EVENT_CURSOR_SIZE])
{
	(void)snprintf(
	    text, EVENT_CURSOR_SIZE, "%lld-%lld", (long long)cursor.epoch, (long long)cursor.seq);
}
