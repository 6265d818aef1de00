#include "web/revoke.h"
#include "base/clock.h"
#include "base/uuid.h"

#include <stdlib.h>
#include <string.h>

enum { REVOKED_BYTES_MAX = 64 * 1024 * 1024 };

struct revoke {
	struct arena *owner; /* of this struct */
	struct arena *arena; /* of the copy */
	const char **ids;    /* sorted by strcmp */
	size_t count;
	int64_t taken_us; /* monotonic; 0: never */
	bool by_loop;	  /* somebody else reads the table */
};

enum { REVOKED_LIST };
static const struct stmt stmts[] = {
	/* Longer than any access token lives (ACCESS_TOKEN_S is at most an hour). */
	[REVOKED_LIST] = { "revoke_list", 0,
	    "SELECT login_id::text FROM revocation"
	    " WHERE revoked_at > clock_timestamp() - interval '65 minutes'"
	    " ORDER BY login_id::text COLLATE \"C\"", true },
};
STMT_SET(revoke_stmts, stmts);

static void
free_arena(void *arena)
{
	arena_free(arena);
}

struct revoke *
revoke_new(void)
{
	struct arena *arena = arena_new(REVOKED_BYTES_MAX);
	struct revoke *revoke = arena_alloc(arena, sizeof(*revoke));

	revoke->owner = arena;
	revoke->arena = arena_new(REVOKED_BYTES_MAX);
	arena_defer(arena, free_arena, revoke->arena);
	return revoke;
}

void
revoke_free(struct revoke *revoke)
{
	if (revoke != NULL)
		arena_free(revoke->owner);
}

void
revoke_by_loop(struct revoke *revoke)
{
	revoke->by_loop = true;
}

void
revoke_take(struct revoke *revoke, const struct rows *rows)
{
	size_t i;

	arena_reset(revoke->arena);
	revoke->count = rows_count(rows);
	revoke->ids = arena_calloc(revoke->arena, revoke->count, sizeof(*revoke->ids));
	for (i = 0; i < revoke->count; i++)
		revoke->ids[i] = arena_strdup(revoke->arena, rows_text(rows, i, 0));
	revoke->taken_us = clock_monotonic_us();
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
revoke_listed(const struct revoke *revoke, const char *login_id)
{
	return revoke->count > 0 &&
	    bsearch(&login_id, revoke->ids, revoke->count, sizeof(*revoke->ids), compare) != NULL;
}

enum err
revoke_check(struct revoke *revoke, struct db *db, const char *login_id)
{
	int64_t age_us = clock_monotonic_us() - revoke->taken_us;
	struct rows *rows;

	if (revoke->taken_us == 0 || age_us > REVOKE_FRESH_MS * 1000) {
		if (!revoke->by_loop && db_rows(db, &rows, &stmts[REVOKED_LIST]) == ERR_OK)
			revoke_take(revoke, rows);
		else if (revoke->taken_us == 0 || age_us > REVOKE_STALE_MS * 1000)
			return ERR_UNAVAILABLE;
	}
	return revoke_listed(revoke, login_id) ? ERR_UNAUTHORIZED : ERR_OK;
}
