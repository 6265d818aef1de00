/* `confab epoch bump`: after a restore, no cursor from before is gone on with. */
#include "confab.h"

#include "base/log.h"
#include "domain/talk/event.h"

#include <stdio.h>

int
confab_epoch_bump(struct command *command)
{
	static const struct stmt_set *const sets[] = { &event_stmts, NULL };
	struct db *db = db_open(command->conf.database_url, "confab", sets);
	int64_t epoch = 0;
	enum err err;

	db_arena_set(db, command->arena);
	err = epoch_bump(db, &epoch);
	db_close(db);
	if (err != ERR_OK) {
		log_error("the epoch is as it was", LOG_STR("error", err_text(err)));
		return 1;
	}
	(void)printf("the epoch is %lld: every client reads its state again\n", (long long)epoch);
	return 0;
}
