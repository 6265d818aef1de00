#include "shape/format.h"

#include <ctype.h>
#include <string.h>

/* The rule of HTML's input type=email, with the lengths of RFC 5321. */
bool
format_is_email(const char *text)
{
	static const char local_extra[] = ".!#$%&'*+/=?^_`{|}~-";
	const char *at = strchr(text, '@');
	size_t label = 0;
	const char *c;

	if (at == NULL || at == text || at - text > 64 || strlen(text) > 254)
		return false;
	for (c = text; c < at; c++)
		if (!isalnum((unsigned char)*c) && strchr(local_extra, *c) == NULL)
			return false;
	for (c = at + 1; *c != '\0'; c++) {
		if (*c == '.') {
			if (label == 0 || c[-1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!isalnum((unsigned char)*c) && (*c != '-' || label == 0))
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0 && c[-1] != '-' && strchr(at, '.') != NULL;
}

bool
format_is_phone(const char *text)
{
	size_t digits = text[0] == '+' ? strspn(text + 1, "0123456789") : 0;

	return digits >= 8 && digits <= 15 && text[1] != '0' && text[digits + 1] == '\0';
}

static bool
digits_at(const char *text, size_t from, size_t count, int *value)
{
	size_t i;

	*value = 0;
	for (i = from; i < from + count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + text[i] - '0';
	}
	return true;
}

static bool
is_date_part(const char *text)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day;

	if (!digits_at(text, 0, 4, &year) || text[4] != '-' || !digits_at(text, 5, 2, &month) ||
	    text[7] != '-' || !digits_at(text, 8, 2, &day) || year < 1 || month < 1 || month > 12 ||
	    day < 1)
		return false;
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return day <= 29;
	return day <= days[month - 1];
}

bool
format_is_date(const char *text)
{
	return strlen(text) == 10 && is_date_part(text);
}

/* An offset from UTC in minutes. PostgreSQL knows none of 16 hours or more; nobody lives by one above 14. */
static bool
is_offset(const char *text, int *minutes)
{
	int hour = 0, minute = 0;

	*minutes = 0;
	if ((*text == 'Z' || *text == 'z') && text[1] == '\0')
		return true;
	if ((*text != '+' && *text != '-') || strlen(text) != 6 || !digits_at(text, 1, 2, &hour) ||
	    text[3] != ':' || !digits_at(text, 4, 2, &minute) || hour > 15 || minute > 59)
		return false;
	*minutes = (hour * 60 + minute) * (*text == '-' ? -1 : 1);
	return true;
}

/* RFC 3339 date-time; the offset is required, and in UTC the year still has four digits. */
bool
format_is_time(const char *text)
{
	size_t len = strlen(text), fraction = 0;
	int hour, minute, second, offset, utc;
	const char *zone;

	if (len < 20 || len > 40 || !is_date_part(text) || (text[10] != 'T' && text[10] != 't') ||
	    !digits_at(text, 11, 2, &hour) || text[13] != ':' || !digits_at(text, 14, 2, &minute) ||
	    text[16] != ':' || !digits_at(text, 17, 2, &second) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	zone = text + 19;
	if (*zone == '.') {
		fraction = strspn(zone + 1, "0123456789");
		if (fraction == 0 || fraction > 9)
			return false;
		zone += 1 + fraction;
	}
	if (!is_offset(zone, &offset))
		return false;
	utc = hour * 60 + minute - offset;
	if (strncmp(text, "0001-01-01", 10) == 0)
		return utc >= 0;
	if (strncmp(text, "9999-12-31", 10) == 0) /* a longer fraction is rounded up */
		return utc < 24 * 60 && (utc < 24 * 60 - 1 || second < 59 || fraction <= 6);
	return true;
}
