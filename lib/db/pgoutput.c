#include "db/pgoutput.h"

#include <string.h>

/* What is left of the message. Once a read runs past the end, bad stays set and reads give 0. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static const uint8_t *
take(struct reader *in, size_t len)
{
	const uint8_t *at = in->at;

	if (in->bad || (size_t)(in->end - at) < len) {
		in->bad = true;
		return NULL;
	}
	in->at += len;
	return at;
}

/* A big-endian integer of len bytes. */
static uint64_t
take_int(struct reader *in, size_t len)
{
	const uint8_t *at = take(in, len);
	uint64_t value = 0;
	size_t i;

	for (i = 0; at != NULL && i < len; i++)
		value = value << 8 | at[i];
	return value;
}

/* Text up to its NUL, which must be inside the message. */
static struct pgoutput_value
take_text(struct reader *in)
{
	struct pgoutput_value none = { "", 0 };
	const uint8_t *nul;
	struct pgoutput_value text;

	if (in->bad)
		return none;
	nul = memchr(in->at, '\0', (size_t)(in->end - in->at));
	if (nul == NULL) {
		in->bad = true;
		return none;
	}
	text.len = (size_t)(nul - in->at);
	text.data = (const char *)take(in, text.len + 1);
	return text;
}

/* The count of columns; more than we hold is refused. */
static size_t
take_count(struct reader *in)
{
	uint64_t count = take_int(in, 2);

	if (count > PGOUTPUT_COLUMNS_MAX)
		in->bad = true;
	return in->bad ? 0 : (size_t)count;
}

static void
parse_begin(struct reader *in, struct pgoutput_message *message)
{
	message->lsn = take_int(in, 8);
	(void)take_int(in, 8); /* time of the commit */
	(void)take_int(in, 4); /* transaction id */
}

static void
parse_commit(struct reader *in, struct pgoutput_message *message)
{
	(void)take_int(in, 1); /* flags, unused */
	(void)take_int(in, 8); /* the commit record */
	message->lsn = take_int(in, 8);
	(void)take_int(in, 8); /* time of the commit */
}

static void
parse_relation(struct reader *in, struct pgoutput_message *message)
{
	size_t i;

	message->relation = (uint32_t)take_int(in, 4);
	message->space = take_text(in).data;
	message->name = take_text(in).data;
	(void)take_int(in, 1); /* replica identity */
	message->column_count = take_count(in);
	for (i = 0; i < message->column_count; i++) {
		(void)take_int(in, 1); /* part of the key */
		message->columns[i] = take_text(in);
		(void)take_int(in, 4); /* type */
		(void)take_int(in, 4); /* type modifier */
	}
}

static struct pgoutput_value
take_column(struct reader *in)
{
	struct pgoutput_value value = { NULL, 0 };

	switch (take_int(in, 1)) {
	case 'n':
	case 'u':
		break;
	case 't':
		value.len = (size_t)take_int(in, 4);
		value.data = (const char *)take(in, value.len);
		break;
	default:
		in->bad = true;
	}
	return value;
}

static void
parse_insert(struct reader *in, struct pgoutput_message *message)
{
	size_t i;

	message->relation = (uint32_t)take_int(in, 4);
	if (take_int(in, 1) != 'N')
		in->bad = true;
	message->column_count = take_count(in);
	for (i = 0; i < message->column_count; i++)
		message->columns[i] = take_column(in);
}

static void
parse_message(struct reader *in, struct pgoutput_message *message)
{
	message->transactional = (take_int(in, 1) & 1) != 0;
	message->lsn = take_int(in, 8);
	message->name = take_text(in).data;
	message->content.len = (size_t)take_int(in, 4);
	message->content.data = (const char *)take(in, message->content.len);
}

enum err
pgoutput_parse(const uint8_t *bytes, size_t len, struct pgoutput_message *message)
{
	struct reader in = { bytes, bytes + len, false };
	struct pgoutput_message made;
	uint64_t kind = take_int(&in, 1);

	memset(&made, 0, sizeof(made));
	made.kind = (enum pgoutput_kind)kind;
	switch (kind) {
	case PGOUTPUT_BEGIN:
		parse_begin(&in, &made);
		break;
	case PGOUTPUT_COMMIT:
		parse_commit(&in, &made);
		break;
	case PGOUTPUT_RELATION:
		parse_relation(&in, &made);
		break;
	case PGOUTPUT_INSERT:
		parse_insert(&in, &made);
		break;
	case PGOUTPUT_MESSAGE:
		parse_message(&in, &made);
		break;
	case 'U': /* update */
	case 'D': /* delete */
	case 'T': /* truncate */
	case 'Y': /* type */
	case 'O': /* origin */
		made.kind = PGOUTPUT_OTHER;
		in.at = in.end;
		break;
	default:
		return ERR_BAD_REQUEST;
	}
	if (in.bad || in.at != in.end)
		return ERR_BAD_REQUEST;
	*message = made;
	return ERR_OK;
}
