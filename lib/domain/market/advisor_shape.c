/* What an advisor looks like from outside. */
#include "domain/market/advisor.h"

const char *const advisor_states[] = { "DRAFT", "PENDING", "APPROVED", "REJECTED", "SUSPENDED",
	NULL };
const char *const advisor_statuses[] = { "ONLINE", "OFFLINE", "BUSY", NULL };
static const char *const statuses_chosen[] = { "ONLINE", "OFFLINE", NULL };
static const char *const decisions[] = { "APPROVED", "REJECTED", "SUSPENDED", "PENDING", NULL };

static const struct field language[] = {
	{ "language", FIELD_TEXT, .min = 2, .max = 35, .doc = "Language tag such as en or pt-BR",
	    .example = "\"en\"" },
	{ 0 },
};
static const struct field subject[] = {
	{ "slug", FIELD_TEXT, .min = 2, .max = 40, .doc = "Slug of GET /specializations",
	    .example = "\"dating\"" },
	{ 0 },
};

/* What every view of an advisor has. */
#define CARD_FIELDS                                                                                \
	{ "id", FIELD_UUID, .doc = "The advisor; also the account" },                              \
	    { "display_name", FIELD_TEXT, .doc = "Name", .example = "\"Asha Rao\"" },              \
	    { "headline", FIELD_TEXT, .doc = "One line under the name",                            \
		    .example = "\"Listens first\"" },                                              \
	    { "languages", FIELD_LIST, .sub = language, .doc = "Languages spoken" },               \
	    { "specializations", FIELD_LIST, .sub = subject, .doc = "Subjects offered" },          \
	    { "experience_years", FIELD_INT, .doc = "Whole years", .example = "12" },              \
	    { "rate", FIELD_AMOUNT, .doc = "Price of a minute; 0 is free" },                       \
	    { "status", FIELD_ENUM, .one_of = advisor_statuses, .doc = "BUSY: in a session now" }, \
	    { "rating_average", FIELD_NUMBER, .nullable = true,                                    \
		    .doc = "1 to 5; null without ratings", .example = "4.75" },                    \
	    { "rating_count", FIELD_INT, .doc = "Ratings received", .example = "8" },              \
	{                                                                                          \
		"session_count", FIELD_INT, .doc = "Sessions held", .example = "21"                \
	}

const struct field advisor_card_fields[] = {
	CARD_FIELDS,
	{ "distance_km", FIELD_INT, .nullable = true,
	    .doc = "From near, whole kilometres between coarse places; null without near",
	    .example = "3" },
	{ 0 },
};

const struct field advisor_fields[] = {
	CARD_FIELDS,
	{ "bio", FIELD_TEXT, .doc = "About the advisor",
	    .example = "\"Twenty years of listening.\"" },
	{ "created_at", FIELD_TIME, .doc = "Since when" },
	{ 0 },
};

#define PROFILE_FIELDS(needed)                                                                     \
	{ "headline", FIELD_TEXT, .required = needed, .min = 1, .max = 120,                        \
		.doc = "One line under the name", .example = "\"Listens first\"" },                \
	    { "bio", FIELD_TEXT, .required = needed, .min = 20, .max = 4000,                       \
		    .doc = "About the advisor", .example = "\"Twenty years of listening.\"" },     \
	    { "experience_years", FIELD_INT, .required = needed, .min = 0, .max = 80,              \
		    .doc = "Whole years", .example = "12" },                                       \
	    { "languages", FIELD_LIST, .required = needed, .min = 1, .max = 20, .sub = language,   \
		    .doc = "Languages spoken" },                                                   \
	    { "specializations", FIELD_LIST, .required = needed, .min = 1, .max = 20,              \
		    .sub = subject, .doc = "Subjects offered" },                                   \
	    { "rate", FIELD_AMOUNT, .required = needed, .min = 0, .max = 100000000,                \
		    .doc = "Price of a minute; 0 is free" },                                       \
	    { "latitude", FIELD_NUMBER, .nullable = true, .min = -90, .max = 90,                   \
		    .doc = "Degrees north; with longitude or not at all", .example = "12.97" },    \
	{                                                                                          \
		"longitude", FIELD_NUMBER, .nullable = true, .min = -180, .max = 180,              \
					   .doc = "Degrees east", .example = "77.59"               \
	}

