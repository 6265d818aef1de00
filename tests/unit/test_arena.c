/* The arena: zeroed and aligned memory, cleanups in order, marks, and the cap that aborts. */
#include "base/arena.h"
#include "harness/cunit.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char order[16];
static char a[] = "a", b[] = "b", c[] = "c";

static void
note(void *letter)
{
	(void)strncat(order, letter, 1);
}

static void
gives_zeroed_aligned_memory(void)
{
	struct arena *arena = arena_new(1024 * 1024);
	size_t size;

	for (size = 0; size < 100000; size = size * 3 + 1) {
		unsigned char *at = arena_alloc(arena, size);
		size_t i, sum = 0;

		CU_ASSERT_EQUAL((uintptr_t)at % 16, 0);
		for (i = 0; i < size; i++)
			sum += at[i];
		CU_ASSERT_EQUAL(sum, 0);
		memset(at, 0xff, size);
	}
	arena_reset(arena);
	CU_ASSERT_EQUAL(arena_used(arena), 0);
	CU_ASSERT_EQUAL(*(char *)arena_alloc(arena, 1), 0);
	arena_free(arena);
	arena_free(NULL);
}

static void
copies_text(void)
{
	struct arena *arena = arena_new(1024);

	CU_ASSERT_STRING_EQUAL(arena_strdup(arena, "abc"), "abc");
	CU_ASSERT_STRING_EQUAL(arena_strdup(arena, ""), "");
	CU_ASSERT_STRING_EQUAL(arena_strndup(arena, "abc", 2), "ab");
	CU_ASSERT_STRING_EQUAL(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
	arena_free(arena);
}

static void
cleans_up_last_in_first_out(void)
{
	struct arena *arena = arena_new(1024);

	order[0] = '\0';
	arena_defer(arena, note, a);
	arena_defer(arena, note, b);
	arena_reset(arena);
	CU_ASSERT_STRING_EQUAL(order, "ba");
	arena_defer(arena, note, c);
	arena_free(arena);
	CU_ASSERT_STRING_EQUAL(order, "bac");
}

static void
rewinds_to_a_mark(void)
{
	struct arena *arena = arena_new(10 * 1024 * 1024);
	struct arena_mark mark;
	char *kept;
	int i;

	order[0] = '\0';
	kept = arena_strdup(arena, "kept");
	arena_defer(arena, note, a);
	mark = arena_mark(arena);
	for (i = 0; i < 1000; i++) {
		arena_defer(arena, note, b);
		memset(arena_alloc(arena, 100000), 1, 100000);
		order[0] = '\0';
		arena_rewind(arena, mark);
		CU_ASSERT_STRING_EQUAL(order, "b");
	}
	CU_ASSERT_STRING_EQUAL(kept, "kept");
	CU_ASSERT(arena_used(arena) < 1024);
	arena_free(arena);
}

/* Whether a child that does it ends by abort. */
static bool
aborts(void (*fn)(struct arena *))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)close(STDERR_FILENO);
		fn(arena_new(1000));
		_exit(0);
	}
	CU_ASSERT_FATAL(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
within_cap(struct arena *arena)
{
	(void)arena_alloc(arena, 1000);
}

static void
over_cap(struct arena *arena)
{
	(void)arena_alloc(arena, 1001);
}

static void
over_cap_in_steps(struct arena *arena)
{
	for (;;)
		(void)arena_alloc(arena, 100);
}

static void
product_overflow(struct arena *arena)
{
	(void)arena_calloc(arena, SIZE_MAX / 4 + 2, 4); /* four bytes, were it not for the overflow */
}

static void
aborts_past_the_cap(void)
{
	CU_ASSERT(!aborts(within_cap));
	CU_ASSERT(aborts(over_cap));
	CU_ASSERT(aborts(over_cap_in_steps));
	CU_ASSERT(aborts(product_overflow));
}

static const struct cunit_test tests[] = {
	{ "memory is zeroed and aligned, also after a reset", gives_zeroed_aligned_memory },
	{ "text is copied and formatted", copies_text },
	{ "cleanups run last in, first out", cleans_up_last_in_first_out },
	{ "a rewind gives back memory and cleanups since the mark", rewinds_to_a_mark },
	{ "passing the cap or overflowing aborts", aborts_past_the_cap },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("arena", tests);
}
