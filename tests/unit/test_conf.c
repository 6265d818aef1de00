/* Settings: defaults, the file, the environment, value files, refusals with line numbers. */
#include "base/arena.h"
#include "base/conf.h"
#include "harness/cunit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "k1:0123456789abcdef0123456789abcdef"

static struct arena *arena;
static char dir[] = "/tmp/confab-conf-XXXXXX";

static const char *
file_of(const char *name, const char *text, size_t len)
{
	char *path = arena_printf(arena, "%s/%s", dir, name);
	FILE *file = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(text, 1, len, file), len);
	(void)fclose(file);
	return path;
}

/* The text, and the secrets that every file needs and the text does not speak of. */
static const char *
complete(const char *text)
{
	return arena_printf(arena, "%s%s%s", text,
	    strstr(text, "FIELD_KEYS") != NULL ? "" : "\nFIELD_KEYS=" SECRET,
	    strstr(text, "LOOKUP_KEY") != NULL ? "" : "\nLOOKUP_KEY=" SECRET);
}

/* Load text as a settings file; what it said on standard error goes to *said when that is wanted. */
static enum err
load(const char *text, struct conf *conf, const char **said)
{
	const char *whole = complete(text), *path = file_of("conf", whole, strlen(whole));
	char *words = arena_alloc(arena, 65536);
	int saved = dup(STDERR_FILENO), ends[2];
	enum err err;

	CU_ASSERT_FATAL(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	err = conf_load(path, conf);
	if (err == ERR_OK)
		err = conf_check(conf);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	CU_ASSERT(read(ends[0], words, 65535) >= 0);
	(void)close(ends[0]);
	if (said != NULL)
		*said = words;
	return err;
}

static void
reads_a_file(void)
{
	struct conf conf;

	CU_ASSERT_EQUAL(load("# a comment\n\n  WORKERS=7\nSITE_NAME=\"A = b\"\r\nLOG_LEVEL=debug\n"
			     "SECRET_KEYS=" SECRET,
			    &conf, NULL),
	    ERR_OK);
	CU_ASSERT_EQUAL(conf.workers, 7);
	CU_ASSERT_STRING_EQUAL(conf.site_name, "A = b");
	CU_ASSERT_STRING_EQUAL(conf.log_level, "debug");
	CU_ASSERT_STRING_EQUAL(conf.secret_keys, SECRET);
	CU_ASSERT_EQUAL(conf.poll_wait_s, 25);
	CU_ASSERT_STRING_EQUAL(conf.environment, "production");
}

static void
lets_the_environment_win(void)
{
	struct conf conf;

	CU_ASSERT_EQUAL(setenv("WORKERS", "9", 1), 0);
	CU_ASSERT_EQUAL(load("WORKERS=7\nSECRET_KEYS=" SECRET "\n", &conf, NULL), ERR_OK);
	CU_ASSERT_EQUAL(conf.workers, 9);
	CU_ASSERT_EQUAL(setenv("WORKERS", "many", 1), 0);
	CU_ASSERT_EQUAL(load("SECRET_KEYS=" SECRET "\n", &conf, NULL), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(unsetenv("WORKERS"), 0);
}

static void
reads_value_files(void)
{
	const char *path = file_of("secret", SECRET "\n", sizeof(SECRET));
	const char *nul = file_of("nul", "a\0b", 3);
	struct conf conf;
	char *long_text = arena_alloc(arena, 5000);

	CU_ASSERT_EQUAL(
	    load(arena_printf(arena, "SECRET_KEYS_FILE=%s\n", path), &conf, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(conf.secret_keys, SECRET);
	CU_ASSERT_EQUAL(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	CU_ASSERT_EQUAL(load("SECRET_KEYS_FILE=%d/secret\n", &conf, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(conf.secret_keys, SECRET);
	CU_ASSERT_EQUAL(load("SECRET_KEYS_FILE=%d/absent\n", &conf, NULL), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(
	    load(arena_printf(arena, "SITE_NAME_FILE=%s\nSECRET_KEYS=" SECRET, nul), &conf, NULL),
	    ERR_BAD_REQUEST);
	memset(long_text, 'x', 4999);
	(void)file_of("long", long_text, 4999);
	CU_ASSERT_EQUAL(
	    load("SITE_NAME_FILE=%d/long\nSECRET_KEYS=" SECRET, &conf, NULL), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

/* Without systemd %d is the folder of the settings file, where the keys lie. */
static void
finds_the_keys_beside_the_file(void)
{
	struct conf conf;
	char place[64];

	(void)file_of("secret", SECRET "\n", sizeof(SECRET));
	CU_ASSERT_EQUAL(load("SECRET_KEYS_FILE=%d/secret\n", &conf, NULL), ERR_OK);
	CU_ASSERT_STRING_EQUAL(conf.secret_keys, SECRET);
	CU_ASSERT_STRING_EQUAL(conf_dir("/a/b/c.conf", place, sizeof(place)), "/a/b");
	CU_ASSERT_STRING_EQUAL(conf_dir("c.conf", place, sizeof(place)), ".");
	CU_ASSERT_STRING_EQUAL(conf_dir(NULL, place, sizeof(place)), "/etc/confab");
}

static void
names_a_file_that_cannot_be_read(void)
{
	const char *said, *path = arena_printf(arena, "%s/absent", dir);
	struct conf conf;

	CU_ASSERT_EQUAL(load("SECRET_KEYS_FILE=%d/absent\n", &conf, &said), ERR_BAD_REQUEST);
	CU_ASSERT_PTR_NOT_NULL(strstr(said,
	    arena_printf(arena,
		"conf:1: SECRET_KEYS_FILE names a file, %s: No such file or directory", path)));
	CU_ASSERT_EQUAL(
	    load(arena_printf(arena, "SECRET_KEYS_FILE=%s/secret/x\n", dir), &conf, &said),
	    ERR_BAD_REQUEST);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "secret/x: Not a directory"));
	CU_ASSERT_EQUAL(conf_load(path, &conf), ERR_BAD_REQUEST);
}

static void
names_the_line(void)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "\n#\nWORKER=3\n", "conf:3: WORKER is not a known setting" },
		{ "WORKERS=0\n", "conf:1: WORKERS must be a whole number from 1 to 64" },
		{ "WORKERS=03\n", "conf:1: WORKERS must be" },
		{ "WORKERS=\n", "conf:1: WORKERS must be" },
		{ "\nworkers=3\n", "conf:2: workers is not a known setting" },
		{ "what\n", "conf:1: what is not KEY=value" },
		{ "=x\n", "conf:1:  is not a known setting" },
		{ "_FILE=x\n", "is not a known setting" },
		{ "\nWORKERS_FILE=/nonexistent\n", "conf:2: WORKERS_FILE names a file" },
	};
	const char *said;
	struct conf conf;
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		CU_ASSERT_EQUAL(load(cases[i].text, &conf, &said), ERR_BAD_REQUEST);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
	}
}

static void
refuses_a_line_too_long(void)
{
	char *text = arena_alloc(arena, 6000);
	const char *said;
	struct conf conf;

	memset(text, 'x', 5000);
	memcpy(text, "SITE_NAME=", 10);
	memcpy(text + 4095, "WORKERS=2\n", 11);
	CU_ASSERT_EQUAL(load(text, &conf, &said), ERR_BAD_REQUEST);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "conf:1: the line is too long"));
}

#define TWILIO "\nSMS_PROVIDER=twilio\nTWILIO_ACCOUNT=AC1\nTWILIO_TOKEN=t\nTWILIO_FROM=+15005550006"

static void
checks_rules_between_keys(void)
{
	static const struct {
		const char *text;
		enum err err;
	} cases[] = {
		{ "", ERR_BAD_REQUEST }, /* no secret */
		{ "SECRET_KEYS=k1:short", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=k1:0123456789abcdef0123456789abcde", ERR_BAD_REQUEST }, /* 31 */
		{ "SECRET_KEYS=:0123456789abcdef0123456789abcdef", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET ",k2:short", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "," SECRET, ERR_OK },
		{ "SECRET_KEYS=" SECRET "-example", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "-example\nENVIRONMENT=development", ERR_OK },
		{ "SECRET_KEYS=" SECRET "\nFIELD_KEYS=", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nFIELD_KEYS=k1:short", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nFIELD_KEYS=" SECRET "-example", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nLOOKUP_KEY=", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nLOOKUP_KEY=" SECRET "-example", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nBASE_URL=http://a", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nBASE_URL=http://a\nENVIRONMENT=development", ERR_OK },
		{ "SECRET_KEYS=" SECRET "\nBASE_URL=https://a/", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nENVIRONMENT=test", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nLOG_LEVEL=loud", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nAI_PROVIDER=other", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nSMS_PROVIDER=other", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nMAIL_PROVIDER=", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nSMS_PROVIDER=twilio", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET TWILIO, ERR_OK },
		{ "SECRET_KEYS=" SECRET TWILIO "\nTWILIO_URL=http://127.0.0.1:9", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET TWILIO
		  "\nTWILIO_URL=http://127.0.0.1:9\nENVIRONMENT=development",
		    ERR_OK },
		{ "SECRET_KEYS=" SECRET "\nMAIL_PROVIDER=smtp\nSMTP_URL=smtp://a", ERR_BAD_REQUEST },
		{ "SECRET_KEYS=" SECRET "\nMAIL_PROVIDER=smtp\nSMTP_URL=smtp://a\nMAIL_FROM=a@b",
		    ERR_OK },
		{ "SECRET_KEYS=" SECRET "\nMAIL_PROVIDER=resend\nMAIL_FROM=a@b", ERR_BAD_REQUEST },
	};
	struct conf conf;
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++)
		CU_ASSERT_EQUAL(load(cases[i].text, &conf, NULL), cases[i].err);
}

static void
prints_without_secrets(void)
{
	char *text = NULL;
	size_t len = 0;
	struct conf conf;
	FILE *out = open_memstream(&text, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(load("SECRET_KEYS=" SECRET "\nDATABASE_URL=canary\n", &conf, NULL), ERR_OK);
	conf_print(&conf, out);
	(void)fclose(out);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nWORKERS=3\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nSECRET_KEYS=(secret)\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "0123456789abcdef"));
	CU_ASSERT_PTR_NULL(strstr(text, "canary"));
	free(text);
}

static void
shows_who_said_what(void)
{
	const char *path = file_of("secret", SECRET "\n", sizeof(SECRET));
	struct conf_shown shown;
	struct conf conf;

	CU_ASSERT_EQUAL(setenv("WORKERS", "9", 1), 0);
	CU_ASSERT_EQUAL(load(arena_printf(arena,
				 "ENVIRONMENT=development\nBASE_URL=http://x\nWORKERS=7\n"
				 "LOG_LEVEL=warn\nSECRET_KEYS_FILE=%s\n",
				 path),
			    &conf, NULL),
	    ERR_OK);
	CU_ASSERT_EQUAL(unsetenv("WORKERS"), 0);
	shown = conf_show(arena, &conf, CONF_ID_log_level);
	CU_ASSERT_STRING_EQUAL(shown.key, "LOG_LEVEL");
	CU_ASSERT_STRING_EQUAL(shown.value, "warn");
	CU_ASSERT_STRING_EQUAL(shown.normal, "info");
	CU_ASSERT_STRING_EQUAL(shown.from, arena_printf(arena, "%s/conf:4", dir));
	CU_ASSERT_PTR_NULL(shown.warning);
	shown = conf_show(arena, &conf, CONF_ID_workers);
	CU_ASSERT_STRING_EQUAL(shown.value, "9");
	CU_ASSERT_STRING_EQUAL(shown.normal, "3");
	CU_ASSERT_STRING_EQUAL(shown.from, "environment");
	shown = conf_show(arena, &conf, CONF_ID_slow_ms);
	CU_ASSERT_STRING_EQUAL(shown.value, shown.normal);
	CU_ASSERT_PTR_NULL(shown.from);
	shown = conf_show(arena, &conf, CONF_ID_secret_keys);
	CU_ASSERT_STRING_EQUAL(shown.value, "set");
	CU_ASSERT_STRING_EQUAL(shown.normal, "not set");
	CU_ASSERT_STRING_EQUAL(shown.from, arena_printf(arena, "%s/conf:5, the file %s", dir, path));
	CU_ASSERT_STRING_EQUAL(conf_show(arena, &conf, CONF_ID_base_url).warning,
	    "must start with https:// in production");
	CU_ASSERT_STRING_EQUAL(
	    conf_show(arena, &conf, CONF_ID_ai_provider).warning, "is the built-in echo");
}

static const struct cunit_test tests[] = {
	{ "a file sets what it names, defaults the rest", reads_a_file },
	{ "the environment wins over the file", lets_the_environment_win },
	{ "a value may be the content of a file", reads_value_files },
	{ "without systemd the keys lie beside the settings file", finds_the_keys_beside_the_file },
	{ "a file that cannot be read is named, with the reason", names_a_file_that_cannot_be_read },
	{ "a refusal names file, line and key", names_the_line },
	{ "a line too long is refused, not split", refuses_a_line_too_long },
	{ "rules between keys are checked", checks_rules_between_keys },
	{ "secrets are not printed", prints_without_secrets },
	{ "each is shown with who said it, and what is wrong with it", shows_who_said_what },
	{ NULL, NULL },
};

int
main(void)
{
	static const char *const names[] = { "conf", "secret", "nul", "long" };
	int status;
	size_t i;

	(void)clearenv(); /* settings of the one who runs the tests */
	arena = arena_new(4 * 1024 * 1024);
	if (mkdtemp(dir) == NULL)
		return 2;
	status = cunit_run("conf", tests);
	for (i = 0; i < COUNT_OF(names); i++)
		(void)unlink(arena_printf(arena, "%s/%s", dir, names[i]));
	(void)rmdir(dir);
	arena_free(arena);
	return status;
}
