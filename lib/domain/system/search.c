#include "domain/system/search.h"

#include "base/buf.h"
#include "base/seal.h"
#include "base/str.h"
#include "base/uuid.h"
#include "domain/people/user_admin.h"

#include <arpa/inet.h>
#include <string.h>

enum { RELATED_PEOPLE = 5, REQUEST_ID_LEN = 32, NUMBER_LEN = 18, PHONE_MIN = 7 };
enum { PEOPLE, NEAR, RELATED, BY_ID, BY_NUMBER, BY_ADDRESS, BY_PHONE, BY_REQUEST };

#define PERSON                                                                                     \
	"'user' AS kind, u.id::text AS id, u.display_name AS title, concat_ws(' · ', u.email,"    \
	" CASE WHEN u.role <> 'USER' THEN lower(u.role) END) AS detail, u.state, u.created_at AS at"
#define AUDIT                                                                                                             \
	"SELECT 'audit' AS kind, x.id::text AS id, nullif(x.request_id, '') AS ref, x.action AS title, concat_ws(' · '," \
	" coalesce(by.display_name, 'the system'), about.display_name) AS detail, '' AS state, x.at"                      \
	" FROM audit x LEFT JOIN user_account by ON by.id = x.actor_id"                                                   \
	" LEFT JOIN user_account about ON about.id = x.target_id"
#define SESSION_TITLE                                                                              \
	"concat_ws(' with ', (SELECT display_name FROM user_account WHERE id = s.user_id),"        \
	" coalesce((SELECT display_name FROM user_account WHERE id = s.advisor_id), 'the assistant'))"
#define CONVERSATION_TITLE                                                                         \
	"(SELECT string_agg(u.display_name, ', ' ORDER BY m.role DESC, u.id) FROM member m"        \
	" JOIN user_account u ON u.id = m.user_id WHERE m.conversation_id = c.id)"
#define CONVERSATION                                                                               \
	"'conversation' AS kind, c.id::text AS id, " CONVERSATION_TITLE " AS title,"               \
	" c.last_seq || ' messages' AS detail,"                                                    \
	" CASE WHEN c.closed_at IS NULL THEN 'OPEN' ELSE 'CLOSED' END AS state,"                   \
	" coalesce(c.last_message_at, c.created_at) AS at"
#define SESSION                                                                                    \
	"'session' AS kind, s.id::text AS id, " SESSION_TITLE                                      \
	" AS title, s.topic AS detail, s.state, s.requested_at AS at"
#define REPORT                                                                                     \
	"'report' AS kind, r.id::text AS id, concat_ws(' about ',"                                 \
	" (SELECT display_name FROM user_account WHERE id = r.reporter_id),"                       \
	" (SELECT display_name FROM user_account WHERE id = r.target_user_id)) AS title,"          \
	" lower(r.reason) AS detail, r.state, r.created_at AS at"

/*
 * People of whom all words are true, best first: a word that everybody has must not sort everybody. The planner sees
 * the words (db/db.h, whole): what few have is found by the index on trigrams, what many have sooner by looking at one
 * after the other, newest first. For what is spelled wrong there is the index alone, and no use in seeing: to compare
 * words by their trigrams costs more than to find them.
 */
#define PEOPLE_OF(with, words, some)                                                               \
	with "SELECT " PERSON " FROM (SELECT u.* FROM " words some " LIMIT 200) u"                 \
	     " ORDER BY similarity(u.search, search_fold($1)) DESC, u.id DESC LIMIT $2::bigint"
#define NEAR_WORD(number) "(search_word($1, " number ") IS NULL OR u.search %> w.w" number ")"

