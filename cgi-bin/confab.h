/* What the files of the operator's command share. */
#ifndef CGI_BIN_CONFAB_H
#define CGI_BIN_CONFAB_H

#include "base/arena.h"
#include "base/conf.h"

#include <stdio.h>

/* What a command works with. */
struct command {
	struct arena *arena;
	struct conf conf; /* read, unless the command is COMMAND_NO_CONF */
	char **argv; /* behind the command's words */
	int argc;
};

/* Flags of struct command_doc. */
enum { COMMAND_NO_CONF = 1 }; /* works without settings */

/* One command: what it is called, what it takes, what it does. */
struct command_doc {
	const char *words[2]; /* the second may be NULL */
	const char *arguments; /* as shown: " DIR", " [DIR]" */
	int argc_min, argc_max;
	int (*run)(struct command *); /* returns the exit status */
	const char *summary;
	int flags;
};

/* `confab KIND VERB …`: an act (domain/system/act.h), by its name in the words before argv. Returns the exit status:
 * 1 when it was refused, and why is said. */
int confab_act(struct command *);
/* own and behind them a command for each act, in the arena. */
const struct command_doc *confab_commands(
    struct arena *, const struct command_doc *own, size_t own_count, size_t *count);
/* `confab help`, with word (NULL: all) only the commands that begin with it. Returns the exit status: 2 and
 * what could be meant instead when there is none. */
int confab_help(FILE *, const struct command_doc *, size_t count, const char *word);
/* `confab keys create [DIR]`: the secret key files that are missing. Returns the exit status. */
int confab_keys_create(struct command *);

/* `confab user import FILE`: accounts with their passwords' hashes, one JSON object a line; all of them or none. Returns
 * the exit status. */
int confab_user_import(struct command *);
/* `confab notify test --to ADDRESS|NUMBER`: a letter through the outbox, and what became of it. Returns the exit status:
 * 1 when it was not sent, 2 when it is not to anybody. */
int confab_notify_test(struct command *);

/* `confab openapi DIR`: the OpenAPI document of the programs in DIR, with the examples of TEMPLATE_DIR/docs. Returns the
 * exit status. */
int confab_openapi(struct arena *, const struct conf *, const char *dir);
/* `confab docs DIR TO`: the guide and the reference as pages, with the index of their search, in the folder TO, which
 * is made. Returns the exit status. */
int confab_docs(struct arena *, const struct conf *, const char *dir, const char *to);
/* `confab routes DIR`: every route with its roles, one JSON object a line. */
int confab_routes(struct arena *, const char *dir);
/* `confab epoch bump`: a new epoch, so that all event cursors resync. Returns the exit status. */
int confab_epoch_bump(struct command *);
/* `confab clock advance BY`, in builds with CONFAB_CLOCK (base/test_map.h). Returns the exit status. */
int confab_clock_advance(struct command *);

#endif
