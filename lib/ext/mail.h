/*
 * E-mail, behind one small interface. MAIL_PROVIDER chooses: the built-in "outbox" needs no account and sends nothing
 * (delivery.h); "smtp" is any mail server, "postmark" and "resend" are the HTTP APIs of those two.
 *
 * A letter may be handed over twice, when its acceptance was not heard of. Its Message-ID is then the same, by which
 * mail servers and readers may know it again, and Resend, which takes a key for that, does not send it twice. Postmark
 * has no such key.
 */
#ifndef EXT_MAIL_H
#define EXT_MAIL_H

#include "ext/delivery.h"

struct mail {
	const char *id; /* ours, of its letter */
	const char *to, *to_name; /* the name may be NULL */
	const char *subject;
	const char *text, *html; /* the same words, twice */
};
struct mail_provider {
	const char *name; /* value of MAIL_PROVIDER */
	/* May take 20 s; never called inside a transaction. See delivery.h. */
	enum err (*send)(
	    struct arena *, const struct conf *, const struct mail *, struct delivery *);
};

/* By the value of MAIL_PROVIDER; NULL when there is no such provider. */
const struct mail_provider *mail_provider_find(const char *name);

/* What the files of these providers share. */
enum err mail_smtp_send(struct arena *, const struct conf *, const struct mail *, struct delivery *);
enum err mail_postmark_send(
    struct arena *, const struct conf *, const struct mail *, struct delivery *);
enum err mail_resend_send(
    struct arena *, const struct conf *, const struct mail *, struct delivery *);
/* "<id@host>", host being MAIL_FROM's. */
char *mail_message_id(struct arena *, const struct conf *, const struct mail *);
/*
 * Text for a header: as it is when it is plain ASCII, else as encoded words of RFC 2047, folded so that no line is
 * longer than 76 characters. Control characters, line ends among them, become blanks.
 */
char *mail_words(struct arena *, const char *text);
/* "Name <address>" in the form of headers; the address alone when there is no name. */
char *mail_person(struct arena *, const char *name, const char *address);

#endif
