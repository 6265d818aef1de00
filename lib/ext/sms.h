/*
 * SMS, behind one small interface. SMS_PROVIDER chooses: the built-in "outbox" needs no account and sends nothing
 * (delivery.h); "twilio" is Twilio's Messages API.
 *
 * An SMS may arrive twice: Twilio has no key by which it would know a message that it has accepted before.
 */
#ifndef EXT_SMS_H
#define EXT_SMS_H

#include "base/form.h"
#include "ext/delivery.h"

enum { SMS_CHARACTERS_MAX = 1600 }; /* what Twilio takes */

struct sms {
	const char *id; /* ours, of its letter */
	const char *to; /* E.164 */
	const char *text;
};
struct sms_provider {
	const char *name; /* value of SMS_PROVIDER */
	/* May take 10 s; never called inside a transaction. See delivery.h. */
	enum err (*send)(struct arena *, const struct conf *, const struct sms *, struct delivery *);
};

/* By the value of SMS_PROVIDER; NULL when there is no such provider. */
const struct sms_provider *sms_provider_find(const char *name);
/* As how many messages it is charged: of 160 characters, or of 70 when one of them is not in the alphabet of GSM
 * (03.38); a few less each when there are several. */
int sms_segments(const char *text);

/* Where Twilio tells what became of the message. */
#define TWILIO_HOOK_PATH "/api/v1/hooks/twilio"
/*
 * Did Twilio sign this: the URL as it called it, and the form's pairs, which are put in order? signature is its header
 * X-Twilio-Signature; NULL: there was none.
 */
bool twilio_signed(struct arena *, const char *token, const char *url, struct pair *pairs,
    size_t count, const char *signature);

#endif
