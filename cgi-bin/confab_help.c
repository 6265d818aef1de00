/* `confab help`, and what is said of a word that is no command. */
#include "confab.h"

#include <string.h>

enum { WORD_MAX = 32, NEAR = 2 /* letters */ };

static void
print_one(FILE *out, const struct command_doc *doc)
{
	(void)fprintf(out, "  confab %s%s%s%s\n      %s\n", doc->words[0],
	    doc->words[1] != NULL ? " " : "", doc->words[1] != NULL ? doc->words[1] : "",
	    doc->arguments, doc->summary);
}

/* How many letters must be changed, added or left out to make b of a; WORD_MAX when one is that long. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], i, j, len = strlen(b);

	if (len >= WORD_MAX || strlen(a) >= WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		size_t before = row[0];

		row[0] = i;
		for (j = 1; j <= len; j++) {
			size_t cost = before + (a[i - 1] != b[j - 1]);

			before = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
		}
	}
	return row[len];
}

static int
say_unknown(FILE *out, const struct command_doc *docs, size_t count, const char *word)
{
	const char *nearest = NULL;
	size_t i, least = NEAR + 1;

	for (i = 0; i < count; i++) {
		size_t far = distance(word, docs[i].words[0]);

		if (far < least) {
			least = far;
			nearest = docs[i].words[0];
		}
	}
	(void)fprintf(out, "confab: there is no command \"%s\"", word);
	if (nearest != NULL)
		(void)fprintf(out, "; is \"%s\" meant?", nearest);
	(void)fputs("\n`confab help` lists what there is.\n", out);
	return 2;
}

int
confab_help(FILE *out, const struct command_doc *docs, size_t count, const char *word)
{
	size_t i, shown = 0;

	for (i = 0; i < count; i++)
		shown += word == NULL || strcmp(docs[i].words[0], word) == 0;
	if (shown == 0)
		return say_unknown(out, docs, count, word);
	if (word == NULL)
		(void)fputs(
		    "Settings: $CONFAB_CONF (/etc/confab/confab.conf) and the environment.\n\n",
		    out);
	for (i = 0; i < count; i++)
		if (word == NULL || strcmp(docs[i].words[0], word) == 0)
			print_one(out, &docs[i]);
	return 0;
}
