/* What letters say: catalogues as gettext has them, and no letter with a hole in it. */
#include "base/po.h"
#include "domain/system/wording.h"
#include "harness/cunit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena *arena;

static struct po_entry *
read_po(const char *text, struct po_fault *fault)
{
	struct po_entry *first = NULL;

	*fault = (struct po_fault){ 0, NULL };
	return po_read(arena, text, strlen(text), &first, fault) == ERR_OK ? first : NULL;
}

static void
a_catalogue_is_read_as_gettext_reads_it(void)
{
	struct po_fault fault;
	struct po_entry *entry =
	    read_po("# said by nobody\nmsgid \"\"\nmsgstr \"\"\n\"Language: en\\n\"\n\n"
		    "#. for translators\n#: a.c:1\nmsgctxt \"a.sms\"\nmsgid \"One\"\n"
		    "msgstr \"\"\n\"E\\\"i\\\\n\"\n\"s\\n\\n\"\n\n"
		    "#, fuzzy\nmsgid \"Two\"\nmsgstr \"Zwei\"\n"
		    "msgid \"Three\"\nmsgstr \"\"\n\nmsgid \"Four\"\r\nmsgstr \"Vier\"",
		&fault);

	CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
	CU_ASSERT_STRING_EQUAL(entry->context, "a.sms");
	CU_ASSERT_STRING_EQUAL(entry->id, "One");
	CU_ASSERT_STRING_EQUAL(entry->text, "E\"i\\ns\n\n");
	CU_ASSERT_EQUAL(entry->line, 9);
	/* A guess of a tool, and what is not translated, are as if they were not there. */
	CU_ASSERT_PTR_NOT_NULL_FATAL(entry->next);
	CU_ASSERT_STRING_EQUAL(entry->next->text, "Vier");
	CU_ASSERT_STRING_EQUAL(entry->next->context, "");
	CU_ASSERT_PTR_NULL(entry->next->next);
}

static void
what_is_no_catalogue_is_refused_with_its_line(void)
{
	static const struct {
		const char *text;
		int line;
	} cases[] = {
		{ "msgid \"a\"\nmsgid \"b\"\nmsgstr \"c\"\n", 2 },
		{ "msgid \"a\"\n", 1 },
		{ "\"a\"\n", 1 },
		{ "msgstr \"a\"\n", 1 },
		{ "msgid \"a\nmsgstr \"b\"\n", 1 },
		{ "msgid \"a\" x\n", 1 },
		{ "msgid a\n", 1 },
		{ "msgid \"\\q\"\n", 1 },
		{ "msgid \"a\\", 1 },
		{ "\nmsgid \"a\"\nmsgid_plural \"b\"\nmsgstr[0] \"c\"\n", 3 },
		{ "msgid \"a\"\nmsgstr \"b\"\nmsgstr \"c\"\n", 3 },
		{ "hello\n", 1 },
		{ "msgid \"\xff\"\n", 0 },
	};
	struct po_fault fault;
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		CU_ASSERT_PTR_NULL(read_po(cases[i].text, &fault));
		CU_ASSERT_PTR_NOT_NULL(fault.what);
		CU_ASSERT_EQUAL(fault.line, cases[i].line);
	}
}

/* A folder with that one catalogue; what comes of loading it. */
static enum err
load(const char *name, const char *text)
{
	char dir[] = "/tmp/confab-wording-XXXXXX", path[64];
	struct wording *wording;
	enum err err;
	FILE *file;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fputs(text, file);
	(void)fclose(file);
	err = wording_load(arena, dir, &wording);
	(void)unlink(path);
	(void)rmdir(dir);
	return err;
}

static void
without_english_nothing_is_said(void)
{
	struct wording *wording;

	CU_ASSERT_EQUAL(
	    load("hi.po", "msgctxt \"code.sms\"\nmsgid \"a\"\nmsgstr \"b\"\n"), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(
	    load("en.po", "msgctxt \"code.sms\"\nmsgid \"a\"\nmsgstr \"b\"\n"), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(load("en.po", "nonsense"), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(wording_load(arena, "/nonexistent", &wording), ERR_BAD_REQUEST);
}

/* Every letter, in every language, by every way: no hole, no brace, and no text of another language. */
static void
every_letter_is_whole_in_every_language(void)
{
	static const char *const locales[] = { "en", "hi" };
	struct json_object *values = json_keep(arena, json_object_new_object());
	struct wording *wording;
	struct words words;
	size_t i;
	int id, channel;

	static const char *const names[] = { "site", "code", "minutes", "time", "device",
		"contact" };

	for (i = 0; i < COUNT_OF(names); i++)
		json_object_object_add(values, names[i], json_object_new_string("VALUE"));
	CU_ASSERT_EQUAL_FATAL(wording_load(arena, "templates/locale", &wording), ERR_OK);
	(void)wording_missed();
	for (i = 0; i < COUNT_OF(locales); i++)
		for (id = 0; id < LETTER__COUNT; id++)
			for (channel = LETTER_SMS; channel <= LETTER_EMAIL; channel++) {
				wording_say(wording, arena, (enum letter_id)id,
				    (enum letter_channel)channel, locales[i], values, &words);
				CU_ASSERT_STRING_EQUAL(words.locale, locales[i]);
				CU_ASSERT_PTR_NOT_NULL(strstr(words.text, "VALUE"));
				CU_ASSERT_PTR_NULL(strpbrk(words.text, "{}"));
				CU_ASSERT_EQUAL(words.subject == NULL, channel == LETTER_SMS);
			}
	CU_ASSERT_EQUAL(wording_missed(), 0);
	CU_ASSERT_TRUE(wording_knows(wording, "hi-IN"));
	CU_ASSERT_FALSE(wording_knows(wording, "hind"));
}

static void
a_text_with_a_strange_placeholder_is_left_out(void)
{
	/* So English lacks it, and is refused. */
	CU_ASSERT_EQUAL(load("en.po", "msgctxt \"test.sms\"\nmsgid \"a\"\nmsgstr \"{password}\"\n"),
	    ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(letter_find("code"), LETTER_CODE);
	CU_ASSERT_EQUAL(letter_find("cod"), LETTER__COUNT);
	CU_ASSERT_TRUE(letter_has(LETTER_CODE, "minutes", 7));
	CU_ASSERT_FALSE(letter_has(LETTER_CODE, "minute", 6));
	CU_ASSERT_FALSE(letter_has(LETTER_CODE, "time", 4));
}

static const struct cunit_test tests[] = {
	{ "a catalogue is read as gettext reads it", a_catalogue_is_read_as_gettext_reads_it },
	{ "what is no catalogue is refused with its line",
	    what_is_no_catalogue_is_refused_with_its_line },
	{ "without English nothing is said", without_english_nothing_is_said },
	{ "every letter is whole in every language", every_letter_is_whole_in_every_language },
	{ "a text with a strange placeholder is left out",
	    a_text_with_a_strange_placeholder_is_left_out },
	{ 0 },
};

int
main(void)
{
	int status;

	arena = arena_new(64 * 1024 * 1024);
	status = cunit_run("wording", tests);
	arena_free(arena);
	return status;
}
