#include "load.h"

#include "domain/market/directory.h"
#include "domain/people/user.h"
#include "domain/talk/message.h"

#include <stdio.h>
#include <string.h>

static const struct stmt_set *const sets[] = { &directory_stmts, &user_stmts, &message_stmts };

void
statement_print(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(sets); i++)
		for (size_t j = 0; j < sets[i]->count; j++)
			if (strcmp(sets[i]->stmts[j].name, name) == 0) {
				(void)puts(sets[i]->stmts[j].sql);
				return;
			}
	load_fail("there is no statement %s", name);
}
