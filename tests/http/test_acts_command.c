/* Every act as a command: in the panel's words, and `confab help` has those of one kind together. */
#include "base/arena.h"
#include "domain/system/acts.h"
#include "harness/act_input.h"
#include "harness/cunit.h"
#include "harness/subject.h"
#include "harness/testdb.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 256 * 1024, WORDS_MAX = 40 };

extern char **environ;

static struct arena *arena;
static const struct act *act; /* the one being tried */

#define text(...) arena_printf(arena, __VA_ARGS__)

/* What the command with these words prints, errors too; its exit status. */
static const char *
output(char *const words[], int *status)
{
	const char *path = text("%s/command.out", getenv("STACK_DIR"));
	char *out = arena_calloc(arena, OUTPUT_MAX, 1);
	posix_spawn_file_actions_t files;
	pid_t child;
	FILE *file;

	CU_ASSERT_EQUAL_FATAL(posix_spawn_file_actions_init(&files), 0);
	CU_ASSERT_EQUAL_FATAL(posix_spawn_file_actions_addopen(
				  &files, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_TRUNC, 0600),
	    0);
	CU_ASSERT_EQUAL_FATAL(
	    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO), 0);
	CU_ASSERT_EQUAL_FATAL(posix_spawn(&child, words[0], &files, NULL, words, environ), 0);
	CU_ASSERT_EQUAL_FATAL(waitpid(child, status, 0), child);
	(void)posix_spawn_file_actions_destroy(&files);
	file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	out[fread(out, 1, OUTPUT_MAX - 1, file)] = '\0';
	(void)fclose(file);
	return out;
}

/* `confab KIND VERB [ID] --name value … --as ADMIN`. */
static const char *
run(const char *id, int *status)
{
	struct json_object *input = act_example(arena, act);
	char *words[WORDS_MAX] = { text("%s/confab", getenv("BIN")), text("%s", act->kind->name),
		text("%s", act_verb(act)) };
	size_t count = 3;

	if (id != NULL)
		words[count++] = text("%s", id);
	json_object_object_foreach (input, name, value) {
		bool is_switch = json_object_is_type(value, json_type_boolean);

		if (is_switch && !json_object_get_boolean(value))
			continue;
		words[count++] = text("--%s", name);
		if (!is_switch)
			words[count++] = text("%s", json_object_get_string(value));
	}
	words[count++] = text("--as");
	words[count] = text("%s", getenv("ADMIN_EMAIL"));
	return output(words, status);
}

/* A column of the subject's row; it may be gone. */
static const char *
looked(const char *column, const char *id)
{
	return id == NULL
	    ? ""
	    : testdb_text(text("SELECT s.%s FROM (%s) s", column, act->kind->look->sql), id);
}

static void
each_command_says_what_the_panel_says(void)
{
	const char *id, *name, *said;
	int status;
	size_t i;

	for (i = 0; (act = act_at(i)) != NULL; i++) {
		id = subject_make(act);
		name = looked("name", id);
		said = run(id, &status);
		CU_ASSERT_EQUAL(status, 0);
		CU_ASSERT_STRING_EQUAL(said, text("%s\n", act_say(arena, act->done, name)));
		if (act->from == NULL || act->flags & ACT_GONE || act_fits(act, looked("state", id)))
			continue;
		said = run(id, &status);
		CU_ASSERT_NOT_EQUAL(status, 0);
		CU_ASSERT_STRING_EQUAL(said,
		    text("confab: %s\n",
			act_refused(arena, act, ERR_BAD_STATE, name, looked("state", id))));
	}
}

/* The line of help of an act. */
static const char *
help_line(const struct act *of)
{
	return text("  confab %s %s", of->kind->name, act_verb(of));
}

/* `confab help [WORD]`. */
static const char *
help_of(const char *word)
{
	char *words[] = { text("%s/confab", getenv("BIN")), text("help"),
		word == NULL ? NULL : text("%s", word), NULL };
	int status;
	const char *said = output(words, &status);

	CU_ASSERT_EQUAL(status, 0);
	return said;
}

static void
help_has_each_act_once_and_those_of_a_kind_together(void)
{
	const char *help = help_of(NULL), *at, *line, *group = "", *groups = " ";

	CU_ASSERT_PTR_NOT_NULL(strstr(help, "What administrators do"));
	for (size_t i = 0; (act = act_at(i)) != NULL; i++) {
		at = strstr(help, help_line(act));
		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		CU_ASSERT_PTR_NULL(strstr(at + 1, text("%s ", help_line(act))));
	}
	for (line = strstr(help, "\n  confab "); line != NULL;
	     line = strstr(line + 1, "\n  confab ")) {
		const char *word = line + strlen("\n  confab ");

		word = arena_strndup(arena, word, strcspn(word, " \n"));
		if (strcmp(word, group) == 0)
			continue;
		if (strstr(groups, text(" %s ", word)) != NULL)
			(void)fprintf(stderr, "%s stands in two places\n", word);
		CU_ASSERT_PTR_NULL(strstr(groups, text(" %s ", word)));
		groups = text("%s%s ", groups, word);
		group = word;
	}
}

static void
help_of_a_kind_has_its_acts_alone(void)
{
	const char *help;

	for (size_t i = 0; (act = act_at(i)) != NULL; i++) {
		help = help_of(act->kind->name);
		CU_ASSERT_PTR_NOT_NULL(strstr(help, help_line(act)));
		CU_ASSERT_PTR_NOT_NULL(strstr(help, act->summary));
		CU_ASSERT_PTR_NULL(strstr(help, "confab migrate"));
	}
	testdb_run("DELETE FROM job WHERE kind = 'test.none'");
}

static const struct cunit_test tests[] = {
	{ "each command says what the panel says", each_command_says_what_the_panel_says },
	{ "help has each act once, and those of a kind together",
	    help_has_each_act_once_and_those_of_a_kind_together },
	{ "help of a kind has its acts alone", help_of_a_kind_has_its_acts_alone },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(64 * 1024 * 1024);
	(void)setenv("CONFAB_CONF", arena_printf(arena, "%s/confab.conf", getenv("STACK_DIR")), 1);
	status = cunit_run("acts_command", tests);
	arena_free(arena);
	return status;
}
