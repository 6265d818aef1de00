/*
 * confab: the operator's command.
 */
#include "confab.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "db/migrate.h"
#include "domain/people/password.h"
#include "domain/people/user.h"
#include "domain/system/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { COMMAND_BYTES_MAX = 256 * 1024 * 1024 };

struct command {
	struct arena *arena;
	struct conf conf;
	char **argv; /* behind the command's words */
	int argc;
};

static int
fail(const char *what, enum err err)
{
	(void)fprintf(stderr, "confab: %s: %s\n", what, err_text(err));
	return 1;
}

static void
print_migration(void *arg, int version, const char *name, const char *state)
{
	(void)arg;
	(void)version;
	(void)printf("%-8s %s\n", state, name);
}

static int
do_migrate(struct command *command)
{
	enum err err = migrate_run(command->arena, command->conf.database_url,
	    command->conf.sql_dir, print_migration, NULL);

	return err == ERR_OK ? 0 : fail("migrate", err);
}

static int
do_status(struct command *command)
{
	enum err err = migrate_status(command->arena, command->conf.database_url,
	    command->conf.sql_dir, print_migration, NULL);

	return err == ERR_OK ? 0 : fail("status", err);
}

static int
do_config_check(struct command *command)
{
	if (conf_check(&command->conf) != ERR_OK)
		return 1;
	(void)puts("the settings are good");
	return 0;
}

static int
do_config_print(struct command *command)
{
	conf_print(&command->conf, stdout);
	return 0;
}

static struct db *
open_db(struct command *command)
{
	static const struct stmt_set *const sets[] = { &user_stmts, &demo_stmts, NULL };
	struct db *db = db_open(command->conf.database_url, "confab", sets);

	db_arena_set(db, command->arena);
	password_prepare(&command->conf);
	return db;
}

static int
do_seed_demo(struct command *command)
{
	struct db *db = open_db(command);
	enum err err = conf_check(&command->conf);

	if (err == ERR_OK)
		err = demo_load(db, &command->conf);
	db_close(db);
	return err == ERR_OK ? 0 : fail("seed demo", err);
}

/* From CONFAB_ADMIN_PASSWORD, or one line of standard input: never from the command line, which other
 * people on the machine can read. */
static const char *
read_password(struct arena *arena)
{
	char line[PASSWORD_MAX * 4 + 2];
	const char *given = getenv("CONFAB_ADMIN_PASSWORD");

	if (given != NULL)
		return given;
	if (isatty(STDIN_FILENO))
		(void)fputs("Password: ", stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return "";
	line[strcspn(line, "\r\n")] = '\0';
	return arena_strdup(arena, line);
}

struct creation {
	const struct conf *conf;
	struct user_new user;
};

static enum err
create_in_tx(struct db *db, void *arg)
{
	struct creation *creation = arg;

	return user_create(db, creation->conf, &creation->user);
}

static int
do_admin_create(struct command *command)
{
	const char *password = read_password(command->arena), *weak;
	char *email = arena_strdup(command->arena, command->argv[0]), *hash;
	struct creation creation = { &command->conf, { uuid_new(command->arena), email, NULL, NULL,
						     command->argv[1], "ADMIN", NULL, NULL } };
	struct db *db = open_db(command);
	enum err err;

	str_lower(email);
	weak = str_utf8_count(password) < PASSWORD_MIN ?
	    "is shorter than 8 characters" : password_weakness(password, email);
	if (weak != NULL) {
		(void)fprintf(stderr, "confab: the password %s\n", weak);
		return 1;
	}
	err = password_hash(command->arena, &command->conf, password, &hash);
	creation.user.password_hash = hash;
	if (err == ERR_OK)
		err = db_tx(db, create_in_tx, &creation);
	db_close(db);
	return err == ERR_OK ? 0 : fail("admin create", err);
}

static int
do_openapi(struct command *command)
{
	return confab_openapi(command->arena, command->argv[0]);
}

static int
do_docs(struct command *command)
{
	return confab_docs(command->arena, &command->conf, command->argv[0]);
}

static int
do_routes(struct command *command)
{
	return confab_routes(command->arena, command->argv[0]);
}

static const struct {
	const char *words[2], *arguments;
	int argc;
	int (*run)(struct command *);
	const char *doc;
} commands[] = {
	{ { "migrate", NULL }, "", 0, do_migrate, "bring the database up to date" },
	{ { "status", NULL }, "", 0, do_status, "which migrations are applied" },
	{ { "config", "check" }, "", 0, do_config_check, "are the settings good" },
	{ { "config", "print" }, "", 0, do_config_print, "all settings in force, secrets masked" },
	{ { "admin", "create" }, " EMAIL NAME", 2, do_admin_create,
	    "make an administrator; the password comes on standard input" },
	{ { "seed", "demo" }, "", 0, do_seed_demo, "load demo data (development only)" },
	{ { "openapi", NULL }, " DIR", 1, do_openapi, "the OpenAPI document of the programs in DIR" },
	{ { "docs", NULL }, " DIR", 1, do_docs, "the same as a page" },
	{ { "routes", NULL }, " DIR", 1, do_routes, "every route and who may call it" },
};

static int
usage(FILE *out)
{
	size_t i;

	(void)fputs("Settings: $CONFAB_CONF (/etc/confab/confab.conf) and the environment.\n\n", out);
	for (i = 0; i < COUNT_OF(commands); i++)
		(void)fprintf(out, "  confab %s%s%s%s\n      %s\n", commands[i].words[0],
		    commands[i].words[1] != NULL ? " " : "",
		    commands[i].words[1] != NULL ? commands[i].words[1] : "", commands[i].arguments,
		    commands[i].doc);
	return out == stdout ? 0 : 2;
}

static int
run(struct command *command, int argc, char **argv)
{
	size_t i;

	for (i = 0; i < COUNT_OF(commands); i++) {
		int words = commands[i].words[1] != NULL ? 2 : 1;

		if (argc - 1 - words != commands[i].argc ||
		    strcmp(argv[1], commands[i].words[0]) != 0 ||
		    (words == 2 && strcmp(argv[2], commands[i].words[1]) != 0))
			continue;
		command->argv = argv + 1 + words;
		command->argc = commands[i].argc;
		return commands[i].run(command);
	}
	return usage(stderr);
}

int
main(int argc, char **argv)
{
	struct command command = { .arena = arena_new(COMMAND_BYTES_MAX) };
	int status;

	log_open("confab", LOG_LEVEL_INFO);
	log_for_people();
	if (argc == 2 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
		status = usage(stdout);
	else if (argc < 2)
		status = usage(stderr);
	else if (conf_load(NULL, &command.conf) != ERR_OK)
		status = EX_CONFIG;
	else
		status = run(&command, argc, argv);
	arena_free(command.arena);
	return status;
}