static const struct stmt stmts[] = {
	[PEOPLE] = { "search_people", 2,
	    PEOPLE_OF("", "user_account u WHERE " USER_SEARCH("$1"),
		" ORDER BY u.created_at DESC, u.id DESC"),
	    true },
	[NEAR] = { "search_near", 2,
	    /* The first word twice: that so few have it that the index is the way to them, the planner must not doubt. */
	    PEOPLE_OF(
		"WITH w AS MATERIALIZED (SELECT search_word($1, 1) AS w1, search_word($1, 2) AS w2,"
		" search_word($1, 3) AS w3, search_word($1, 4) AS w4, search_word($1, 1) AS w5) ",
		"w, user_account u WHERE search_said($1) AND u.search %> w.w1 AND u.search %> w.w5",
		" AND " NEAR_WORD("2") " AND " NEAR_WORD("3") " AND " NEAR_WORD("4")),
	    true },
	[RELATED] = { "search_related", 2,
	    "WITH p AS (SELECT unnest($1::text[])::uuid AS id)"
	    " SELECT DISTINCT f.* FROM p, LATERAL ("
	    "(SELECT " SESSION " FROM ((SELECT * FROM session WHERE user_id = p.id"
	    " ORDER BY requested_at DESC, id DESC LIMIT $2::bigint) UNION ALL"
	    " (SELECT * FROM session WHERE advisor_id = p.id"
	    " ORDER BY requested_at DESC, id DESC LIMIT $2)) s"
	    " ORDER BY s.requested_at DESC, s.id DESC LIMIT $2)"
	    " UNION ALL (SELECT " CONVERSATION " FROM (SELECT conversation_id FROM member"
	    " WHERE user_id = p.id ORDER BY conversation_id DESC LIMIT $2) m"
	    " JOIN conversation c ON c.id = m.conversation_id WHERE c.kind = 'DIRECT')"
	    " UNION ALL (SELECT " REPORT " FROM ((SELECT * FROM report WHERE reporter_id = p.id"
	    " ORDER BY created_at DESC, id DESC LIMIT $2) UNION ALL"
	    " (SELECT * FROM report WHERE target_user_id = p.id"
	    " ORDER BY created_at DESC, id DESC LIMIT $2)) r"
	    " ORDER BY r.created_at DESC, r.id DESC LIMIT $2)) f ORDER BY f.kind DESC, f.at DESC, f.id",
	    true },
	[BY_ID] = { "search_id", 1,
	    "(SELECT " PERSON " FROM user_account u WHERE u.id = $1) UNION ALL"
	    " (SELECT " SESSION " FROM session s WHERE s.id = $1) UNION ALL"
	    " (SELECT " CONVERSATION " FROM conversation c WHERE c.id = $1) UNION ALL"
	    " (SELECT " REPORT " FROM report r WHERE r.id = $1) UNION ALL"
	    " (SELECT 'message', m.id::text, " CONVERSATION_TITLE ", 'message ' || m.seq,"
	    " CASE WHEN m.deleted_at IS NULL THEN '' ELSE 'DELETED' END, m.created_at"
	    " FROM message m JOIN conversation c ON c.id = m.conversation_id WHERE m.id = $1) UNION ALL"
	    " (SELECT 'job', j.id::text, j.kind, j.last_error, j.state, j.created_at"
	    " FROM job j WHERE j.id = $1) UNION ALL"
	    " (SELECT " PERSON
	    " FROM login l JOIN user_account u ON u.id = l.user_id WHERE l.id = $1)",
	    true },
	[BY_NUMBER] = { "search_number", 1, AUDIT " WHERE x.id = $1::bigint", true },
	[BY_ADDRESS] = { "search_address", 2,
	    "SELECT 'user' AS kind, u.id::text AS id, u.display_name AS title, concat_ws(' · ', u.email,"
	    " nullif(l.device_name, '')) AS detail, u.state, l.at FROM (SELECT DISTINCT ON (user_id)"
	    " user_id, device_name, created_at AS at FROM (SELECT * FROM login WHERE ip = $1::inet"
	    " ORDER BY created_at DESC LIMIT 500) n ORDER BY user_id, created_at DESC) l"
	    " JOIN user_account u ON u.id = l.user_id ORDER BY l.at DESC, u.id LIMIT $2::bigint",
	    true },
	[BY_PHONE] = { "search_phone", 1,
	    "SELECT " PERSON " FROM user_account u WHERE u.phone_hash = $1", true },
	[BY_REQUEST] = { "search_request", 2,
	    AUDIT " WHERE x.request_id = $1 AND $1 <> '' ORDER BY x.id DESC LIMIT $2::bigint", true },
};
STMT_SET(search_stmts, stmts);

