#include "domain/system/outbox.h"

#include "base/buf.h"
#include "base/fail.h"
#include "base/seal.h"
#include "base/str.h"
#include "base/uuid.h"
#include "ext/mail.h"
#include "ext/sms.h"

#include <string.h>

enum { ADD, GET, TAKE, NOTE, END, REPORT, KNOWN, SAID };

static const struct stmt stmts[] = {
	[ADD] = { "outbox_add", 9,
	    "WITH o AS (INSERT INTO outbox (id, channel, recipient_sealed, recipient_masked, user_id,"
	    " letter, locale, content_sealed, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
	    " app_now() + make_interval(secs => $9::int)) RETURNING id)"
	    " SELECT job_add('outbox.send', jsonb_build_object('outbox_id', id), id::text) FROM o" },
	[GET] = { "outbox_get", 1,
	    "SELECT o.id, o.channel, o.recipient_masked, o.user_id, u.display_name AS user_name, o.letter,"
	    " o.locale, o.state, o.provider, o.provider_ref, o.segments, o.error, o.created_at,"
	    " o.expires_at, o.sent_at, o.state_at, j.id AS job_id, j.attempts,"
	    " CASE WHEN j.state = 'READY' THEN j.run_at END AS due_at"
	    " FROM outbox o LEFT JOIN user_account u ON u.id = o.user_id"
	    " LEFT JOIN LATERAL (SELECT id, attempts, state, run_at FROM job WHERE kind = 'outbox.send'"
	    " AND key = o.id::text ORDER BY created_at DESC LIMIT 1) j ON true WHERE o.id = $1",
	    true },
	[TAKE] = { "outbox_take", 1,
	    "SELECT o.id, o.channel, o.recipient_sealed, o.letter, o.locale, o.content_sealed,"
	    " o.expires_at <= app_now() FROM job j"
	    " JOIN outbox o ON o.id = (j.payload ->> 'outbox_id')::uuid"
	    " WHERE j.id = $1 AND o.state = 'QUEUED' AND o.content_sealed IS NOT NULL",
	    true },
	[NOTE] = { "outbox_note", 3,
	    "UPDATE outbox SET provider = $2, error = left($3, 300) WHERE id = $1 AND state = 'QUEUED'",
	    true },
	/* Its fate may have been told already: that is the newer state. */
	[END] = { "outbox_end", 7,
	    "UPDATE outbox SET provider = $3, provider_ref = left($4, 300), error ="
	    " CASE WHEN state = 'QUEUED' THEN left($5, 300) ELSE error END, segments = $6,"
	    " content_sealed = CASE WHEN $2 = 'SENT' THEN $7 ELSE content_sealed END,"
	    " sent_at = CASE WHEN $2 = 'SENT' THEN app_now() END,"
	    " state_at = CASE WHEN state = 'QUEUED' THEN app_now() ELSE state_at END,"
	    " state = CASE WHEN state = 'QUEUED' THEN $2 ELSE state END WHERE id = $1" },
	[REPORT] = { "outbox_report", 4,
	    "UPDATE outbox SET state = $3, error = left($4, 300), state_at = app_now(),"
	    " provider_ref = coalesce(provider_ref, left($2, 300)) WHERE id = $1"
	    " AND state IN ('QUEUED', 'SENT') AND (provider_ref IS NULL OR provider_ref = $2)" },
	[KNOWN] = { "outbox_known", 1, "SELECT id FROM outbox WHERE id = $1", true },
	[SAID] = { "outbox_said", 1,
	    "SELECT content_sealed FROM outbox WHERE id = $1 AND sent_at IS NOT NULL"
	    " AND provider = 'outbox'",
	    true },
};
STMT_SET(outbox_stmts, stmts);

static struct outbox_means means;

void
outbox_means_set(const struct outbox_means *chosen)
{
	means = *chosen;
}

/* --- writing one --- */

char *
outbox_mask(struct arena *arena, enum letter_channel channel, const char *to)
{
	const char *at = strrchr(to, '@');
	size_t len = strlen(to);
	uint32_t code;

	if (channel == LETTER_EMAIL)
		return arena_printf(arena, "%.*s***%s",
		    at != NULL && at > to ? (int)str_utf8_next(to, &code) : 0, to,
		    at != NULL ? at : "");
	return len < 8 ? arena_strdup(arena, "***")
		       : arena_printf(arena, "%.3s*****%s", to, to + len - 2);
}

/* Cut at max characters, as JSON. */
static void
add_text(struct buf *out, const char *text, size_t max)
{
	uint32_t code;
	size_t len = 0;

	for (; text[len] != '\0' && max > 0; max--)
		len += str_utf8_next(text + len, &code);
	buf_json_len(out, text, len);
}

