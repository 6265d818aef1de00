/* confab notify test: a letter through the outbox, as every other, and what became of it. */
#include "confab.h"

#include "base/clock.h"
#include "base/str.h"
#include "domain/system/outbox.h"

#include <string.h>
#include <time.h>

enum { WAIT_S = 45 }; /* longer than a try that is ended for its length */

/* The letter, and where it stands. */
struct test {
	const struct conf *conf;
	struct letter letter;
	const char *id, *state, *provider, *ref, *error;
};

static enum err
add_in_tx(struct db *db, void *arg)
{
	struct test *test = arg;

	return outbox_add(db, test->conf, &test->letter, &test->id);
}

/* --to and --locale; what is wrong with them, or NULL. */
static const char *
words_read(struct command *command, struct test *test)
{
	char *to;
	int i;

	for (i = 0; i + 1 < command->argc; i += 2)
		if (strcmp(command->argv[i], "--to") == 0)
			test->letter.to = command->argv[i + 1];
		else if (strcmp(command->argv[i], "--locale") == 0)
			test->letter.locale = command->argv[i + 1];
		else
			return "takes --to ADDRESS or --to NUMBER, and --locale LOCALE";
	if (i != command->argc || test->letter.to == NULL)
		return "needs --to ADDRESS or --to NUMBER";
	if (str_has_control(test->letter.to) || strpbrk(test->letter.to, " <>,\r\n") != NULL)
		return "the address is none";
	if (strchr(test->letter.to, '@') != NULL) {
		to = arena_strdup(command->arena, test->letter.to);
		str_lower(to);
		test->letter.to = to;
		test->letter.channel = LETTER_EMAIL;
		return NULL;
	}
	test->letter.channel = LETTER_SMS;
	if (test->letter.to[0] != '+' || strlen(test->letter.to) < 9 ||
	    strlen(test->letter.to) > 16 ||
	    strspn(test->letter.to + 1, "0123456789") != strlen(test->letter.to) - 1)
		return "a number is + and 8 to 15 digits, an address has an @";
	return NULL;
}

static enum err
look(struct db *db, struct test *test)
{
	struct rows *rows;

	TRY(outbox_get(db, test->id, &rows));
	test->state = rows_text_of(rows, 0, "state");
	test->provider = rows_text_of(rows, 0, "provider");
	test->ref = rows_text_of(rows, 0, "provider_ref");
	test->error = rows_text_of(rows, 0, "error");
	return ERR_OK;
}

/* Until it has left, or the time is over. What goes wrong on the way is said as it comes. */
static enum err
follow(struct db *db, struct test *test)
{
	const struct timespec moment = { 0, 200000000 };
	int64_t end_us = clock_steady_us() + WAIT_S * SECOND_US;
	const char *told = "";

	for (;;) {
		TRY(look(db, test));
		if (*test->error != '\0' && strcmp(test->error, told) != 0) {
			(void)printf("%s\n", test->error);
			(void)fflush(stdout);
			told = test->error;
		}
		if (strcmp(test->state, "QUEUED") != 0 || clock_steady_us() > end_us)
			return ERR_OK;
		(void)nanosleep(&moment, NULL);
	}
}

static int
tell(const struct test *test)
{
	const char *page = test->conf->base_url;

	if (strcmp(test->state, "FAILED") == 0) {
		(void)printf("not sent: %s\n", test->error);
		return 1;
	}
	if (strcmp(test->state, "QUEUED") == 0) {
		(void)printf("not sent yet; %s\n",
		    *test->error != '\0' ? "it is tried again by itself"
					 : "is the worker running? `confab status`, /readyz");
		return 1;
	}
	if (strcmp(test->provider, "outbox") == 0)
		(void)printf("not sent: the built-in provider keeps it, %s/admin/outbox/%s\n"
			     "SMS_PROVIDER and MAIL_PROVIDER choose another\n",
		    page, test->id);
	else
		(void)printf("accepted by %s%s%s\n", test->provider,
		    test->ref != NULL ? " as " : "", test->ref != NULL ? test->ref : "");
	return 0;
}

int
confab_notify_test(struct command *command)
{
	static const struct stmt_set *const sets[] = { &outbox_stmts, NULL };
	struct test test = { .conf = &command->conf, .letter = { .what = LETTER_TEST } };
	const char *wrong = words_read(command, &test);
	struct db *db;
	enum err err;

	if (wrong != NULL) {
		(void)fprintf(stderr, "confab: notify test: %s\n", wrong);
		return 2;
	}
	if (conf_check(&command->conf) != ERR_OK)
		return 78;
	db = db_open(command->conf.database_url, "confab", sets);
	db_arena_set(db, command->arena);
	err = db_tx(db, add_in_tx, &test);
	if (err == ERR_OK)
		err = follow(db, &test);
	db_close(db);
	if (err == ERR_OK)
		return tell(&test);
	(void)fprintf(stderr, "confab: the letter was not written: %s\n", err_text(err));
	return 1;
}
