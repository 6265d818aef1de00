/*
 * Message catalogues: whatever is in a file, what is read of it are texts of UTF-8 in the order of their lines, or the
 * line of the fault is told.
 */
#include "base/po.h"
#include "base/str.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(64 * 1024 * 1024);
	struct po_fault fault = { -1, NULL };
	struct po_entry *entry = NULL;
	int line = 0;

	if (po_read(arena, (const char *)data, size, &entry, &fault) != ERR_OK)
		assert(fault.what != NULL && fault.line >= 0);
	for (; entry != NULL; entry = entry->next) {
		assert(entry->line > line && *entry->id != '\0' && *entry->text != '\0');
		assert(str_utf8_valid(entry->context, strlen(entry->context)));
		assert(str_utf8_valid(entry->text, strlen(entry->text)));
		line = entry->line;
	}
	arena_free(arena);
	return 0;
}
