/* Services that take e-mail by HTTP: Postmark and Resend. */
#include "base/buf.h"
#include "base/json.h"
#include "ext/http_client.h"
#include "ext/mail.h"

#include <string.h>

/* The answer's object; NULL: it is none. */
static struct json_object *
object_of(struct arena *arena, const struct http_answer *answer)
{
	struct json_object *root;
	struct json_fault fault;

	if (json_parse(arena, answer->body, strlen(answer->body), &fault, &root) != ERR_OK ||
	    !json_object_is_type(root, json_type_object))
		return NULL;
	return root;
}

static const char *
member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (object == NULL || !json_object_object_get_ex(object, name, &value) || value == NULL)
		return NULL;
	return json_object_get_string(value);
}

/* "name":"value", and a comma before it unless it is the first. */
static void
add(struct buf *out, const char *name, const char *value)
{
	buf_join(out, out->data[out->len - 1] == '{' ? "\"" : ",\"", name, "\":", NULL);
	buf_json(out, value);
}

/* Addresses in JSON are not folded: a name's encoded words go on one line. */
static const char *
person(struct arena *arena, const char *name, const char *address)
{
	char *text = mail_person(arena, name, address), *to = text, *at;

	for (at = text; *at != '\0'; at++)
		if (*at != '\r' && *at != '\n')
			*to++ = *at;
	*to = '\0';
	return text;
}

enum err
mail_postmark_send(struct arena *arena, const struct conf *conf, const struct mail *mail,
    struct delivery *delivery)
{
	const char *const headers[] = { "Content-Type: application/json",
		"Accept: application/json", "Expect:",
		arena_printf(arena, "X-Postmark-Server-Token: %s",
		    http_header_safe(arena, conf->postmark_token)),
		NULL };
	struct buf body = buf_new(arena, 4096);
	struct http_call call = { .url = arena_printf(arena, "%s/email", conf->postmark_url),
		.headers = headers };
	struct http_answer answer;
	const char *why;

	buf_putc(&body, '{');
	add(&body, "From", person(arena, conf->site_name, conf->mail_from));
	add(&body, "To", person(arena, mail->to_name, mail->to));
	add(&body, "Subject", http_header_safe(arena, mail->subject));
	add(&body, "TextBody", mail->text);
	add(&body, "HtmlBody", mail->html);
	/* Ours stays the Message-ID. */
	buf_puts(&body,
	    ",\"MessageStream\":\"outbound\",\"Headers\":[{\"Name\":\"X-PM-KeepID\","
	    "\"Value\":\"true\"},{\"Name\":\"Message-ID\",\"Value\":");
	buf_json(&body, mail_message_id(arena, conf, mail));
	buf_puts(&body, "}]}");
	call.body = body.data;
	if (http_post(arena, &call, &answer, &why) != ERR_OK)
		return delivery_silent(arena, "postmark", why, delivery);
	if (answer.status != 200)
		return delivery_refused(arena, "postmark", &answer,
		    member(object_of(arena, &answer), "ErrorCode"), delivery);
	delivery->ref = member(object_of(arena, &answer), "MessageID");
	return ERR_OK;
}

enum err
mail_resend_send(struct arena *arena, const struct conf *conf, const struct mail *mail,
    struct delivery *delivery)
{
	const char *const headers[] = { "Content-Type: application/json",
		"Accept: application/json", "Expect:",
		arena_printf(
		    arena, "Authorization: Bearer %s", http_header_safe(arena, conf->resend_key)),
		arena_printf(arena, "Idempotency-Key: %s", mail->id), NULL };
	struct buf body = buf_new(arena, 4096);
	struct http_call call = { .url = arena_printf(arena, "%s/emails", conf->resend_url),
		.headers = headers };
	struct http_answer answer;
	const char *why;

	buf_putc(&body, '{');
	add(&body, "from", person(arena, conf->site_name, conf->mail_from));
	buf_puts(&body, ",\"to\":[");
	buf_json(&body, person(arena, mail->to_name, mail->to));
	buf_putc(&body, ']');
	add(&body, "subject", http_header_safe(arena, mail->subject));
	add(&body, "text", mail->text);
	add(&body, "html", mail->html);
	buf_puts(&body, ",\"headers\":{\"Message-ID\":");
	buf_json(&body, mail_message_id(arena, conf, mail));
	buf_puts(&body, "}}");
	call.body = body.data;
	if (http_post(arena, &call, &answer, &why) != ERR_OK)
		return delivery_silent(arena, "resend", why, delivery);
	if (answer.status != 200)
		return delivery_refused(
		    arena, "resend", &answer, member(object_of(arena, &answer), "name"), delivery);
	delivery->ref = member(object_of(arena, &answer), "id");
	return ERR_OK;
}
