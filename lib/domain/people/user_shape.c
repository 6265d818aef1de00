/* What an account is, in words: roles, states, and its shape as its owner sees it. */
#include "domain/people/user.h"

const char *const user_roles[] = { "USER", "ADVISOR", "ADMIN", NULL };
const char *const user_roles_chosen[] = { "USER", "ADVISOR", NULL };
const char *const user_states[] = { "ACTIVE", "BLOCKED", "DELETED", NULL };
const char *const user_genders[] = { "FEMALE", "MALE", "OTHER", NULL };

const struct field user_own_fields[] = {
	{ "id", FIELD_UUID, .doc = "The account" },
	{ "email", FIELD_EMAIL, .nullable = true, .doc = "Null for an account by phone only" },
	{ "phone", FIELD_PHONE, .nullable = true, .doc = "E.164" },
	{ "display_name", FIELD_TEXT, .doc = "Name shown to others", .example = "\"Maya\"" },
	{ "role", FIELD_ENUM, .one_of = user_roles, .doc = "What the account may do" },
	{ "bio", FIELD_TEXT, .doc = "About the person", .example = "\"Tea and long walks\"" },
	{ "gender", FIELD_ENUM, .one_of = user_genders, .nullable = true, .doc = "If said" },
	{ "birth_date", FIELD_DATE, .nullable = true, .doc = "If said" },
	{ "locale", FIELD_TEXT, .doc = "Language tag", .example = "\"en-IN\"" },
	{ "timezone", FIELD_TEXT, .doc = "IANA zone", .example = "\"Asia/Kolkata\"" },
	{ "presence_hidden", FIELD_BOOL, .doc = "Nobody sees whether you are here",
	    .example = "false" },
	{ "created_at", FIELD_TIME, .doc = "When the account was made" },
	{ "updated_at", FIELD_TIME, .doc = "Last edit" },
	{ 0 },
};