const struct field advisor_apply_body[] = {
	PROFILE_FIELDS(true),
	{ 0 },
};
const struct field advisor_edit_body[] = {
	PROFILE_FIELDS(false),
	{ 0 },
};

const struct field advisor_own_fields[] = {
	{ "id", FIELD_UUID, .doc = "The advisor; also the account" },
	{ "state", FIELD_ENUM, .one_of = advisor_states, .doc = "Only APPROVED is shown to others" },
	{ "state_reason", FIELD_TEXT, .doc = "What the reviewer wrote", .example = "\"\"" },
	{ "headline", FIELD_TEXT, .doc = "One line under the name", .example = "\"Listens first\"" },
	{ "bio", FIELD_TEXT, .doc = "About the advisor",
	    .example = "\"Twenty years of listening.\"" },
	{ "experience_years", FIELD_INT, .doc = "Whole years", .example = "12" },
	{ "languages", FIELD_LIST, .sub = language, .doc = "Languages spoken" },
	{ "specializations", FIELD_LIST, .sub = subject, .doc = "Subjects offered" },
	{ "rate", FIELD_AMOUNT, .doc = "Price of a minute; 0 is free" },
	{ "latitude", FIELD_NUMBER, .nullable = true, .min = -90, .max = 90, .doc = "Degrees north",
	    .example = "12.97" },
	{ "longitude", FIELD_NUMBER, .nullable = true, .min = -180, .max = 180,
	    .doc = "Degrees east", .example = "77.59" },
	{ "status", FIELD_ENUM, .one_of = advisor_statuses, .doc = "BUSY: in a session now" },
	{ "rating_average", FIELD_NUMBER, .nullable = true, .doc = "Null without ratings",
	    .example = "4.75" },
	{ "rating_count", FIELD_INT, .doc = "Ratings received", .example = "8" },
	{ "session_count", FIELD_INT, .doc = "Sessions held", .example = "21" },
	{ "version", FIELD_INT, .doc = "Grows with each edit; also in the ETag", .example = "3" },
	{ "applied_at", FIELD_TIME, .nullable = true, .doc = "Last application" },
	{ "reviewed_at", FIELD_TIME, .nullable = true, .doc = "Last decision about it" },
	{ "created_at", FIELD_TIME, .doc = "When the profile was made" },
	{ "updated_at", FIELD_TIME, .doc = "Last edit" },
	{ 0 },
};

const struct field advisor_status_body[] = {
	{ "status", FIELD_ENUM, .required = true, .one_of = statuses_chosen,
	    .doc = "ONLINE takes requests" },
	{ 0 },
};

static const struct field review_data[] = {
	{ "advisor_id", FIELD_UUID, .doc = "The advisor: you" },
	{ "state", FIELD_ENUM, .one_of = decisions, .doc = "State of your profile now" },
	{ "reason", FIELD_TEXT, .nullable = true, .doc = "In words, if any were given" },
	{ 0 },
};
const struct event_type advisor_events[] = {
	{ "advisor.approved", "Your application as an advisor was approved", .data = review_data },
	{ "advisor.rejected", "Your application as an advisor was rejected", .data = review_data },
	{ "advisor.revoked", "Your approval as an advisor was taken back; you may apply again",
	    .data = review_data },
	{ "advisor.suspended", "You take no requests as an advisor until this is looked into",
	    .data = review_data },
	{ "advisor.resumed", "Your suspension as an advisor is over", .data = review_data },
	{ "advisor.reopened", "Your application as an advisor is looked at again",
	    .data = review_data },
	{ 0 },
};
