/* The index of the search, made from the pages themselves: what is on a page is what is found. */
#include "confab_docs.h"

#include <ctype.h>
#include <string.h>

/* Where a reading of a page stands. */
struct reading {
	struct arena *arena;
	const char *at; /* in the page */
	struct buf words; /* of the section, each once, between blanks */
};

static const struct {
	const char *name;
	char c;
} entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' },
	{ "&#39;", '\'' } };

/* One character of text; 0 at a tag or the end. */
static char
next_char(const char **at)
{
	size_t i;

	if (**at == '<' || **at == '\0')
		return '\0';
	for (i = 0; **at == '&' && i < COUNT_OF(entities); i++)
		if (strncmp(*at, entities[i].name, strlen(entities[i].name)) == 0) {
			*at += strlen(entities[i].name);
			return entities[i].c;
		}
	return *(*at)++;
}

static void
add_word(struct reading *reading, const char *word, size_t len)
{
	char *with_blanks;

	if (len < 2)
		return;
	with_blanks = arena_printf(reading->arena, " %.*s ", (int)len, word);
	if (strstr(reading->words.data, with_blanks) == NULL)
		buf_puts(&reading->words, with_blanks + 1);
}

/* The text up to the next tag, word by word. */
static void
read_text(struct reading *reading)
{
	char word[64];
	size_t len = 0;
	char c;

	do {
		c = next_char(&reading->at);
		if (isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80) {
			if (len < sizeof(word))
				word[len++] = (char)tolower((unsigned char)c);
			continue;
		}
		while (len > 0 && word[len - 1] == '.')
			len--;
		add_word(reading, word, len);
		len = 0;
	} while (c != '\0');
}

/* Past the tag, and past all of an element that is not for words. */
static void
skip_tag(struct reading *reading)
{
	static const char *const left_out[] = { "pre", "details" };
	const char *end;
	size_t i;

	for (i = 0; i < COUNT_OF(left_out); i++) {
		size_t len = strlen(left_out[i]);

		if (strncmp(reading->at + 1, left_out[i], len) == 0 &&
		    !isalnum((unsigned char)reading->at[1 + len])) {
			end =
			    strstr(reading->at, arena_printf(reading->arena, "</%s>", left_out[i]));
			reading->at = end != NULL ? end : reading->at + strlen(reading->at);
		}
	}
	end = strchr(reading->at, '>');
	reading->at = end != NULL ? end + 1 : reading->at + strlen(reading->at);
}

/* The next heading with an id at or behind at; NULL when there is none. */
static const char *
next_heading(const char *at)
{
	const char *end = strstr(at, "</main>");

	while ((at = strstr(at, "<h")) != NULL && (end == NULL || at < end)) {
		if ((at[2] == '1' || at[2] == '2' || at[2] == '3') &&
		    strncmp(at + 3, " id=\"", 5) == 0)
			return at;
		at++;
	}
	return NULL;
}

/* The words of a heading without its tags. */
static char *
heading_text(struct arena *arena, const char *heading)
{
	struct buf text = buf_new(arena, 64);
	const char *at = strchr(heading, '>');
	char c;

	while (at != NULL && strncmp(at, "</h", 3) != 0 && *at != '\0') {
		at = *at == '<' ? strchr(at, '>') : at;
		if (at == NULL)
			break;
		at += *at == '>';
		while ((c = next_char(&at)) != '\0')
			buf_putc(&text, c);
	}
	return text.data;
}

void
docs_index(struct arena *arena, const char *url, const char *page, const char *html,
    struct json_object *list)
{
	const char *heading = next_heading(html), *next, *id;

	for (; heading != NULL; heading = next) {
		struct json_object *row = json_object_new_object();
		struct reading reading = { arena, heading, buf_new(arena, 512) };

		next = next_heading(heading + 1);
		id = heading + 8;
		buf_putc(&reading.words, ' ');
		while (*reading.at != '\0' && (next == NULL || reading.at < next) &&
		    strncmp(reading.at, "</main>", 7) != 0) {
			skip_tag(&reading);
			read_text(&reading);
		}
		docs_add(row, "title", heading_text(arena, heading));
		docs_add(
		    row, "url", arena_printf(arena, "%s#%.*s", url, (int)strcspn(id, "\""), id));
		docs_add(row, "page", page);
		docs_add(row, "words", reading.words.data + 1);
		(void)json_object_array_add(list, row);
	}
}
