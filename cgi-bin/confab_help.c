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

static void
print_group(FILE *out, const struct command_doc *docs, size_t count, const char *word)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(docs[i].words[0], word) == 0)
			print_one(out, &docs[i]);
}

/* Is one of those that begin with the word an act? */
static bool
has_act(const struct command_doc *docs, size_t count, const char *word)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (docs[i].run == confab_act && strcmp(docs[i].words[0], word) == 0)
			return true;
	return false;
}

/* Those with one first word together, in the order in which the words come; acts with a line between two words. */
static void
print_groups(FILE *out, const struct command_doc *docs, size_t count, bool acts)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		const char *word = docs[i].words[0];

		for (j = 0; j < i && strcmp(docs[j].words[0], word) != 0; j++)
			continue;
		if (j < i || has_act(docs, count, word) != acts)
			continue;
		if (acts)
			(void)fputc('\n', out);
		print_group(out, docs, count, word);
	}
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
	if (word != NULL) {
		print_group(out, docs, count, word);
		return 0;
	}
	(void)fputs("Settings: $CONFAB_CONF (/etc/confab/confab.conf) and the environment.\n\n"
		    "The system:\n\n",
	    out);
	print_groups(out, docs, count, false);
	(void)fputs(
	    "\nWhat administrators do, as in the panel and in its words (--as says who; without"
	    " it, the system does):\n",
	    out);
	print_groups(out, docs, count, true);
	return 0;
}
