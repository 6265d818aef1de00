/*
 * Language tags as we keep them: BCP 47 in its canonical case, language with an optional script and an
 * optional region: "en", "pt-BR", "zh-Hant-TW". One spelling for one language, so that equality finds
 * it.
 */
#ifndef PEOPLE_LANG_H
#define PEOPLE_LANG_H

#include "base/base.h"

bool lang_valid(const char *tag);

#endif
