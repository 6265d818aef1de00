/*
 * What letters say, in the language of who reads them: letter.def lists the letters, and the message catalogues in
 * TEMPLATE_DIR/locale (en.po, hi.po: gettext's PO, one a language) hold the words. A text that a language lacks is
 * taken from English, and counted.
 */
#ifndef DOMAIN_SYSTEM_WORDING_H
#define DOMAIN_SYSTEM_WORDING_H

#include "base/err.h"
#include "base/json.h"

enum letter_id {
#define LETTER(id, name, life_s, placeholders, doc) LETTER_##id,
#include "domain/system/letter.def"
#undef LETTER
	LETTER__COUNT
};
struct letter_row {
	const char *name;
	int life_s; /* it is not sent any more when it is older */
	const char *placeholders; /* separated by blanks */
	const char *doc;
};
extern const struct letter_row letters[LETTER__COUNT];
extern const char *const letter_names[]; /* NULL ends them */
extern const char *const letter_channels[]; /* "SMS", "EMAIL" */
enum letter_channel { LETTER_SMS, LETTER_EMAIL };

/* By its name; LETTER__COUNT when there is none. */
enum letter_id letter_find(const char *name);
/* Is it one of the letter's placeholders? */
bool letter_has(enum letter_id, const char *placeholder, size_t len);

struct wording;
/* The words of a letter. */
struct words {
	const char *locale; /* the language they are in */
	const char *subject; /* NULL in an SMS */
	const char *text; /* of an e-mail: paragraphs with an empty line between */
};

/*
 * Read all catalogues of the folder. A text with a placeholder that its letter has not is logged and left out.
 *	ERR_BAD_REQUEST	a catalogue cannot be read or understood, or English lacks a text; logged, each of them
 */
MUST_CHECK enum err wording_load(struct arena *, const char *dir, struct wording **made);
/* Is there a catalogue of the language "hi", or of "hi-IN" by its language? */
bool wording_knows(const struct wording *, const char *locale);
/* Say it in the locale ("hi-IN", else "hi", else English), with values, an object of texts, for the placeholders. What
 * is missing among them is a bug, and stays empty. */
void wording_say(const struct wording *, struct arena *, enum letter_id, enum letter_channel,
    const char *locale, struct json_object *values, struct words *words);
/* How many texts were taken from English since this was asked last. */
int64_t wording_missed(void);

#endif
