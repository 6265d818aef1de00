/*
 * Any template over any context: no crash, no pass over a bound, nothing unescaped of a value. The
 * input is a template, the byte 0, and a JSON text. The template may call itself as the partial "t".
 */
#include "base/limits.h"
#include "panel/tmpl.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size == 0 ? NULL : memchr(data, '\0', size);
	size_t len = zero == NULL ? size : (size_t)(zero - data);
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	struct tmpl_set *set = tmpl_set_new(arena);
	struct json_object *context = NULL;
	struct json_fault fault;
	struct buf out = buf_new(arena, 256);

	if (zero != NULL && size - len - 1 <= BODY_BYTES_MAX &&
	    json_parse(arena, (const char *)zero + 1, size - len - 1, &fault, &context) != ERR_OK)
		context = NULL;
	if (tmpl_add(set, "t", (const char *)data, len) != ERR_OK) {
		assert(tmpl_faults(set) != NULL && tmpl_faults(set)->line >= 1);
	} else if (tmpl_link(set) == ERR_OK) {
		tmpl_render(tmpl_find(set, "t"), context, &out);
		assert(strlen(out.data) == out.len);
		/* Only the template's own text may bring a "<". */
		assert(memchr(data, '<', len) != NULL || strchr(out.data, '<') == NULL);
	}
	arena_free(arena);
	return 0;
}
