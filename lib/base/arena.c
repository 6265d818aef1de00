#include "base/arena.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 32 * 1024, ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *next; /* older block */
	size_t size; /* capacity of data */
	size_t used;
	_Alignas(ALIGNMENT) unsigned char data[];
};

struct arena_defer {
	struct arena_defer *next; /* older cleanup */
	void (*fn)(void *);
	void *ptr;
};

struct arena {
	struct arena_block *block; /* newest; allocation happens here */
	struct arena_defer *defer; /* newest */
	size_t total; /* bytes handed out */
	size_t bytes_max;
};

static struct arena_block *
block_new(size_t size, struct arena_block *next)
{
	struct arena_block *block = malloc(sizeof(*block) + size);

	if (block == NULL) {
		log_error("out of memory", LOG_INT("bytes", (int64_t)size));
		abort();
	}
	block->next = next;
	block->size = size;
	block->used = 0;
	return block;
}

struct arena *
arena_new(size_t bytes_max)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		abort();
	arena->bytes_max = bytes_max;
	arena->block = block_new(BLOCK_BYTES, NULL);
	return arena;
}

static void
run_defers(struct arena *arena, const struct arena_defer *until)
{
	while (arena->defer != until) {
		struct arena_defer *defer = arena->defer;

		arena->defer = defer->next;
		defer->fn(defer->ptr);
	}
}

static void
drop_blocks(struct arena *arena, const struct arena_block *until)
{
	while (arena->block != until) {
		struct arena_block *block = arena->block;

		arena->block = block->next;
		free(block);
	}
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	run_defers(arena, NULL);
	drop_blocks(arena, NULL);
	free(arena);
}

void
arena_reset(struct arena *arena)
{
	run_defers(arena, NULL);
	while (arena->block->next != NULL) {
		struct arena_block *block = arena->block;

		arena->block = block->next;
		free(block);
	}
	arena->block->used = 0;
	arena->total = 0;
}

void *
arena_bytes(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->block;
	size_t need;
	void *ptr;

	if (size > arena->bytes_max || arena->total + size > arena->bytes_max) {
		log_error("arena cap passed: a bound is missing",
		    LOG_INT("used", (int64_t)arena->total), LOG_INT("wanted", (int64_t)size));
		abort();
	}
	need = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (need > block->size - block->used) {
		block = block_new(need > BLOCK_BYTES ? need : BLOCK_BYTES, block);
		arena->block = block;
	}
	ptr = block->data + block->used;
	block->used += need;
	arena->total += need;
	return ptr;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_bytes(arena, size), 0, size);
}

void *
arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	return arena_alloc(arena, bytes);
}

char *
arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *
arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *copy = arena_bytes(arena, len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(len >= 0);
	text = arena_bytes(arena, (size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	return text;
}

void
arena_defer(struct arena *arena, void (*fn)(void *), void *ptr)
{
	struct arena_defer *defer = arena_alloc(arena, sizeof(*defer));

	defer->fn = fn;
	defer->ptr = ptr;
	defer->next = arena->defer;
	arena->defer = defer;
}

struct arena_mark
arena_mark(struct arena *arena)
{
	return (struct arena_mark){ arena->block, arena->block->used, arena->defer, arena->total };
}

void
arena_rewind(struct arena *arena, struct arena_mark mark)
{
	run_defers(arena, mark.defer);
	drop_blocks(arena, mark.block);
	arena->block->used = mark.used;
	arena->total = mark.total;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->total;
}
