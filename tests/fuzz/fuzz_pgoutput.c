/* Any bytes as a message of the decoding stream: what is accepted lies within them. */
#include "db/pgoutput.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(struct pgoutput_value value, const uint8_t *data, size_t size)
{
	const uint8_t *at = (const uint8_t *)value.data;

	assert(at == NULL || (at >= data && at + value.len <= data + size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgoutput_message message;
	size_t i;

	if (pgoutput_parse(data, size, &message) != ERR_OK)
		return 0;
	assert(message.column_count <= PGOUTPUT_COLUMNS_MAX);
	for (i = 0; i < message.column_count; i++)
		check_inside(message.columns[i], data, size);
	check_inside(message.content, data, size);
	if (message.name != NULL)
		assert(strlen(message.name) < size);
	return 0;
}
