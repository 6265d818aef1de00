#include "shape/amount.h"

#include <string.h>

const struct field amount_fields[AMOUNT_MEMBERS] = {
	{ "amount_minor", FIELD_INT, .required = true,
	    .doc = "In the smallest unit of the currency: 2500 is 25.00 INR", .example = "2500" },
	{ "currency", FIELD_CURRENCY, .required = true, .doc = "ISO 4217, or COIN",
	    .example = "\"INR\"" },
	{ 0 },
};

void
amount_members(const struct field *field, struct field members[AMOUNT_MEMBERS])
{
	(void)memcpy(members, amount_fields, sizeof(amount_fields));
	members[0].min = field->min;
	members[0].max = field->max;
	if (field->min > 2500 || (field->max != 0 && field->max < 2500))
		members[0].example = NULL;
}

bool
currency_valid(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return (len == 3 || len == 4) && text[len] == '\0';
}

/* Digits behind the point, where ISO 4217 has not two. */
static int
digits_of(const char *currency)
{
	static const char none[] =
	    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
			  three[] = "BHD IQD JOD KWD LYD OMR TND";

	if (strstr(none, currency) != NULL)
		return 0;
	return strstr(three, currency) != NULL ? 3 : 2;
}

const char *
amount_text(struct arena *arena, int64_t minor, const char *currency)
{
	static const unsigned long long units[] = { 1, 10, 100, 1000 };
	const char *sign = minor < 0 ? "-" : "";
	unsigned long long size =
	    minor < 0 ? 0 - (unsigned long long)minor : (unsigned long long)minor;
	int digits = digits_of(currency);

	if (strcmp(currency, "COIN") == 0)
		return arena_printf(arena, "%s%llu coin%s", sign, size, size == 1 ? "" : "s");
	if (digits == 0)
		return arena_printf(arena, "%s%llu %s", sign, size, currency);
	return arena_printf(arena, "%s%llu.%0*llu %s", sign, size / units[digits], digits,
	    size % units[digits], currency);
}
