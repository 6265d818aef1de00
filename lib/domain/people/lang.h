/*
 * Language tags as we keep them: BCP 47 in its canonical case, language with an optional script and an
 * optional region: "en", "pt-BR", "zh-Hant-TW". One spelling for one language, so that equality finds
 * it.
 */
#ifndef PEOPLE_LANG_H
#define PEOPLE_LANG_H

#include "base/arena.h"

bool lang_valid(const char *tag);

enum { LANG_ACCEPTED_MAX = 10 };
/*
 * What a reader understands by an Accept-Language (RFC 9110, 12.5.4), the best first: tags with a space between them,
 * each followed by the language it is of ("pt-BR pt"), at most LANG_ACCEPTED_MAX, and none behind English, which
 * everything has. "" when that is all, or when the header is NULL.
 */
char *lang_accepted(struct arena *, const char *header);

#endif
