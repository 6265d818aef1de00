#include "ext/sms.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/str.h"
#include "base/test_map.h"
#include "ext/http_client.h"
#include "ext/transfer.h"

#include <stdlib.h>
#include <string.h>

/* --- how long it is --- */

/* Characters of GSM 03.38 beyond ASCII, and those of ASCII that it has not, or only as two. */
static const char gsm_more[] = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
static const char gsm_twice[] = "^{}\\[~]|€\f";

/* Is the character, of len bytes, one of these? */
static bool
is_among(const char *characters, const char *character, size_t len)
{
	uint32_t code;
	size_t own;

	for (; *characters != '\0'; characters += own) {
		own = str_utf8_next(characters, &code);
		if (own == len && memcmp(characters, character, len) == 0)
			return true;
	}
	return false;
}

/* Places it takes in the alphabet of GSM; 0: it is not there. */
static int
gsm_places(const char *character, size_t len)
{
	unsigned char c = (unsigned char)*character;

	if (is_among(gsm_twice, character, len))
		return 2;
	if (len > 1)
		return is_among(gsm_more, character, len) ? 1 : 0;
	return c == '\n' || c == '\r' || (c >= ' ' && c <= '~' && c != '`') ? 1 : 0;
}

/* How many parts of so many places; a character of two is not cut. */
static int
parts_of(const char *text, bool gsm, int alone, int each)
{
	int sum = 0, used = 0, parts = 1, places;
	uint32_t code;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = str_utf8_next(text, &code);
		places = gsm ? gsm_places(text, len) : code > 0xffff ? 2 : 1;
		sum += places;
		if (used + places > each) {
			parts++;
			used = 0;
		}
		used += places;
	}
	return sum <= alone ? 1 : parts;
}

int
sms_segments(const char *text)
{
	const char *at;
	uint32_t code;
	size_t len;

	for (at = text; *at != '\0'; at += len) {
		len = str_utf8_next(at, &code);
		if (gsm_places(at, len) == 0)
			return parts_of(text, false, 70, 67);
	}
	return parts_of(text, true, 160, 153);
}

/* --- the built-in one --- */

static enum err
outbox_send(
    struct arena *arena, const struct conf *conf, const struct sms *sms, struct delivery *delivery)
{
	TEST_RECORD("sms.outbox", sms->text);
	delivery_show(arena, conf, "SMS", sms->to, NULL, sms->text);
	delivery->segments = sms_segments(sms->text);
	return ERR_OK;
}

/* --- Twilio --- */

static void
form_add(struct buf *form, const char *name, const char *value)
{
	buf_join(form, form->len > 0 ? "&" : "", name, "=", NULL);
	buf_url(form, value);
}

/* A real Twilio refuses an address that it cannot reach, as that of a development site. */
static bool
can_call_back(const struct conf *conf)
{
	return str_starts(conf->base_url, "https://") || url_is_loopback(conf->twilio_url);
}

static const char *
twilio_form(struct arena *arena, const struct conf *conf, const struct sms *sms)
{
	struct buf form = buf_new(arena, 1024);

	form_add(&form, "To", sms->to);
	form_add(&form, str_starts(conf->twilio_from, "MG") ? "MessagingServiceSid" : "From",
	    conf->twilio_from);
	form_add(&form, "Body", sms->text);
	if (can_call_back(conf))
		form_add(&form, "StatusCallback",
		    arena_printf(arena, "%s" TWILIO_HOOK_PATH "?id=%s", conf->base_url, sms->id));
	return form.data;
}

/* A member of the answer as text; NULL: it has none. */
static const char *
member(struct arena *arena, const struct http_answer *answer, const char *name)
{
	struct json_object *root, *value = NULL;
	struct json_fault fault;

	if (json_parse(arena, answer->body, strlen(answer->body), &fault, &root) != ERR_OK ||
	    !json_object_is_type(root, json_type_object) ||
	    !json_object_object_get_ex(root, name, &value) || value == NULL)
		return NULL;
	return json_object_get_string(value);
}

static enum err
twilio_send(
    struct arena *arena, const struct conf *conf, const struct sms *sms, struct delivery *delivery)
{
	static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json", "Expect:", NULL };
	struct http_call call = { arena_printf(arena, "%s/2010-04-01/Accounts/%s/Messages.json",
				      conf->twilio_url, conf->twilio_account),
		conf->twilio_account, conf->twilio_token, headers, twilio_form(arena, conf, sms) };
	struct http_answer answer;
	const char *why, *segments;

	if (http_post(arena, &call, &answer, &why) != ERR_OK)
		return delivery_silent(arena, "twilio", why, delivery);
	if (answer.status != 201)
		return delivery_refused(
		    arena, "twilio", &answer, member(arena, &answer, "code"), delivery);
	delivery->ref = member(arena, &answer, "sid");
	segments = member(arena, &answer, "num_segments");
	delivery->segments = segments != NULL ? (int)strtol(segments, NULL, 10) : 0;
	if (delivery->segments <= 0 || delivery->segments > SMS_CHARACTERS_MAX)
		delivery->segments = sms_segments(sms->text);
	return ERR_OK;
}

static int
by_name(const void *a, const void *b)
{
	const struct pair *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : strcmp(left->value, right->value);
}

bool
twilio_signed(struct arena *arena, const char *token, const char *url, struct pair *pairs,
    size_t count, const char *signature)
{
	struct buf text = buf_new(arena, 1024);
	const char *own;
	size_t i;

	if (signature == NULL || *token == '\0')
		return false;
	qsort(pairs, count, sizeof(*pairs), by_name);
	buf_puts(&text, url);
	for (i = 0; i < count; i++)
		buf_join(&text, pairs[i].name, pairs[i].value, NULL);
	own = crypto_hmac_sha1_base64(arena, token, text.data, text.len);
	return strlen(own) == strlen(signature) && crypto_equal(own, signature, strlen(own));
}

static const struct sms_provider providers[] = {
	{ "outbox", outbox_send },
	{ "twilio", twilio_send },
};

const struct sms_provider *
sms_provider_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(providers); i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}
