/*
 * The outbox: what leaves the system is a row, written in the transaction it belongs to. Rolled back, nothing leaves;
 * committed, the worker sends it, by the job "outbox.send" of the lane of mail: it puts the words together in the
 * reader's language (wording.h), hands them to the provider (ext/sms.h, ext/mail.h), and notes what became of it.
 *
 * - At least once: when a worker ends between the provider's acceptance and our commit, the letter is handed over
 *   again. Which providers know it again stands in ext/sms.h and ext/mail.h.
 * - What is refused for good is FAILED at once. What may yet succeed is tried again, not before the time that the
 *   provider asks for, until its job is given up or the letter has outlived its use (letter.def).
 * - Whom it goes to and what is put into its words are sealed. The words' values, codes among them, are forgotten when
 *   it is sent; the address after OUTBOX_SEALED_DAYS; the row after OUTBOX_DAYS. Only the built-in provider in
 *   development keeps what a letter said, so that it can be read in the panel: in production a code on a page of
 *   administrators would let each of them into any account.
 */
#ifndef DOMAIN_SYSTEM_OUTBOX_H
#define DOMAIN_SYSTEM_OUTBOX_H

#include "base/conf.h"
#include "domain/system/job.h"
#include "domain/system/wording.h"

extern const struct stmt_set outbox_stmts;

enum { OUTBOX_SEALED_DAYS = 7, OUTBOX_DAYS = 90, OUTBOX_VALUE_CHARACTERS_MAX = 200 };

/* A letter to be sent. */
struct letter {
	enum letter_id what;
	enum letter_channel channel;
	const char *to; /* a number in E.164, or an address; checked where it came from */
	const char *to_name; /* of an e-mail; NULL: not said */
	const char *user_id; /* whose account it is about; NULL: none */
	const char *locale; /* of its reader, as "hi-IN"; NULL: English */
	/* Name, text, name, text …, NULL: one for each placeholder of the letter. Longer texts are cut. NULL: it has none. */
	const char *const *values;
};

/*
 * Write it into the outbox, with its job. Needs the caller's transaction: sent when that commits, and not otherwise.
 * *id (may be NULL) is the row's. A value that is no placeholder of the letter, or one missing, is a bug and aborts.
 */
MUST_CHECK enum err outbox_add(
    struct db *, const struct conf *, const struct letter *, const char **id);
/* One row: id, channel, recipient_masked, letter, locale, state, provider, provider_ref, segments, error, created_at,
 * expires_at, sent_at, state_at, and of its job attempts. ERR_NOT_FOUND. */
MUST_CHECK enum err outbox_get(struct db *, const char *id, struct rows **rows);
/*
 * The provider tells what became of what it calls ref: delivered or not (error, what it says; may be NULL). What is told
 * again, late, or of another hand-over of the same letter changes nothing. *known (may be NULL): there is such a letter.
 */
MUST_CHECK enum err outbox_report(
    struct db *, const char *id, const char *ref, bool delivered, const char *error, bool *known);
/* What of a letter stands where it is to be read: subject (NULL in an SMS) and text; both NULL when it is not kept. */
MUST_CHECK enum err outbox_said(
    struct db *, const struct conf *, const char *id, const char **subject, const char **text);
/* "+91*****10", "a***@example.com". */
char *outbox_mask(struct arena *, enum letter_channel, const char *to);

/* What a worker sends with; html makes the page of an e-mail. */
struct outbox_means {
	const struct conf *conf;
	const struct wording *wording; /* NULL: the catalogues are of no use; letters wait */
	char *(*html)(struct arena *, const struct conf *, const struct words *);
};
/* Choose them for this process; they stay borrowed. */
void outbox_means_set(const struct outbox_means *);
/* "outbox.send". */
extern const struct job_kind outbox_job;

#endif
