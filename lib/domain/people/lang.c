#include "domain/people/lang.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool
lang_valid(const char *tag)
{
	size_t len = strspn(tag, lower);

	if (len < 2 || len > 3)
		return false;
	tag += len;
	if (tag[0] == '-' && strspn(tag + 1, upper) == 1 && strspn(tag + 2, lower) == 3)
		tag += 5;
	if (tag[0] == '-' && strspn(tag + 1, upper) == 2)
		tag += 3;
	return tag[0] == '\0';
}

/* One range of a header. */
struct range {
	char tag[12];
	int weight; /* in thousandths */
};

/* "0.8" in thousandths; 0 for what is no weight. */
static int
weight_of(const char *text)
{
	int weight = *text == '1' ? 1000 : 0, part = 100;

	if ((*text != '0' && *text != '1') || text[1] != '.')
		return weight;
	for (text += 2; isdigit((unsigned char)*text) && part > 0; text++, part /= 10)
		weight += (*text - '0') * part;
	return weight <= 1000 ? weight : 0;
}

/* The tag in its canonical case; false: it is not one of ours. */
static bool
range_read(const char *at, size_t len, struct range *range)
{
	const char *quality = memchr(at, ';', len);
	size_t size = quality != NULL ? (size_t)(quality - at) : len, part = 0, i;

	while (size > 0 && at[size - 1] == ' ')
		size--;
	if (size == 0 || size >= sizeof(range->tag))
		return false;
	for (i = 0; i < size; i++) {
		bool capital = part > 0 && (strcspn(at + part, "-;, ") == 2 || i == part);

		range->tag[i] =
		    (char)(capital ? toupper((unsigned char)at[i]) : tolower((unsigned char)at[i]));
		if (at[i] == '-')
			part = i + 1;
	}
	range->tag[size] = '\0';
	quality = quality != NULL ? quality + 1 + strspn(quality + 1, " ") : NULL;
	range->weight = quality == NULL	     ? 1000
	    : strncmp(quality, "q=", 2) == 0 ? weight_of(quality + 2)
					     : 0;
	return range->weight > 0 && lang_valid(range->tag);
}

/* Among those that are there by weight; of equal ones the first stays before. */
static void
range_add(struct range *list, size_t *count, const struct range *range)
{
	size_t at = *count;

	while (at > 0 && list[at - 1].weight < range->weight)
		at--;
	if (at == LANG_ACCEPTED_MAX)
		return;
	if (*count == LANG_ACCEPTED_MAX)
		(*count)--;
	memmove(&list[at + 1], &list[at], (*count - at) * sizeof(*list));
	list[at] = *range;
	(*count)++;
}

char *
lang_accepted(struct arena *arena, const char *header)
{
	struct buf out = buf_new(arena, 64);
	struct range list[LANG_ACCEPTED_MAX], range;
	size_t count = 0, len, i;

	for (; header != NULL && *header != '\0'; header += len + (header[len] == ',')) {
		header += strspn(header, " \t");
		len = strcspn(header, ",");
		if (range_read(header, len, &range))
			range_add(list, &count, &range);
	}
	for (i = 0; i < count; i++) {
		len = strcspn(list[i].tag, "-");
		if (strncmp(list[i].tag, "en", len) == 0 && len == 2)
			break;
		buf_join(&out, out.len > 0 ? " " : "", list[i].tag, NULL);
		if (list[i].tag[len] == '-') {
			buf_putc(&out, ' ');
			buf_add(&out, list[i].tag, len);
		}
	}
	return out.data;
}
