/*
 * One search for administrators: whatever they have in hand leads to what it belongs to. Words are parts of
 * names and e-mail addresses, in any order, without case and accents; what is spelled wrong is found by its
 * trigrams when nothing is found as it stands. An id, an address, a phone number and a request id are told by
 * their form and looked up as they are.
 */
#ifndef DOMAIN_SYSTEM_SEARCH_H
#define DOMAIN_SYSTEM_SEARCH_H

#include "base/conf.h"
#include "db/db.h"

enum {
	SEARCH_TEXT_MAX = 100, /* characters of what is searched */
	SEARCH_PEOPLE_MAX = 20,
	SEARCH_EACH_MAX = 3 /* sessions, conversations and reports of each of the first five people */
};

/* What a text is by its form. */
enum search_form {
	SEARCH_NOTHING, /* blanks */
	SEARCH_NAMES, /* words, of which the first four count; also e-mail addresses */
	SEARCH_ID, /* a UUID: of a user, session, conversation, message, report, job or login */
	SEARCH_NUMBER, /* a line of the audit log */
	SEARCH_ADDRESS, /* IPv4 or IPv6: who signed in from there, newest first */
	SEARCH_PHONE, /* "+" and digits; blanks, dots, dashes and brackets between them do not count */
	SEARCH_REQUEST /* 32 hexadecimal digits: what that request did, by the audit log */
};

/*
 * What was found. Columns of all rows: kind ("user", "session", "conversation", "message", "report", "job" or
 * "audit"), id (of the page to go to), title, detail, state, at; of audit lines
 * also ref, their request (may be null).
 */
struct search {
	enum search_form form;
	struct rows *hits; /* NULL for SEARCH_NOTHING */
	struct rows *related; /* newest of what belongs to the people found; NULL: not looked for */
	bool near; /* nothing was found as it was typed; hits are what is spelled alike */
};

extern const struct stmt_set search_stmts;

/* text: at most SEARCH_TEXT_MAX characters of valid UTF-8. At most three round trips. */
MUST_CHECK enum err search_run(
    struct db *, const struct conf *, const char *text, struct search *found);

#endif
