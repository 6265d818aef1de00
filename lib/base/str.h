/*
 * Text: UTF-8 checks, small helpers on C strings. Takes no memory.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/base.h"

/* Well-formed UTF-8 (Unicode 15 table 3-7: no overlong forms, no surrogates, at most U+10FFFF) without
 * NUL. */
bool str_utf8_valid(const char *s, size_t len);
/* Code points in valid UTF-8; field lengths are counted in these. */
size_t str_utf8_count(const char *s);
/* The first code point of valid UTF-8 that is not empty; how many bytes it takes. */
size_t str_utf8_next(const char *s, uint32_t *code);
/* A control character other than tab, line feed and carriage return, or a bidirectional override
 * (U+202A..202E, U+2066..2069): never wanted in names and messages. */
bool str_has_control(const char *s);

/* The whole of s as a decimal integer within min..max; false on anything else (empty, sign alone,
 * leading zeros, blanks, trailing text). */
bool str_to_int(const char *s, int64_t min, int64_t max, int64_t *value);
/* Write value in decimal so that it ends before end (at most 20 digits, no NUL); where it begins. */
char *str_digits(char *end, uint64_t value);
bool str_starts(const char *s, const char *prefix);
/* A-Z to a-z in place, ASCII only. */
void str_lower(char *s);
/* Equal but for ASCII case, as header names and schemes are compared. */
bool str_equal_nocase(const char *a, const char *b);
/* FNV-1a over the characters of s, for tables; never 0. Whoever chooses s can crowd one place of the
 * table, which must do no harm. */
uint64_t str_hash(const char *s);

#endif
