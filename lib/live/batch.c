#include "live/batch.h"

#include <string.h>

struct batch *
batch_new(struct arena *arena)
{
	struct batch *batch = arena_alloc(arena, sizeof(*batch));

	batch->text = buf_new(arena, 1024);
	return batch;
}

bool
batch_full(const struct batch *batch, size_t bytes_max)
{
	return batch->count >= BATCH_EVENTS || batch->text.len >= bytes_max;
}

void
batch_add(struct batch *batch, const char *text, size_t len, int64_t seq)
{
	assert(batch->count < BATCH_EVENTS);
	if (batch->count > 0)
		buf_putc(&batch->text, ',');
	buf_add(&batch->text, text, len);
	batch->items[batch->count].end = batch->text.len;
	batch->items[batch->count++].seq = seq;
}

const char *
batch_item(const struct batch *batch, size_t i, size_t *len)
{
	size_t start = i == 0 ? 0 : batch->items[i - 1].end + 1;

	*len = batch->items[i].end - start;
	return batch->text.data + start;
}

/* Envelopes begin with seq and type, whoever made them: {"seq":43,"type":"message.created",... */
const char *
batch_type(const struct batch *batch, size_t i, size_t *len)
{
	static const char name[] = "\"type\":\"";
	const char *text = batch_item(batch, i, len),
		   *type = memmem(text, *len, name, sizeof(name) - 1);

	if (type == NULL) {
		*len = 0;
		return "";
	}
	type += sizeof(name) - 1;
	*len = strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	return type;
}
