#include "domain/system/wording.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/po.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PARTS = 3, LANGUAGES_MAX = 32, LANGUAGE_LEN_MAX = 12 };
static const char *const parts[PARTS] = { "sms", "email.subject", "email.text" };
static const char english[] = "en";

struct language {
	char name[LANGUAGE_LEN_MAX + 1];
	const char *texts[LETTER__COUNT][PARTS]; /* NULL: missing */
};
struct wording {
	struct language languages[LANGUAGES_MAX];
	size_t count;
	const struct language *english;
};

const struct letter_row letters[LETTER__COUNT] = {
#define LETTER(id, name, life_s, placeholders, doc)                                                \
	[LETTER_##id] = { name, life_s, placeholders, doc },
#include "domain/system/letter.def"
#undef LETTER
};
const char *const letter_names[] = {
#define LETTER(id, name, life_s, placeholders, doc) name,
#include "domain/system/letter.def"
#undef LETTER
	NULL
};
const char *const letter_channels[] = { [LETTER_SMS] = "SMS", [LETTER_EMAIL] = "EMAIL", NULL };

static int64_t missed;

enum letter_id
letter_find(const char *name)
{
	int id = 0;

	while (id < LETTER__COUNT && strcmp(letters[id].name, name) != 0)
		id++;
	return (enum letter_id)id;
}

static bool
is_word(const char *list, const char *word, size_t len)
{
	size_t own;

	for (; *list != '\0'; list += own + (list[own] == ' ')) {
		own = strcspn(list, " ");
		if (own == len && memcmp(list, word, len) == 0)
			return true;
	}
	return false;
}

bool
letter_has(enum letter_id id, const char *placeholder, size_t len)
{
	return is_word(letters[id].placeholders, placeholder, len);
}

/* --- loading --- */

/* Every placeholder of the text is known to its letter. */
static bool
is_sound(enum letter_id id, const char *text)
{
	size_t len;

	while ((text = strchr(text, '{')) != NULL) {
		len = strcspn(++text, "}");
		if (text[len] != '}' || (!letter_has(id, text, len) && !is_word("site", text, len)))
			return false;
	}
	return true;
}

/* Where a text of that context belongs; NULL: to no letter. */
static const char **
place_of(struct language *language, const char *context, enum letter_id *of)
{
	const char *dot = strchr(context, '.');
	int id, part;

	for (id = 0; dot != NULL && id < LETTER__COUNT; id++)
		for (part = 0; part < PARTS; part++)
			if (strlen(letters[id].name) == (size_t)(dot - context) &&
			    str_starts(context, letters[id].name) &&
			    strcmp(dot + 1, parts[part]) == 0) {
				*of = (enum letter_id)id;
				return &language->texts[id][part];
			}
	return NULL;
}

static void
take(struct language *language, const struct po_entry *entry)
{
	const char **place, *what = NULL;
	enum letter_id id = LETTER__COUNT;

	for (; entry != NULL; entry = entry->next) {
		place = place_of(language, entry->context, &id);
		what = place == NULL		 ? "no letter has such a text"
		    : *place != NULL		 ? "the text is there twice"
		    : !is_sound(id, entry->text) ? "a placeholder is none of its letter"
						 : NULL;
		if (what != NULL)
			log_error("a text is left out", LOG_STR("language", language->name),
			    LOG_STR("text", entry->context), LOG_INT("line", entry->line),
			    LOG_STR("why", what));
		else
			*place = entry->text;
	}
}

/* The file's content; NULL: it cannot be read, or is too long. */
static char *
content_of(struct arena *arena, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = arena_alloc(arena, PO_BYTES_MAX + 2);
	ssize_t got = 0;

	*len = 0;
	while (fd >= 0 && *len <= PO_BYTES_MAX &&
	    (got = read(fd, text + *len, PO_BYTES_MAX + 1 - *len)) > 0)
		*len += (size_t)got;
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 && got == 0 ? text : NULL;
}

static enum err
language_load(struct arena *arena, const char *path, struct language *language)
{
	struct po_fault fault = { 0, "it cannot be read" };
	struct po_entry *first = NULL;
	size_t len;
	const char *text = content_of(arena, path, &len);

	if (text != NULL && po_read(arena, text, len, &first, &fault) == ERR_OK) {
		take(language, first);
		return ERR_OK;
	}
	log_error("a message catalogue is of no use", LOG_STR("file", path),
	    LOG_INT("line", fault.line), LOG_STR("why", fault.what));
	return ERR_BAD_REQUEST;
}

/* English has every text. */
static enum err
english_check(struct wording *wording)
{
	enum err err = ERR_OK;
	int id, part;
	size_t i;

	for (i = 0; i < wording->count; i++)
		if (strcmp(wording->languages[i].name, english) == 0)
			wording->english = &wording->languages[i];
	if (wording->english == NULL) {
		log_error("there is no message catalogue en.po");
		return ERR_BAD_REQUEST;
	}
	for (id = 0; id < LETTER__COUNT; id++)
		for (part = 0; part < PARTS; part++)
			if (wording->english->texts[id][part] == NULL) {
				log_error("English lacks a text",
				    LOG_STR("letter", letters[id].name),
				    LOG_STR("part", parts[part]));
				err = ERR_BAD_REQUEST;
			}
	return err;
}

enum err
wording_load(struct arena *arena, const char *dir, struct wording **made)
{
	struct wording *wording = arena_alloc(arena, sizeof(*wording));
	const struct dirent *entry;
	enum err err = ERR_OK, own;
	DIR *folder = opendir(dir);

	if (folder == NULL) {
		log_error("the message catalogues cannot be read", LOG_STR("folder", dir),
		    LOG_STR("error", strerror(errno)));
		return ERR_BAD_REQUEST;
	}
	while ((entry = readdir(folder)) != NULL && wording->count < LANGUAGES_MAX) {
		size_t len = strlen(entry->d_name);
		struct language *language = &wording->languages[wording->count];

		if (len < 5 || len - 3 > LANGUAGE_LEN_MAX ||
		    strcmp(entry->d_name + len - 3, ".po") != 0)
			continue;
		memcpy(language->name, entry->d_name, len - 3);
		own = language_load(
		    arena, arena_printf(arena, "%s/%s", dir, entry->d_name), language);
		wording->count += own == ERR_OK;
		err = own != ERR_OK ? own : err;
	}
	(void)closedir(folder);
	TRY(err);
	TRY(english_check(wording));
	*made = wording;
	return ERR_OK;
}

/* --- saying --- */

static const struct language *
language_of(const struct wording *wording, const char *locale, size_t len)
{
	size_t i;

	for (i = 0; i < wording->count; i++)
		if (strlen(wording->languages[i].name) == len &&
		    strncmp(wording->languages[i].name, locale, len) == 0)
			return &wording->languages[i];
	return NULL;
}

static const struct language *
closest(const struct wording *wording, const char *locale)
{
	const struct language *language = language_of(wording, locale, strlen(locale));

	return language != NULL ? language : language_of(wording, locale, strcspn(locale, "-"));
}

bool
wording_knows(const struct wording *wording, const char *locale)
{
	return closest(wording, locale) != NULL;
}

static const char *
filled(struct arena *arena, const char *text, struct json_object *values)
{
	struct buf out = buf_new(arena, strlen(text) + 128);
	struct json_object *value;
	const char *name;
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "{");
		buf_add(&out, text, len);
		text += len;
		if (*text == '\0')
			break;
		len = strcspn(++text, "}");
		name = arena_strndup(arena, text, len);
		if (json_object_object_get_ex(values, name, &value) && value != NULL)
			buf_puts(&out, json_object_get_string(value));
		text += len + 1;
	}
	return out.data;
}

void
wording_say(const struct wording *wording, struct arena *arena, enum letter_id id,
    enum letter_channel channel, const char *locale, struct json_object *values, struct words *words)
{
	const struct language *language = closest(wording, locale);
	int first = channel == LETTER_SMS ? 0 : 1, last = channel == LETTER_SMS ? 0 : 2, part;

	/* All of a letter is in one language. */
	for (part = first; language != NULL && part <= last; part++)
		if (language->texts[id][part] == NULL)
			language = NULL;
	if (language == NULL) {
		missed++;
		language = wording->english;
	}
	words->locale = language->name;
	words->text = filled(arena, language->texts[id][last], values);
	words->subject =
	    channel == LETTER_SMS ? NULL : filled(arena, language->texts[id][first], values);
}

int64_t
wording_missed(void)
{
	int64_t count = missed;

	missed = 0;
	return count;
}
