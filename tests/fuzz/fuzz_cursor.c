/* Any text as an event cursor: what is accepted is the one way to write it. */
#include "live/event_cursor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[EVENT_CURSOR_SIZE];
	struct event_cursor cursor;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (event_cursor_parse(text, &cursor) == ERR_OK) {
		assert(cursor.epoch >= 0 && cursor.seq >= 0);
		event_cursor_format(cursor, again);
		assert(strcmp(text, again) == 0);
	}
	free(text);
	return 0;
}
