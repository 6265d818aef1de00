/* What an advisor looks like from outside. */
#include "domain/market/advisor.h"

static const char *const reviewed_states[] = { "APPROVED", "REJECTED", NULL };
static const struct field review_data[] = {
	{ "advisor_id", FIELD_UUID, .doc = "The advisor: you" },
	{ "state", FIELD_ENUM, .one_of = reviewed_states, .doc = "What was decided" },
	{ "reason", FIELD_TEXT, .nullable = true, .doc = "In words, if any were given" },
	{ 0 },
};
const struct event_type advisor_events[] = {
	{ "advisor.approved", "Your application as an advisor was approved", .data = review_data },
	{ "advisor.rejected", "Your application as an advisor was rejected", .data = review_data },
	{ 0 },
};
