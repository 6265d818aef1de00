#include "ext/mail.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "base/str.h"
#include "base/test_map.h"
#include "ext/http_client.h"

#include <string.h>

enum { WORD_BYTES_MAX = 39 }; /* 52 of base64, 12 about them, and the header's name: 76 a line */

char *
mail_message_id(struct arena *arena, const struct conf *conf, const struct mail *mail)
{
	const char *at = strrchr(conf->mail_from, '@');

	return arena_printf(arena, "<%s@%s>", mail->id, at != NULL ? at + 1 : "localhost");
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* How much of text fits into one encoded word, whole characters only. */
static size_t
word_len(const char *text)
{
	size_t len = 0, next;
	uint32_t code;

	while (text[len] != '\0') {
		next = str_utf8_next(text + len, &code);
		if (len + next > WORD_BYTES_MAX)
			break;
		len += next;
	}
	return len;
}

static char *
encoded(struct arena *arena, const char *text)
{
	struct buf out = buf_new(arena, strlen(text) * 2 + 64);
	const char *gap = "";
	size_t len;

	for (; *text != '\0'; text += len, gap = "\r\n ") {
		len = word_len(text);
		buf_join(&out, gap, "=?UTF-8?B?", crypto_base64(arena, text, len), "?=", NULL);
	}
	return out.data;
}

char *
mail_words(struct arena *arena, const char *text)
{
	char *safe = http_header_safe(arena, text);

	/* A plain text that looks encoded would be decoded. */
	return is_plain(safe) && strstr(safe, "=?") == NULL ? safe : encoded(arena, safe);
}

char *
mail_person(struct arena *arena, const char *name, const char *address)
{
	struct buf out = buf_new(arena, 256);
	char *safe;

	if (name == NULL || *name == '\0')
		return http_header_safe(arena, address);
	safe = http_header_safe(arena, name);
	if (!is_plain(safe) || strlen(safe) > 60) {
		buf_join(&out, encoded(arena, safe), "\r\n <", address, ">", NULL);
		return out.data;
	}
	buf_putc(&out, '"');
	for (; *safe != '\0'; safe++) {
		if (*safe == '"' || *safe == '\\')
			buf_putc(&out, '\\');
		buf_putc(&out, *safe);
	}
	buf_join(&out, "\" <", address, ">", NULL);
	return out.data;
}

static enum err
outbox_send(struct arena *arena, const struct conf *conf, const struct mail *mail,
    struct delivery *delivery)
{
	TEST_RECORD("mail.outbox", mail->subject);
	delivery_show(arena, conf, "EMAIL", mail->to, mail->subject, mail->text);
	delivery->ref = NULL;
	return ERR_OK;
}

static const struct mail_provider providers[] = {
	{ "outbox", outbox_send },
	{ "smtp", mail_smtp_send },
	{ "postmark", mail_postmark_send },
	{ "resend", mail_resend_send },
};

const struct mail_provider *
mail_provider_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(providers); i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}