/* --- the form --- */

static bool
all_of(const char *text, const char *accepted)
{
	return text[strspn(text, accepted)] == '\0';
}

static bool
is_address(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* text without blanks at its ends, in lower case. */
static char *
trimmed(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text + strspn(text, " \t\r\n"));
	size_t len = strlen(copy);

	while (len > 0 && strchr(" \t\r\n", copy[len - 1]) != NULL)
		copy[--len] = '\0';
	str_lower(copy);
	return copy;
}

/* The number with nothing but "+" and digits. */
static const char *
phone_of(struct arena *arena, const char *text)
{
	struct buf out = buf_new(arena, strlen(text) + 1);

	buf_putc(&out, '+');
	for (; *text != '\0'; text++)
		if (*text >= '0' && *text <= '9')
			buf_putc(&out, *text);
	return out.data;
}

/* Of text that is trimmed. */
static enum search_form
form_of(const char *text)
{
	size_t len = strlen(text);

	if (all_of(text, " \t\r\n,"))
		return SEARCH_NOTHING;
	if (uuid_valid(text))
		return SEARCH_ID;
	if (len == REQUEST_ID_LEN && all_of(text, "0123456789abcdef"))
		return SEARCH_REQUEST;
	if (len <= NUMBER_LEN && all_of(text, "0123456789"))
		return SEARCH_NUMBER;
	if (is_address(text))
		return SEARCH_ADDRESS;
	if (text[0] == '+' && len > PHONE_MIN && all_of(text + 1, "0123456789 .-()/"))
		return SEARCH_PHONE;
	return SEARCH_NAMES;
}

/* --- names --- */

/* The ids of the first people found, as an array of PostgreSQL. */
static const char *
first_people(struct arena *arena, const struct rows *people)
{
	struct buf out = buf_new(arena, 256);
	size_t i;

	for (i = 0; i < rows_count(people) && i < RELATED_PEOPLE; i++)
		buf_printf(&out, "%c%s", i == 0 ? '{' : ',', rows_text_of(people, i, "id"));
	buf_puts(&out, i == 0 ? "{}" : "}");
	return out.data;
}

static enum err
people(struct db *db, int which, const char *text, struct rows **rows)
{
	struct db_bound bound = db_bind(&stmts[which], db_text(text), db_i64(SEARCH_PEOPLE_MAX));

	bound.whole = true;
	return db_run(db, &bound, rows);
}

static enum err
names(struct db *db, const char *text, struct search *found)
{
	TRY(people(db, PEOPLE, text, &found->hits));
	if (rows_count(found->hits) == 0) {
		TRY(people(db, NEAR, text, &found->hits));
		found->near = rows_count(found->hits) > 0;
	}
	if (rows_count(found->hits) == 0)
		return ERR_OK;
	return db_rows(db, &found->related, &stmts[RELATED],
	    db_text(first_people(db_arena(db), found->hits)), db_i64(SEARCH_EACH_MAX));
}

enum err
search_run(struct db *db, const struct conf *conf, const char *text, struct search *found)
{
	struct arena *arena = db_arena(db);
	struct db_param limit = db_i64(SEARCH_PEOPLE_MAX), what;

	text = trimmed(arena, text);
	what = db_text(text);
	*found = (struct search){ .form = form_of(text) };
	switch (found->form) {
	case SEARCH_NOTHING:
		return ERR_OK;
	case SEARCH_NAMES:
		return names(db, text, found);
	case SEARCH_ID:
		return db_rows(db, &found->hits, &stmts[BY_ID], what);
	case SEARCH_NUMBER:
		return db_rows(db, &found->hits, &stmts[BY_NUMBER], what);
	case SEARCH_ADDRESS:
		return db_rows(db, &found->hits, &stmts[BY_ADDRESS], what, limit);
	case SEARCH_PHONE:
		return db_rows(db, &found->hits, &stmts[BY_PHONE],
		    db_text(seal_lookup(arena, conf->lookup_key, "phone", phone_of(arena, text))));
	case SEARCH_REQUEST:
		return db_rows(db, &found->hits, &stmts[BY_REQUEST], what, limit);
	}
	return ERR_INTERNAL;
}
