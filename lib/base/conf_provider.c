#include "base/conf_provider.h"

#include "base/log.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { NEEDS_MAX = 4, SAID_MAX = 512 };

/* A provider, and the texts it needs. */
struct provider {
	const char *key, *name;
	size_t member; /* of key, in struct conf */
	struct need {
		const char *key;
		size_t member;
		const char *tls; /* it is a URL: how one with TLS begins; NULL: none */
	} needs[NEEDS_MAX];
};

#define MEMBER(name) offsetof(struct conf, name)
#define AI "AI_PROVIDER", "echo", MEMBER(ai_provider)
#define SMS(name) "SMS_PROVIDER", name, MEMBER(sms_provider)
#define MAIL(name) "MAIL_PROVIDER", name, MEMBER(mail_provider)

static const struct provider providers[] = {
	{ AI, { { NULL } } },
	{ SMS("outbox"), { { NULL } } },
	{ SMS("twilio"),
	    { { "TWILIO_ACCOUNT", MEMBER(twilio_account), NULL },
		{ "TWILIO_TOKEN", MEMBER(twilio_token), NULL },
		{ "TWILIO_FROM", MEMBER(twilio_from), NULL },
		{ "TWILIO_URL", MEMBER(twilio_url), "https://" } } },
	{ MAIL("outbox"), { { NULL } } },
	{ MAIL("smtp"),
	    { { "MAIL_FROM", MEMBER(mail_from), NULL }, { "SMTP_URL", MEMBER(smtp_url), "smtp" } } },
	{ MAIL("postmark"),
	    { { "MAIL_FROM", MEMBER(mail_from), NULL },
		{ "POSTMARK_TOKEN", MEMBER(postmark_token), NULL },
		{ "POSTMARK_URL", MEMBER(postmark_url), "https://" } } },
	{ MAIL("resend"),
	    { { "MAIL_FROM", MEMBER(mail_from), NULL }, { "RESEND_KEY", MEMBER(resend_key), NULL },
		{ "RESEND_URL", MEMBER(resend_url), "https://" } } },
};

static const char *
text_of(const struct conf *conf, size_t member)
{
	return *(const char *const *)(const void *)((const char *)conf + member);
}

static void
say(const char *key, const char *what)
{
	char text[SAID_MAX + 64];

	(void)snprintf(text, sizeof(text), "config: %s %s", key, what);
	log_error(text);
}

/* What the chosen provider needs is there. */
static enum err
needs_check(const struct conf *conf, const struct provider *provider, bool production)
{
	char what[SAID_MAX];
	enum err err = ERR_OK;
	size_t i;

	for (i = 0; i < NEEDS_MAX && provider->needs[i].key != NULL; i++) {
		const struct need *need = &provider->needs[i];
		const char *value = text_of(conf, need->member);

		if (*value == '\0')
			(void)snprintf(what, sizeof(what), "is missing: %s=%s needs it",
			    provider->key, provider->name);
		else if (production && need->tls != NULL && !str_starts(value, need->tls))
			(void)snprintf(
			    what, sizeof(what), "must begin with %s in production", need->tls);
		else
			continue;
		say(need->key, what);
		err = ERR_BAD_REQUEST;
	}
	return err;
}

/* Say which names it may have. */
static enum err
unknown(const char *key)
{
	char what[SAID_MAX] = "must be one of:";
	size_t i, len;

	for (i = 0; i < COUNT_OF(providers); i++) {
		if (strcmp(providers[i].key, key) != 0)
			continue;
		len = strlen(what);
		(void)snprintf(what + len, sizeof(what) - len, " %s", providers[i].name);
	}
	say(key, what);
	return ERR_BAD_REQUEST;
}

enum err
conf_provider_check(const struct conf *conf)
{
	bool production = strcmp(conf->environment, "production") == 0, found = false;
	enum err err = ERR_OK;
	size_t i;

	for (i = 0; i < COUNT_OF(providers); i++) {
		const struct provider *provider = &providers[i];

		if (strcmp(text_of(conf, provider->member), provider->name) == 0) {
			found = true;
			if (needs_check(conf, provider, production) != ERR_OK)
				err = ERR_BAD_REQUEST;
		}
		if (i + 1 < COUNT_OF(providers) && providers[i + 1].member == provider->member)
			continue;
		if (!found)
			err = unknown(provider->key);
		found = false;
	}
	return err;
}