/* {"name": …, "values": {…}} */
static char *
content_json(struct arena *arena, const struct conf *conf, const struct letter *letter)
{
	const char *const *value = letter->values;
	const char *at;
	struct buf out = buf_new(arena, 256);
	size_t given = 0, wanted = *letters[letter->what].placeholders != '\0';

	buf_puts(&out, "{\"name\":");
	if (letter->to_name == NULL)
		buf_puts(&out, "null");
	else
		add_text(&out, letter->to_name, OUTBOX_VALUE_CHARACTERS_MAX);
	buf_puts(&out, ",\"values\":{\"site\":");
	buf_json(&out, conf->site_name);
	for (; value != NULL && *value != NULL; value += 2, given++) {
		assert(letter_has(letter->what, value[0], strlen(value[0])));
		buf_join(&out, ",\"", value[0], "\":", NULL);
		add_text(&out, value[1], OUTBOX_VALUE_CHARACTERS_MAX);
	}
	for (at = letters[letter->what].placeholders; *at != '\0'; at++)
		wanted += *at == ' ';
	assert(given == wanted);
	buf_puts(&out, "}}");
	return out.data;
}

enum err
outbox_add(struct db *db, const struct conf *conf, const struct letter *letter, const char **made)
{
	struct arena *arena = db_arena(db);
	const struct letter_row *row = &letters[letter->what];
	const char *id = uuid_new(arena), *recipient, *content;

	recipient = seal_make(arena, conf->field_keys, id, letter->to);
	content = seal_make(arena, conf->field_keys, id, content_json(arena, conf, letter));
	TRY(db_exec(db, &stmts[ADD], db_text(id), db_text(letter_channels[letter->channel]),
	    db_text(recipient), db_text(outbox_mask(arena, letter->channel, letter->to)),
	    db_text(letter->user_id), db_text(row->name),
	    db_text(letter->locale != NULL ? letter->locale : "en"), db_text(content),
	    db_i64(row->life_s)));
	if (made != NULL)
		*made = id;
	return ERR_OK;
}

/* --- sending one --- */

/* A letter that is being sent, and what became of it. */
struct sending {
	const char *id, *to, *name, *provider, *state, *error, *locale;
	enum letter_channel channel;
	enum letter_id what;
	struct words words;
	struct delivery delivery;
};

/* The sealed parts; their memory is the database's arena. */
static enum err
open_parts(
    struct db *db, const struct rows *rows, struct sending *sending, struct json_object **values)
{
	struct arena *arena = db_arena(db);
	struct json_object *root, *name = NULL;
	struct json_fault fault;
	char *to, *content;

	TRY(seal_open(arena, means.conf->field_keys, sending->id, rows_text(rows, 0, 2), &to));
	TRY(seal_open(arena, means.conf->field_keys, sending->id, rows_text(rows, 0, 5), &content));
	TRY(json_parse(arena, content, strlen(content), &fault, &root));
	sending->to = to;
	if (json_object_object_get_ex(root, "name", &name) && name != NULL)
		sending->name = json_object_get_string(name);
	return json_object_object_get_ex(root, "values", values) ? ERR_OK : ERR_INTERNAL;
}

static enum err
hand_sms(struct arena *arena, struct sending *sending)
{
	const struct sms sms = { sending->id, sending->to, sending->words.text };

	return sms_provider_find(sending->provider)->send(arena, means.conf, &sms, &sending->delivery);
}

static enum err
hand_mail(struct arena *arena, struct sending *sending)
{
	const struct mail mail = { sending->id, sending->to, sending->name, sending->words.subject,
		sending->words.text, means.html(arena, means.conf, &sending->words) };

	return mail_provider_find(sending->provider)
	    ->send(arena, means.conf, &mail, &sending->delivery);
}

/* Of the two that can be told: accepted, or refused for good. */
static void
decided(struct sending *sending)
{
	sending->state = sending->delivery.refused ? "FAILED" : "SENT";
	sending->error = sending->delivery.error != NULL ? sending->delivery.error : "";
}

static enum err
hand_over(struct db *db, const struct job *job, struct sending *sending)
{
	struct arena *arena = db_arena(db);
	enum err err =
	    sending->channel == LETTER_SMS ? hand_sms(arena, sending) : hand_mail(arena, sending);

	if (err == ERR_OK) {
		decided(sending);
		return FAILPOINT_ERR(OUTBOX_ACCEPTED);
	}
	if (job->wait_s != NULL)
		*job->wait_s = sending->delivery.wait_s;
	TRY(db_exec(db, &stmts[NOTE], db_text(sending->id), db_text(sending->provider),
	    db_text(sending->delivery.error)));
	return err;
}

/* It is not sent, and never will be. */
static enum err
give_up(struct sending *sending, const char *why)
{
	sending->state = "FAILED";
	sending->error = why;
	return ERR_OK;
}

