#include "db/prepared.h"
#include "base/log.h"
#include "db/pg.h"

#include <stdlib.h>

/* Statements by their address, with open addressing; at most half of the places are taken. */
struct prepared_set {
	size_t size; /* a power of two */
	struct place {
		const struct stmt *stmt; /* NULL: free */
		enum prepared state;
	} places[];
};

static struct place *
place_of(struct prepared_set *set, const struct stmt *stmt)
{
	size_t at = (size_t)(((uintptr_t)stmt >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32);

	for (at &= set->size - 1; set->places[at].stmt != NULL; at = (at + 1) & (set->size - 1))
		if (set->places[at].stmt == stmt)
			break;
	return &set->places[at];
}

static void
add(struct prepared_set *set, const struct stmt_set *stmts)
{
	size_t i;

	for (i = 0; i < stmts->count; i++)
		place_of(set, &stmts->stmts[i])->stmt = &stmts->stmts[i];
}

struct prepared_set *
prepared_new(const struct stmt_set *const *sets)
{
	size_t count = pg_stmts.count, size = 16, i;
	struct prepared_set *set;

	for (i = 0; sets[i] != NULL; i++)
		count += sets[i]->count;
	while (size < 2 * count)
		size *= 2;
	set = calloc(1, sizeof(*set) + size * sizeof(set->places[0]));
	if (set == NULL)
		abort();
	set->size = size;
	add(set, &pg_stmts);
	for (i = 0; sets[i] != NULL; i++)
		add(set, sets[i]);
	return set;
}

void
prepared_forget(struct prepared_set *set)
{
	size_t i;

	for (i = 0; i < set->size; i++)
		set->places[i].state = PREPARED_NOT;
}

enum err
prepared_listed(struct prepared_set *set, const struct stmt *stmt)
{
	if (place_of(set, stmt)->stmt == stmt)
		return ERR_OK;
	log_error("a statement is missing in the program's sets", LOG_STR("statement", stmt->name));
	return ERR_INTERNAL;
}

enum prepared *
prepared_of(struct prepared_set *set, const struct stmt *stmt)
{
	struct place *place = place_of(set, stmt);

	assert(place->stmt == stmt);
	return &place->state;
}
