/*
 * confab: the operator's command. What it can do stands in the table at the end, and in the table of acts.
 *
 * Exit status: 0 done, 1 failed (and said why), 2 not a command, 3 nothing was overwritten (keys create),
 * 78 (EX_CONFIG) the settings cannot be used.
 */
#include "confab.h"
#include "base/fail.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "base/test_map.h"
#include "base/uuid.h"
#include "base/version.h"
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

static int
fail(const char *what, enum err err)
{
	log_error(what, LOG_STR("error", err_text(err)));
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

	return err == ERR_OK ? 0 : fail("the database is not up to date", err);
}

static int
do_status(struct command *command)
{
	enum err err = migrate_status(command->arena, command->conf.database_url,
	    command->conf.sql_dir, print_migration, NULL);

	return err == ERR_OK ? 0 : fail("migrations and database do not belong together", err);
}

static int
do_config_check(struct command *command)
{
	if (conf_check(&command->conf) != ERR_OK)
		return EX_CONFIG;
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
	return err == ERR_OK ? 0 : fail("the demo data are not loaded", err);
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
	struct creation creation = { &command->conf,
		{ uuid_new(command->arena), email, NULL, NULL, command->argv[1], "ADMIN", NULL,
		    NULL } };
	struct db *db = open_db(command);
	enum err err;

	str_lower(email);
	weak = str_utf8_count(password) < PASSWORD_MIN ? "is shorter than 8 characters"
						       : password_weakness(password, email);
	if (weak != NULL) {
		(void)fprintf(stderr, "confab: the password %s\n", weak);
		return 1;
	}
	err = password_hash(command->arena, &command->conf, password, &hash);
	creation.user.password_hash = hash;
	if (err == ERR_OK)
		err = db_tx(db, create_in_tx, &creation);
	db_close(db);
	return err == ERR_OK ? 0 : fail("the administrator was not made", err);
}

static int
do_openapi(struct command *command)
{
	return confab_openapi(command->arena, &command->conf, command->argv[0]);
}

static int
do_docs(struct command *command)
{
	return confab_docs(command->arena, &command->conf, command->argv[0], command->argv[1]);
}

static int
do_routes(struct command *command)
{
	return confab_routes(command->arena, command->argv[0]);
}

static int
do_version(struct command *command)
{
	(void)command;
	return printf("confab %s\n", confab_version) < 0 ? 1 : 0;
}

#ifdef CONFAB_TEST
/* Name, what it takes, and where it is. */
static int
do_failpoints(struct command *command)
{
	size_t i;

	(void)command;
	for (i = 0; i < FAIL__COUNT; i++)
		(void)printf("%s\t%s%s\t%s\n", fail_docs[i].name,
		    (fail_docs[i].takes & FAIL_ERR) != 0 ? "error " : "",
		    (fail_docs[i].takes & FAIL_TEXT) != 0 ? "text" : "", fail_docs[i].doc);
	return 0;
}
#endif

static int do_help(struct command *);

static const struct command_doc commands[] = {
	{ { "migrate", NULL }, "", 0, 0, do_migrate, "bring the database up to date", 0 },
	{ { "status", NULL }, "", 0, 0, do_status,
	    "which files of the schema are applied, and what is left over", 0 },
	{ { "keys", "create" }, " [DIR]", 0, 1, confab_keys_create,
	    "make the secret key files that are missing, beside the settings file or in DIR",
	    COMMAND_NO_CONF },
	{ { "config", "check" }, "", 0, 0, do_config_check, "are the settings good", 0 },
	{ { "config", "print" }, "", 0, 0, do_config_print, "all settings in force, secrets masked",
	    0 },
	{ { "admin", "create" }, " EMAIL NAME", 2, 2, do_admin_create,
	    "make an administrator; the password comes on standard input", 0 },
	{ { "user", "import" }, " FILE", 1, 1, confab_user_import,
	    "accounts of another system, one JSON object a line with email, phone, password_hash, "
	    "display_name; all or none",
	    0 },
	{ { "seed", "demo" }, "", 0, 0, do_seed_demo, "load demo data (development only)", 0 },
	{ { "notify", "test" }, " --to ADDRESS|NUMBER [--locale LOCALE]", 2, 4, confab_notify_test,
	    "send a test letter, and say what became of it", 0 },
	{ { "epoch", "bump" }, "", 0, 0, confab_epoch_bump,
	    "after a restore without a new timeline: clients read their state again", 0 },
	{ { "openapi", NULL }, " DIR", 1, 1, do_openapi,
	    "the OpenAPI document of the programs in DIR", 0 },
	{ { "docs", NULL }, " DIR TO", 2, 2, do_docs,
	    "the guide and the reference, of the programs in DIR, as pages in the folder TO", 0 },
	{ { "routes", NULL }, " DIR", 1, 1, do_routes, "every route and who may call it", 0 },
#ifdef CONFAB_CLOCK
	{ { "clock", "advance" }, " BY", 1, 1, confab_clock_advance,
	    "time of the running system goes on by 90s, 30m, 2h or 1d, and never back", 0 },
#endif
#ifdef CONFAB_TEST
	{ { "failpoints", NULL }, "", 0, 0, do_failpoints,
	    "what a test can make fail in programs that run", COMMAND_NO_CONF },
#endif
	{ { "help", NULL }, " [WORD]", 0, 1, do_help, "this list, or what begins with WORD",
	    COMMAND_NO_CONF },
	{ { "version", NULL }, "", 0, 0, do_version, "what release this is", COMMAND_NO_CONF },
};

static int
do_help(struct command *command)
{
	size_t count;
	const struct command_doc *docs =
	    confab_commands(command->arena, commands, COUNT_OF(commands), &count);

	return confab_help(stdout, docs, count, command->argc > 0 ? command->argv[0] : NULL);
}

static bool
is_called(const struct command_doc *doc, int argc, char **argv)
{
	int words = doc->words[1] != NULL ? 2 : 1;

	return argc >= 1 + words && strcmp(argv[1], doc->words[0]) == 0 &&
	    (words == 1 || strcmp(argv[2], doc->words[1]) == 0) &&
	    argc - 1 - words >= doc->argc_min && argc - 1 - words <= doc->argc_max;
}

static int
run(struct command *command, const struct command_doc *doc, int argc, char **argv)
{
	int words = doc->words[1] != NULL ? 2 : 1;

	if ((doc->flags & COMMAND_NO_CONF) == 0 && conf_load(NULL, &command->conf) != ERR_OK)
		return EX_CONFIG;
	command->argv = argv + 1 + words;
	command->argc = argc - 1 - words;
	return doc->run(command);
}

int
main(int argc, char **argv)
{
	struct command command = { .arena = arena_new(COMMAND_BYTES_MAX) };
	const struct command_doc *docs;
	int status = -1;
	size_t count, i;

	log_open("confab", LOG_LEVEL_INFO);
	log_for_people();
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		status = do_help(&command);
	else if (argc == 2 && strcmp(argv[1], "--version") == 0)
		status = do_version(&command);
	docs = confab_commands(command.arena, commands, COUNT_OF(commands), &count);
	for (i = 0; i < count && status < 0; i++)
		if (is_called(&docs[i], argc, argv))
			status = run(&command, &docs[i], argc, argv);
	if (status < 0) {
		(void)confab_help(stderr, docs, count, argc > 1 ? argv[1] : NULL);
		status = 2;
	}
	arena_free(command.arena);
	return status;
}
