/*
 * Emoji as people choose them for reactions: one, whatever it is made of (Unicode Technical Standard 51):
 * a pictograph with or without its style and skin tone, a flag of two letters, a keycap, and pictographs
 * joined to one picture.
 */
#ifndef BASE_EMOJI_H
#define BASE_EMOJI_H

#include "base/base.h"

enum { EMOJI_BYTES_MAX = 16 };

/* One emoji and nothing else, at most EMOJI_BYTES_MAX bytes. text is any C string. */
bool emoji_is_one(const char *text);

#endif
