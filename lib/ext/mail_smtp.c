/* A mail server. libcurl speaks to it and writes the MIME; what stands in the headers is ours. */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/mail.h"
#include "ext/transfer.h"

#include <stdlib.h>
#include <time.h>

enum { SMTP_TOTAL_MS = 20000 }; /* some servers let who comes wait for seconds before they greet */

static void
mime_free(void *mime)
{
	curl_mime_free(mime);
}

static const char *
date_text(struct arena *arena)
{
	char text[64];
	time_t now = (time_t)clock_now_s();
	struct tm parts;

	(void)gmtime_r(&now, &parts);
	(void)strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &parts);
	return arena_strdup(arena, text);
}

/* The wanted kind of the whole is said by its header: an alternative of the two parts, the better one last. */
static struct curl_slist *
headers_of(struct arena *arena, const struct conf *conf, const struct mail *mail)
{
	const char *const lines[] = {
		arena_printf(arena, "Date: %s", date_text(arena)),
		arena_printf(arena, "From: %s", mail_person(arena, conf->site_name, conf->mail_from)),
		arena_printf(arena, "To: %s", mail_person(arena, mail->to_name, mail->to)),
		arena_printf(arena, "Subject: %s", mail_words(arena, mail->subject)),
		arena_printf(arena, "Message-ID: %s", mail_message_id(arena, conf, mail)),
		"Auto-Submitted: auto-generated",
		"Content-Type: multipart/alternative",
		NULL,
	};

	return transfer_list(arena, lines);
}

static void
part_add(curl_mime *mime, const char *type, const char *text)
{
	curl_mimepart *part = curl_mime_addpart(mime);

	if (part == NULL || curl_mime_data(part, text, CURL_ZERO_TERMINATED) != CURLE_OK ||
	    curl_mime_type(part, type) != CURLE_OK ||
	    curl_mime_encoder(part, "quoted-printable") != CURLE_OK)
		abort();
}

static curl_mime *
parts_of(struct arena *arena, CURL *handle, const struct mail *mail)
{
	curl_mime *mime = curl_mime_init(handle);

	if (mime == NULL)
		abort();
	arena_defer(arena, mime_free, mime);
	part_add(mime, "text/plain; charset=utf-8", mail->text);
	part_add(mime, "text/html; charset=utf-8", mail->html);
	return mime;
}

static void
prepare(struct arena *arena, CURL *handle, const struct conf *conf, const struct mail *mail)
{
	const char *const to[] = { mail->to, NULL };

	(void)curl_easy_setopt(handle, CURLOPT_USE_SSL,
	    url_is_loopback(conf->smtp_url) ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	if (*conf->smtp_user != '\0') {
		(void)curl_easy_setopt(handle, CURLOPT_USERNAME, conf->smtp_user);
		(void)curl_easy_setopt(handle, CURLOPT_PASSWORD, conf->smtp_password);
	}
	(void)curl_easy_setopt(handle, CURLOPT_MAIL_FROM, conf->mail_from);
	(void)curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, transfer_list(arena, to));
	(void)curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_of(arena, conf, mail));
	(void)curl_easy_setopt(handle, CURLOPT_MIMEPOST, parts_of(arena, handle, mail));
}

enum err
mail_smtp_send(struct arena *arena, const struct conf *conf, const struct mail *mail,
    struct delivery *delivery)
{
	const char *secure;
	long status = 0;
	CURL *handle;
	CURLcode code;

	/* smtp:// becomes TLS by STARTTLS, which prepare() insists on. */
	secure = str_starts(conf->smtp_url, "smtps:") ? "smtps" : "smtp";
	if (transfer_new(arena, conf->smtp_url, secure, "smtp", SMTP_TOTAL_MS, &handle) != ERR_OK)
		return delivery_silent(arena, "smtp", "SMTP_URL is of no use", delivery);
	prepare(arena, handle, conf, mail);
	code = curl_easy_perform(handle);
	(void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK) {
		delivery->ref = mail_message_id(arena, conf, mail);
		return ERR_OK;
	}
	delivery->error = arena_printf(
	    arena, "smtp: %s (the server's last answer was %ld)", curl_easy_strerror(code), status);
	/* Its own password is wrong: its administrator can mend that. */
	delivery->refused = status >= 500 && status < 600 && code != CURLE_LOGIN_DENIED;
	return delivery->refused ? ERR_OK : ERR_UNAVAILABLE;
}
