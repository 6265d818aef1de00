/*
 * The opening handshake of a WebSocket: what is accepted ends where it says, is not accepted one byte
 * earlier, and is not read otherwise when more bytes follow.
 */
#include "base/limits.h"
#include "live/ws_head.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_good(struct arena *arena, const char *bytes, const struct ws_head *request)
{
	struct ws_head other = { 0 };
	char accept[WS_ACCEPT_SIZE];

	assert(request->head_len <= WS_HEAD_BYTES_MAX && request->path[0] == '/');
	assert(strlen(request->key) == 24 && strchr(request->path, '?') == NULL);
	ws_head_accept(request->key, accept);
	assert(strlen(accept) == WS_ACCEPT_SIZE - 1 && accept[WS_ACCEPT_SIZE - 2] == '=');
	assert(ws_head_parse(arena, bytes, request->head_len - 1, &other) == 0);
	assert(ws_head_parse(arena, bytes, request->head_len, &other) == 101);
	assert(other.head_len == request->head_len && strcmp(other.query, request->query) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	struct ws_head request = { 0 };
	int status = ws_head_parse(arena, (const char *)data, size, &request);

	assert(status == 0 || status == 101 || status == 400 || status == 405 || status == 426 ||
	    status == 431);
	assert(status != 0 || size < WS_HEAD_BYTES_MAX);
	if (status == 101)
		check_good(arena, (const char *)data, &request);
	arena_free(arena);
	return 0;
}
