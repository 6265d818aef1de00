/* `confab KIND VERB [ID] [--FIELD VALUE …] [--as EMAIL]`: an administrator's act, from the same row as the panel's. */
#include "confab.h"

#include "base/form.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "domain/people/user.h"
#include "domain/system/acts.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 2 * QUERY_PAIRS_MAX };

/* What was said behind the words. */
struct said {
	struct act_call call;
	const char *as; /* e-mail address of who does it; NULL: the system */
	struct pair pairs[QUERY_PAIRS_MAX];
	size_t count;
};

static const struct field *
field_of(const struct act *act, const char *name)
{
	const struct field *field = act->fields;

	for (; field != NULL && field->name != NULL; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

static bool
is_switch(const struct act *act, const char *name)
{
	const struct field *field = field_of(act, name);

	return field != NULL && field->type == FIELD_BOOL;
}

static bool
refuse(const char *what, const char *why)
{
	(void)fprintf(stderr, "confab: %s %s\n", what, why);
	return false;
}

/* The options behind the subject, as the pairs of a form. */
static bool
read_options(struct command *command, int at, struct said *said)
{
	const char *name, *value;

	while (at < command->argc) {
		if (!str_starts(command->argv[at], "--"))
			return refuse(command->argv[at], "is no option");
		name = command->argv[at++] + 2;
		value = "true";
		if (!is_switch(said->call.act, name)) {
			if (at == command->argc)
				return refuse(name, "has no value");
			value = command->argv[at++];
		}
		if (strcmp(name, "as") == 0)
			said->as = value;
		else if (said->count == COUNT_OF(said->pairs))
			return refuse(name, "is one option too many");
		else
			said->pairs[said->count++] = (struct pair){ name, value };
	}
	return true;
}

static bool
read_words(struct command *command, struct said *said)
{
	static const struct field none[] = { { 0 } };
	const struct act *act = said->call.act;
	struct field_errors errors = { .arena = command->arena };
	bool of_one = (act->flags & ACT_WHOLE) == 0;
	size_t i;

	if (of_one && (command->argc == 0 || !uuid_valid(command->argv[0])))
		return refuse(command->argc == 0 ? "ID" : command->argv[0], "is no id");
	said->call.id = of_one ? command->argv[0] : NULL;
	if (!read_options(command, of_one, said))
		return false;
	if (field_from_pairs(act->fields != NULL ? act->fields : none, said->pairs, said->count,
		&said->call.input, &errors))
		return true;
	for (i = 0; i < errors.count; i++)
		(void)refuse(errors.list[i].path, errors.list[i].message);
	return false;
}

/* Who does it: an administrator who may, or the system. */
static enum err
find_actor(struct db *db, const struct conf *conf, struct said *said)
{
	struct user user;

	if (said->as == NULL)
		return ERR_OK;
	TRY(user_find(db, conf, said->as, &user));
	if (strcmp(user.role, "ADMIN") != 0 || strcmp(user.state, "ACTIVE") != 0)
		return ERR_FORBIDDEN;
	said->call.by.actor_id = user.id;
	return ERR_OK;
}

static enum err
run_in_tx(struct db *db, void *arg)
{
	return act_run(db, arg);
}

/* What became of it, in the words of the panel. */
static int
tell(struct command *command, struct db *db, const struct act_call *call, enum err err)
{
	const char *name = "", *state = NULL, *text = NULL;
	const struct rows *was = call->was;

	if (err != ERR_OK && call->id != NULL &&
	    act_look(db, call->act->kind, call->id, &was) != ERR_OK)
		was = NULL;
	if (was != NULL) {
		name = rows_text_of(was, 0, "name");
		state = rows_text_of(was, 0, "state");
	}
	if (err == ERR_OK) {
		(void)puts(act_say(command->arena, call->act->done, name));
		return 0;
	}
	if (fault_named(&call->fault))
		text = arena_printf(command->arena, "%s %s", call->fault.field, call->fault.message);
	else if (was != NULL)
		text = act_refused(command->arena, call->act, err, name, state);
	(void)fprintf(stderr, "confab: %s\n", text != NULL ? text : err_text(err));
	return 1;
}

int
confab_act(struct command *command)
{
	static const struct stmt_set *const own[] = { &user_stmts, NULL };
	struct said said = { .call = { .by = { NULL, "confab" } } };
	struct db *db;
	enum err err;
	int status;

	said.call.act =
	    act_find(arena_printf(command->arena, "%s.%s", command->argv[-2], command->argv[-1]));
	assert(said.call.act != NULL);
	if (!read_words(command, &said))
		return 1;
	db = db_open(command->conf.database_url, "confab", act_sets_behind(command->arena, own));
	db_arena_set(db, command->arena);
	err = find_actor(db, &command->conf, &said);
	if (err == ERR_OK)
		err = db_tx(db, run_in_tx, &said.call);
	status = tell(command, db, &said.call, err);
	db_close(db);
	return status;
}

static const char *
arguments_of(struct arena *arena, const struct act *act)
{
	const struct field *field = act->fields;
	struct buf out = buf_new(arena, 64);

	buf_puts(&out, act->flags & ACT_WHOLE ? "" : " ID");
	for (; field != NULL && field->name != NULL; field++)
		buf_join(&out, field->required ? " --" : " [--", field->name,
		    field->type == FIELD_BOOL ? "" : " VALUE", field->required ? "" : "]", NULL);
	buf_puts(&out, " [--as EMAIL]");
	return out.data;
}

const struct command_doc *
confab_commands(struct arena *arena, const struct command_doc *own, size_t own_count, size_t *count)
{
	const struct act *act;
	struct command_doc *docs;
	size_t acts = 0;

	while (act_at(acts) != NULL)
		acts++;
	docs = arena_calloc(arena, own_count + acts, sizeof(*docs));
	memcpy(docs, own, own_count * sizeof(*docs));
	for (acts = 0; (act = act_at(acts)) != NULL; acts++)
		docs[own_count + acts] = (struct command_doc){ { act->kind->name, act_verb(act) },
			arguments_of(arena, act), 0, WORDS_MAX, confab_act, act->summary, 0 };
	*count = own_count + acts;
	return docs;
}
