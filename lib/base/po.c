#include "base/po.h"

#include "base/buf.h"
#include "base/str.h"

#include <string.h>

/* Parts of an entry, in their order. */
enum part { PART_NONE, PART_CONTEXT, PART_ID, PART_TEXT, PART__COUNT };
static const char *const words[] = {
	[PART_CONTEXT] = "msgctxt",
	[PART_ID] = "msgid",
	[PART_TEXT] = "msgstr",
};

struct reader {
	struct arena *arena;
	struct po_entry *first, **end;
	struct po_fault *fault;
	int line, id_line;
	enum part part; /* being read */
	struct buf values[PART__COUNT];
	bool fuzzy, fuzzy_next; /* the entry being read, the next one */
};

static enum err
fail(struct reader *reader, const char *what)
{
	*reader->fault = (struct po_fault){ reader->line, what };
	return ERR_BAD_REQUEST;
}

static void
begin(struct reader *reader)
{
	int i;

	reader->part = PART_NONE;
	for (i = 0; i < PART__COUNT; i++)
		buf_clear(&reader->values[i]);
	reader->fuzzy = false;
}

/* What was read is an entry; the header has an empty id, and an untranslated one no text. */
static enum err
finish(struct reader *reader)
{
	struct po_entry *entry;

	if (reader->part == PART_NONE)
		return ERR_OK;
	if (reader->part != PART_TEXT)
		return fail(reader, "the entry before has no msgstr");
	if (reader->values[PART_ID].len > 0 && reader->values[PART_TEXT].len > 0 && !reader->fuzzy) {
		entry = arena_alloc(reader->arena, sizeof(*entry));
		*entry = (struct po_entry){ arena_strdup(
						reader->arena, reader->values[PART_CONTEXT].data),
			arena_strdup(reader->arena, reader->values[PART_ID].data),
			arena_strdup(reader->arena, reader->values[PART_TEXT].data),
			reader->id_line, NULL };
		*reader->end = entry;
		reader->end = &entry->next;
	}
	begin(reader);
	return ERR_OK;
}

/* A quoted string up to the end of the line, behind what the part has. */
static enum err
quoted(struct reader *reader, const char *at, const char *end)
{
	static const char escapes[] = "nt\\\"", meant[] = "\n\t\\\"";
	struct buf *value = &reader->values[reader->part];
	const char *found;

	if (at == end || *at++ != '"')
		return fail(reader, "a quoted string is missing");
	for (; at < end && *at != '"'; at++) {
		if (*at != '\\') {
			buf_putc(value, *at);
			continue;
		}
		found = ++at < end ? strchr(escapes, *at) : NULL;
		if (found == NULL)
			return fail(reader, "only \\n, \\t, \\\\ and \\\" may be escaped");
		buf_putc(value, meant[found - escapes]);
	}
	if (at + 1 != end)
		return fail(reader, "the string does not end the line");
	return ERR_OK;
}

/* The word of a part, then a string. An entry begins with its context, or its id. */
static enum err
part_begin(struct reader *reader, enum part part, const char *at, const char *end)
{
	if (part == PART_CONTEXT || (part == PART_ID && reader->part != PART_CONTEXT)) {
		TRY(finish(reader));
		reader->fuzzy = reader->fuzzy_next;
		reader->fuzzy_next = false;
	} else if (reader->part + 1 != part) {
		return fail(reader, "out of order");
	}
	reader->part = part;
	if (part == PART_ID)
		reader->id_line = reader->line;
	while (at < end && *at == ' ')
		at++;
	return quoted(reader, at, end);
}

static enum err
line_read(struct reader *reader, const char *at, const char *end)
{
	size_t len = (size_t)(end - at), word;
	int part;

	if (len == 0)
		return ERR_OK;
	if (*at == '#') {
		if (len > 1 && at[1] == ',' && memmem(at, len, "fuzzy", 5) != NULL)
			reader->fuzzy_next = true;
		return ERR_OK;
	}
	if (*at == '"')
		return reader->part == PART_NONE ? fail(reader, "a string of no entry")
						 : quoted(reader, at, end);
	for (part = PART_CONTEXT; part < PART__COUNT; part++) {
		word = strlen(words[part]);
		if (len > word && strncmp(at, words[part], word) == 0 && at[word] == ' ')
			return part_begin(reader, (enum part)part, at + word, end);
	}
	return fail(reader, "neither msgctxt, msgid nor msgstr");
}

enum err
po_read(struct arena *arena, const char *text, size_t len, struct po_entry **first,
    struct po_fault *fault)
{
	struct reader reader = { .arena = arena, .fault = fault };
	const char *at = text, *end = text + len, *line_end, *last;
	int i;

	if (len > PO_BYTES_MAX || !str_utf8_valid(text, len))
		return fail(&reader, "not UTF-8, or too long");
	reader.end = &reader.first;
	for (i = 0; i < PART__COUNT; i++)
		reader.values[i] = buf_new(arena, 256);
	for (; at < end; at = line_end + 1) {
		reader.line++;
		line_end = memchr(at, '\n', (size_t)(end - at));
		line_end = line_end != NULL ? line_end : end;
		for (last = line_end; last > at && strchr(" \t\r", last[-1]) != NULL; last--)
			continue;
		TRY(line_read(&reader, at, last));
	}
	TRY(finish(&reader));
	*first = reader.first;
	return ERR_OK;
}
