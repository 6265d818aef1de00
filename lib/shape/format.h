/*
 * Texts that must be of one form: is this one? Nothing is looked up and nothing normalised.
 */
#ifndef SHAPE_FORMAT_H
#define SHAPE_FORMAT_H

#include "base/base.h"

/* By the rule of HTML's input type=email, with the lengths of RFC 5321. */
bool format_is_email(const char *text);
/* A telephone number in the form of E.164: + and 8 to 15 digits, the first of them not 0. */
bool format_is_phone(const char *text);
/* A day of a calendar, as "2026-11-21" (RFC 3339 full-date). */
bool format_is_date(const char *text);
/* A date-time of RFC 3339, with its offset, of a year with four digits. */
bool format_is_time(const char *text);

#endif
