/*
 * Amounts of money in their one shape: {"amount_minor": 2500, "currency": "INR"}, whole minor units of a currency
 * (ISO 4217, or COIN). In bodies, replies and events a member of that shape is a FIELD_AMOUNT (field.h), and
 * SQL builds it with amount_json(); tables have two columns, and a query, which has no objects, says
 * NAME_minor and currency.
 */
#ifndef SHAPE_AMOUNT_H
#define SHAPE_AMOUNT_H

#include "shape/field.h"

enum { AMOUNT_MEMBERS = 3 }; /* with the row that ends the table */

/* "Amount" of the API's description. */
extern const struct field amount_fields[AMOUNT_MEMBERS];

/* The same as a table for this field, whose bounds are those of amount_minor. */
void amount_members(const struct field *, struct field members[AMOUNT_MEMBERS]);

/* Is it three or four capital letters? */
bool currency_valid(const char *text);

/* As people read it: "25.00 INR", "2500 JPY", "-0.05 EUR", "5 coins". */
const char *amount_text(struct arena *, int64_t minor, const char *currency);

#endif