/* What the row of TAKE says; the letter is of this release. */
static bool
understood(const struct rows *rows, struct sending *sending)
{
	*sending = (struct sending){ .id = rows_text(rows, 0, 0),
		.channel = strcmp(rows_text(rows, 0, 1), "SMS") == 0 ? LETTER_SMS : LETTER_EMAIL,
		.what = letter_find(rows_text(rows, 0, 3)),
		.locale = rows_text(rows, 0, 4) };
	sending->provider =
	    sending->channel == LETTER_SMS ? means.conf->sms_provider : means.conf->mail_provider;
	return sending->what != LETTER__COUNT;
}

/* *work is NULL when there is nothing to send any more. */
static enum err
prepare(struct db *db, const struct job *job, void **work)
{
	struct sending *sending = arena_alloc(db_arena(db), sizeof(*sending));
	struct json_object *values;
	struct rows *rows;

	*work = NULL;
	TRY(db_rows(db, &rows, &stmts[TAKE], db_text(job->id)));
	if (rows_count(rows) == 0)
		return ERR_OK;
	if (means.wording == NULL || !understood(rows, sending))
		return ERR_UNAVAILABLE; /* a newer worker, or better catalogues, will do it */
	*work = sending;
	if (rows_bool(rows, 0, 6))
		return give_up(sending, "expired before it could be sent");
	TRY(open_parts(db, rows, sending, &values));
	wording_say(means.wording, db_arena(db), sending->what, sending->channel, sending->locale,
	    values, &sending->words);
	return hand_over(db, job, sending);
}

/* What it said, sealed, where it may be kept; NULL where not. */
static const char *
kept(struct arena *arena, const struct sending *sending)
{
	struct buf out = buf_new(arena, 1024);

	if (strcmp(sending->provider, "outbox") != 0 ||
	    strcmp(means.conf->environment, "development") != 0 || sending->words.text == NULL)
		return NULL;
	buf_puts(&out, "{\"subject\":");
	buf_json(&out, sending->words.subject);
	buf_puts(&out, ",\"text\":");
	buf_json(&out, sending->words.text);
	buf_putc(&out, '}');
	return seal_make(arena, means.conf->field_keys, sending->id, out.data);
}

static enum err
apply(struct db *db, const struct job *job, void *work)
{
	const struct sending *sending = work;

	(void)job;
	if (sending == NULL)
		return ERR_OK;
	return db_exec(db, &stmts[END], db_text(sending->id), db_text(sending->state),
	    db_text(sending->provider), db_text(sending->delivery.ref), db_text(sending->error),
	    sending->delivery.segments > 0 ? db_i64(sending->delivery.segments) : db_text(NULL),
	    db_text(kept(db_arena(db), sending)));
}

static const char *const shown[] = { "outbox_id", NULL };

/* A mail server has 20 s. The waits add up to about an hour and a half. */
const struct job_kind outbox_job = {
	.name = "outbox.send",
	.lane = LANE_MAIL,
	.limit_s = 30,
	.tries = 12,
	.wait_s = 2,
	.wait_max_s = 3600,
	.shown = shown,
	.prepare = prepare,
	.apply = apply,
};

/* --- afterwards --- */

enum err
outbox_get(struct db *db, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[GET], db_text(id));
}

enum err
outbox_report(
    struct db *db, const char *id, const char *ref, bool delivered, const char *error, bool *known)
{
	struct rows *rows;

	TRY(db_exec(db, &stmts[REPORT], db_text(id), db_text(ref),
	    db_text(delivered ? "DELIVERED" : "FAILED"), db_text(error != NULL ? error : "")));
	if (known == NULL)
		return ERR_OK;
	TRY(db_rows(db, &rows, &stmts[KNOWN], db_text(id)));
	*known = rows_count(rows) > 0;
	return ERR_OK;
}

enum err
outbox_said(
    struct db *db, const struct conf *conf, const char *id, const char **subject, const char **text)
{
	struct json_object *root, *value = NULL;
	struct json_fault fault;
	struct rows *rows;
	const char *sealed;
	char *opened;

	*subject = *text = NULL;
	TRY(db_rows(db, &rows, &stmts[SAID], db_text(id)));
	sealed = rows_count(rows) > 0 ? rows_text(rows, 0, 0) : NULL;
	if (sealed == NULL || strcmp(conf->environment, "development") != 0)
		return ERR_OK;
	TRY(seal_open(db_arena(db), conf->field_keys, id, sealed, &opened));
	TRY(json_parse(db_arena(db), opened, strlen(opened), &fault, &root));
	if (json_object_object_get_ex(root, "subject", &value) && value != NULL)
		*subject = json_object_get_string(value);
	if (json_object_object_get_ex(root, "text", &value) && value != NULL)
		*text = json_object_get_string(value);
	return ERR_OK;
}
