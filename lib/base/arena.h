/*
 * A bump allocator with deferred cleanups: the memory of one request (or one job).
 *
 * - arena_alloc never returns NULL. Every input has a bound in limits.h and the arena's cap stands
 *   above their sum, so passing the cap is a bug: it is logged and the process aborts; the database
 *   rolls back and the parent forks a new worker.
 * - Objects of other libraries (PGresult, json_object, jwt_t, CURL) are tied to the arena where they
 *   are made with arena_defer; the cleanups run last in, first out, on rewind, reset and free.
 * - Memory is zeroed, but for arena_bytes. Pointers live until the arena is reset, freed, or rewound past them.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"
#include <stdarg.h>

struct arena;

/* A position to go back to; see arena_rewind. */
struct arena_mark {
	struct arena_block *block; /* the block in use when marked */
	size_t used; /* its fill */
	struct arena_defer *defer; /* the newest cleanup when marked */
	size_t total; /* bytes handed out when marked */
};

/* A new arena that may hand out at most bytes_max. Aborts when the system has no memory. */
struct arena *arena_new(size_t bytes_max);
/* Run all cleanups and give every block back. NULL is allowed. */
void arena_free(struct arena *);
/* Run all cleanups and make the arena empty; the first block is kept for the next request. */
void arena_reset(struct arena *);

/* size bytes, zeroed, aligned for any type. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *, size_t size) __attribute__((returns_nonnull, malloc));
/* size bytes that the caller fills himself: whatever was there before. */
void *arena_bytes(struct arena *, size_t size) __attribute__((returns_nonnull, malloc));
/* count * size bytes, zeroed; aborts when the product overflows. */
void *arena_calloc(struct arena *, size_t count, size_t size) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *, const char *s) __attribute__((returns_nonnull));
/* The first len bytes of s and a NUL. */
char *arena_strndup(struct arena *, const char *s, size_t len) __attribute__((returns_nonnull));
char *arena_printf(struct arena *, const char *fmt, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));
char *arena_vprintf(struct arena *, const char *fmt, va_list) PRINTF_LIKE(2, 0)
    __attribute__((returns_nonnull));

/* Call fn(ptr) when the arena is reset, freed or rewound past this point. */
void arena_defer(struct arena *, void (*fn)(void *), void *ptr);

/* Remember this point; loops that poll or batch use mark and rewind. */
struct arena_mark arena_mark(struct arena *);
/* Run the cleanups made since the mark and give their memory back to the arena. */
void arena_rewind(struct arena *, struct arena_mark);
/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *);

#endif
