#include "db/wal_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a recovery that was not told where to end says of its end: a promotion, too. */
static const char no_target[] = "no recovery target specified";

bool
wal_position_parse(const char *text, uint64_t *position)
{
	unsigned int high, low;
	char rest;

	if (sscanf(text, "%8X/%8X%c", &high, &low, &rest) != 2)
		return false;
	*position = (uint64_t)high << 32 | low;
	return true;
}

/* One line of a history. */
struct left {
	int64_t timeline;
	uint64_t position;
	bool target; /* left because it was told to end there */
};

static bool
left_parse(const char *line, size_t len, struct left *left)
{
	char text[256], position[32];
	long long timeline;
	int at = 0;

	(void)snprintf(text, sizeof(text), "%.*s", (int)len, line);
	if (sscanf(text, "%lld %31s %n", &timeline, position, &at) != 2 || at == 0)
		return false;
	left->timeline = timeline;
	left->target = strncmp(text + at, no_target, sizeof(no_target) - 1) != 0;
	return wal_position_parse(position, &left->position);
}

bool
wal_history_keeps(const char *history, int64_t timeline, uint64_t position)
{
	bool named = false;
	size_t len;

	for (; *history != '\0'; history += len + (history[len] == '\n')) {
		struct left left;

		len = strcspn(history, "\n");
		if (!left_parse(history, len, &left) || left.timeline < timeline)
			continue;
		if (left.target || left.position < position)
			return false;
		named = named || left.timeline == timeline;
	}
	return named;
}
