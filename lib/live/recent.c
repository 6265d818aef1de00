#include "live/recent.h"

#include <stdlib.h>
#include <string.h>

void
recent_forget(struct recent_list *list, size_t *total)
{
	while (list->count > 0)
		free(list->items[--list->count]);
	*total -= list->bytes;
	list->bytes = 0;
}

static void
forget_oldest(struct recent_list *list, size_t *total)
{
	*total -= list->items[0]->len;
	list->bytes -= list->items[0]->len;
	free(list->items[0]);
	list->count--;
	memmove(list->items, list->items + 1, list->count * sizeof(*list->items));
}

bool
recent_expects(struct recent_list *list, int64_t seq, size_t *total)
{
	int64_t last = list->count == 0 ? 0 : list->items[list->count - 1]->seq;

	if (list->count > 0 && seq <= last)
		return false; /* known */
	if (list->count > 0 && seq != last + 1)
		recent_forget(list, total);
	return true;
}

void
recent_make_room(struct recent_list *list, size_t len, size_t *total)
{
	while (
	    list->count == RECENT_MAX || (list->count > 0 && list->bytes + len > RECENT_BYTES_MAX))
		forget_oldest(list, total);
}

void
recent_add(struct recent_list *list, int64_t seq, const char *text, size_t len, size_t *total)
{
	struct recent *recent = malloc(sizeof(*recent) + len + 1);

	if (recent == NULL)
		abort();
	recent->seq = seq;
	recent->len = len;
	memcpy(recent->text, text, len);
	recent->text[len] = '\0';
	list->items[list->count++] = recent;
	list->bytes += len;
	*total += len;
}

size_t
recent_find(const struct recent_list *list, int64_t seq)
{
	int64_t first = list->count == 0 ? 0 : list->items[0]->seq;

	if (list->count == 0 || seq < first || seq >= first + (int64_t)list->count)
		return RECENT_MAX;
	return (size_t)(seq - first);
}

void
recent_collect(const struct recent_list *list, size_t at, size_t bytes_max, struct batch *batch)
{
	for (; at < list->count && !batch_full(batch, bytes_max); at++)
		batch_add(batch, list->items[at]->text, list->items[at]->len, list->items[at]->seq);
}
