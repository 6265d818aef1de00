/* The one search: names in any order, without accents and nearly right; ids, numbers, addresses, phones, requests. */
#include "base/uuid.h"
#include "domain/people/user.h"
#include "domain/system/search.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static const struct stmt_set *const sets[] = { &search_stmts, &user_stmts, NULL };
static struct db *db;
static struct conf conf;
static struct search found;

static const char *
person(const char *name)
{
	const char *id = testdb_user("USER");

	testdb_run("UPDATE user_account SET display_name = $2 WHERE id = $1", id, name);
	return id;
}

static void
search(const char *text)
{
	CU_ASSERT_EQUAL_FATAL(search_run(db, &conf, text, &found), ERR_OK);
}

/* Is (kind, id) among the rows? */
static bool
has(const struct rows *rows, const char *kind, const char *id)
{
	size_t i;

	for (i = 0; rows != NULL && i < rows_count(rows); i++)
		if (strcmp(rows_text_of(rows, i, "kind"), kind) == 0 &&
		    strcmp(rows_text_of(rows, i, "id"), id) == 0)
			return true;
	return false;
}

static bool
finds(const char *text, const char *kind, const char *id)
{
	search(text);
	return has(found.hits, kind, id);
}

/* A word no other run has used: twelve letters. */
static const char *
fresh_word(void)
{
	return testdb_text("SELECT translate(left(md5($1), 12), '0123456789', 'ghijklmnop')",
	    uuid_new(db_arena(db)));
}

static void
names_are_found_without_case_and_accents(void)
{
	const char *word = fresh_word(),
		   *id = person(testdb_text("SELECT 'Jürgen Größe' || $1", word));

	CU_ASSERT_TRUE(finds(testdb_text("SELECT 'jurgen grosse' || $1", word), "user", id));
	CU_ASSERT_FALSE(found.near);
	CU_ASSERT_TRUE(finds(testdb_text("SELECT upper('JÜRGEN GRÖSSE' || $1)", word), "user", id));
}

static void
words_may_stand_in_any_order_and_be_parts(void)
{
	const char *word = fresh_word(),
		   *id = person(testdb_text("SELECT 'Patel Khan ' || $1", word));

	CU_ASSERT_TRUE(finds(testdb_text("SELECT $1 || ' khan  patel'", word), "user", id));
	CU_ASSERT_TRUE(finds(testdb_text("SELECT 'kh, pat ' || left($1, 9)", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT $1 || ' khan singh'", word), "user", id));
}

/* Each of four counts; a fifth does not. */
static void
four_words_count(void)
{
	const char *word = fresh_word(),
		   *id = person(testdb_text("SELECT $1 || ' Alpha Beta Gamma'", word));

	CU_ASSERT_TRUE(finds(testdb_text("SELECT 'alpha beta gamma ' || $1", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT $1 || ' alpha beta delta'", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT $1 || ' alpha delta gamma'", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT $1 || ' delta beta gamma'", word), "user", id));
	CU_ASSERT_TRUE(
	    finds(testdb_text("SELECT $1 || ' alpha beta gamma delta'", word), "user", id));
}

static void
each_word_that_is_spelled_wrong_counts(void)
{
	const char *word = fresh_word(), *other = fresh_word(),
		   *id = person(testdb_text("SELECT $1 || ' ' || $2", word, other)),
		   *wrong = testdb_text("SELECT left($1, 5) || right($1, 6)", word);

	CU_ASSERT_TRUE(finds(testdb_text("SELECT $1 || ' ' || $2", wrong, other), "user", id));
	CU_ASSERT_TRUE(found.near);
	CU_ASSERT_FALSE(finds(testdb_text("SELECT $1 || ' qqxxqqzz'", wrong), "user", id));
}

static void
one_letter_begins_a_word(void)
{
	const char *word = fresh_word(), *id = person(testdb_text("SELECT 'Zoë Vryn ' || $1", word));

	CU_ASSERT_TRUE(finds(testdb_text("SELECT 'z v ' || $1", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT 'r ' || $1", word), "user", id));
}

static void
what_is_spelled_wrong_is_found_when_nothing_is_right(void)
{
	const char *word = fresh_word(), *id = person(word);

	search(testdb_text("SELECT left($1, 5) || right($1, 6)", word)); /* one letter is missing */
	CU_ASSERT_TRUE(found.near);
	CU_ASSERT_TRUE(has(found.hits, "user", id));
	search(word);
	CU_ASSERT_FALSE(found.near);
}

static void
signs_of_patterns_are_letters(void)
{
	const char *word = fresh_word(), *id = person(testdb_text("SELECT '100%_\\ ' || $1", word));

	CU_ASSERT_TRUE(finds(testdb_text("SELECT '0%_\\ ' || $1", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT '0__\\ ' || $1", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT '%00 ' || $1", word), "user", id));
}

static void
the_best_match_comes_first(void)
{
	const char *word = fresh_word(), *exact;
	int i;

	for (i = 0; i < 3; i++)
		(void)person(testdb_text("SELECT $1 || ' Aaaaaaa Bbbbbbbb'", word));
	exact = person(word);
	for (i = 0; i < 3; i++)
		(void)person(testdb_text("SELECT $1 || ' Cccccccc Dddddddd'", word));
	search(word);
	CU_ASSERT_EQUAL(rows_count(found.hits), 7);
	CU_ASSERT_STRING_EQUAL(rows_text_of(found.hits, 0, "id"), exact);
}

static void
e_mail_addresses_are_words(void)
{
	const char *id = person("Somebody"),
		   *email = testdb_text("SELECT email FROM user_account WHERE id = $1", id);

	CU_ASSERT_TRUE(finds(email, "user", id));
	CU_ASSERT_EQUAL(rows_count(found.hits), 1);
}

static const char *
conversation(const char *a, const char *b)
{
	const char *id = uuid_new(db_arena(db));

	testdb_run("INSERT INTO conversation (id, kind) VALUES ($1, 'DIRECT')", id);
	testdb_run("INSERT INTO member (conversation_id, user_id, role) VALUES ($1, $2, 'USER'),"
		   " ($1, $3, 'USER')",
	    id, a, b);
	return testdb_text("SELECT $1", id);
}

static const char *
session(const char *user, const char *advisor)
{
	return testdb_text(
	    "WITH c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(),"
	    " 'SESSION') RETURNING id) INSERT INTO session (id, type, state, user_id,"
	    " advisor_id, conversation_id, expires_at) SELECT gen_random_uuid(), 'CHAT',"
	    " 'ENDED', $1, $2, id, app_now() FROM c RETURNING id",
	    user, advisor);
}

static const char *
report(const char *by, const char *about)
{
	return testdb_text("INSERT INTO report (id, reporter_id, target_type, target_id,"
			   " target_user_id, reason) VALUES (gen_random_uuid(), $1, 'USER', $2, $2,"
			   " 'SPAM') RETURNING id",
	    by, about);
}

static void
what_belongs_to_a_person_found_is_shown(void)
{
	const char *word = fresh_word(), *id = person(word), *other = testdb_user("USER"),
		   *advisor = testdb_advisor();
	const char *talk = conversation(id, other), *asked = session(id, advisor),
		   *about = report(other, id), *by = report(id, other),
		   *strange = report(other, advisor);

	search(word);
	CU_ASSERT_TRUE(has(found.related, "conversation", talk));
	CU_ASSERT_TRUE(has(found.related, "session", asked));
	CU_ASSERT_TRUE(has(found.related, "report", about));
	CU_ASSERT_TRUE(has(found.related, "report", by));
	CU_ASSERT_FALSE(has(found.related, "report", strange));
	testdb_run("UPDATE user_account SET display_name = $2 WHERE id = $1", advisor,
	    testdb_text("SELECT reverse($1)", word));
	search(testdb_text("SELECT reverse($1)", word));
	CU_ASSERT_TRUE(has(found.related, "session", asked));
}

static void
an_id_is_told_by_its_form_whatever_it_is_of(void)
{
	const char *id = person("Somebody"), *other = testdb_user("USER");
	const char *talk = conversation(id, other), *asked = session(id, testdb_advisor()),
		   *flag = report(id, other);
	const char *message = testdb_text(
	    "INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, body)"
	    " VALUES ($1, 1, gen_random_uuid(), $2, 'USER', 'c', 'hello') RETURNING id",
	    talk, id);
	const char *job = testdb_text("INSERT INTO job (kind) VALUES ('test.search') RETURNING id");

	CU_ASSERT_TRUE(finds(testdb_text("SELECT ' ' || upper($1) || ' '", id), "user", id));
	CU_ASSERT_EQUAL(found.form, SEARCH_ID);
	CU_ASSERT_TRUE(finds(talk, "conversation", talk));
	CU_ASSERT_TRUE(finds(asked, "session", asked));
	CU_ASSERT_TRUE(finds(flag, "report", flag));
	CU_ASSERT_TRUE(finds(message, "message", message));
	CU_ASSERT_TRUE(finds(job, "job", job));
	CU_ASSERT_EQUAL(rows_count(found.hits), 1);
	search(uuid_new(db_arena(db)));
	CU_ASSERT_EQUAL(rows_count(found.hits), 0);
}

static void
an_address_gives_who_signed_in_from_it(void)
{
	const char *
	    id = person("Somebody"),
	   *address = testdb_text(
	       "SELECT 'fd00:' || substr(h, 1, 4) || ':' || substr(h, 5, 4) || '::1' FROM md5($1) h",
	       id);
	int i;

	for (i = 0; i < 2; i++)
		testdb_run("INSERT INTO login (id, user_id, kind, ip, expires_at)"
			   " VALUES (gen_random_uuid(), $1, 'APP', $2::inet, app_now())",
		    id, address);
	CU_ASSERT_TRUE(finds(address, "user", id));
	CU_ASSERT_EQUAL(found.form, SEARCH_ADDRESS);
	CU_ASSERT_EQUAL(rows_count(found.hits), 1);
}

static void
a_phone_number_is_found_however_it_is_written(void)
{
	const char *id = uuid_new(db_arena(db)),
		   *digits = testdb_text("SELECT lpad((random() * 1e9)::bigint::text, 10, '7')");
	struct user_new user = { .id = id, .role = "USER", .display_name = "By phone" };

	user.phone = testdb_text("SELECT '+91' || $1", digits);
	CU_ASSERT_EQUAL_FATAL(user_create(db, &conf, &user), ERR_OK);
	CU_ASSERT_TRUE(finds(user.phone, "user", id));
	CU_ASSERT_TRUE(
	    finds(testdb_text("SELECT '+91 (' || left($1, 3) || ') ' || substr($1, 4)", digits),
		"user", id));
	CU_ASSERT_EQUAL(found.form, SEARCH_PHONE);
}

static void
a_request_id_gives_what_it_did(void)
{
	const char *request = testdb_text("SELECT md5($1)", uuid_new(db_arena(db)));
	const char *line = testdb_text(
	    "INSERT INTO audit (action, target_type, request_id) VALUES ('test.search', 'system', $1)"
	    " RETURNING id",
	    request);

	CU_ASSERT_TRUE(finds(request, "audit", line));
	CU_ASSERT_TRUE(finds(line, "audit", line));
	CU_ASSERT_EQUAL(found.form, SEARCH_NUMBER);
}

static void
nothing_finds_nothing(void)
{
	search("");
	CU_ASSERT_EQUAL(found.form, SEARCH_NOTHING);
	CU_ASSERT_PTR_NULL(found.hits);
	search(" , ");
	CU_ASSERT_EQUAL(found.form, SEARCH_NOTHING);
	CU_ASSERT_FALSE(found.near);
	search("qqqqxxxxzzzz qqqqxxxxzzzz");
	CU_ASSERT_FALSE(found.near);
	CU_ASSERT_EQUAL(rows_count(found.hits), 0);
	CU_ASSERT_PTR_NULL(found.related);
}

static void
what_has_no_letter_is_no_word(void)
{
	const char *word = fresh_word(), *id = person(word);

	CU_ASSERT_TRUE(finds(testdb_text("SELECT '& - ' || $1 || ' %'", word), "user", id));
	CU_ASSERT_EQUAL(rows_count(found.hits), 1);
	search("%");
	CU_ASSERT_EQUAL(rows_count(found.hits), 0);
	search("- *");
	CU_ASSERT_EQUAL(rows_count(found.hits), 0);
}

/* Of a name or of an address, whatever is between its words. */
static void
one_letter_begins_a_word_behind_any_sign(void)
{
	const char *word = fresh_word(), *id = person(testdb_text("SELECT $1 || ' Anne-Zuë'", word));

	testdb_run("UPDATE user_account SET email = $2 || '.x@q.test' WHERE id = $1", id, word);
	CU_ASSERT_TRUE(finds(testdb_text("SELECT $1 || ' z'", word), "user", id));
	CU_ASSERT_TRUE(finds(testdb_text("SELECT $1 || ' x q'", word), "user", id));
	CU_ASSERT_FALSE(finds(testdb_text("SELECT $1 || ' u'", word), "user", id));
}

static const struct cunit_test tests[] = {
	{ "names are found without case and accents", names_are_found_without_case_and_accents },
	{ "words may stand in any order and be parts", words_may_stand_in_any_order_and_be_parts },
	{ "four words count", four_words_count },
	{ "each word that is spelled wrong counts", each_word_that_is_spelled_wrong_counts },
	{ "one letter begins a word", one_letter_begins_a_word },
	{ "what is spelled wrong is found when nothing is right",
	    what_is_spelled_wrong_is_found_when_nothing_is_right },
	{ "signs of patterns are letters", signs_of_patterns_are_letters },
	{ "the best match comes first", the_best_match_comes_first },
	{ "e-mail addresses are words", e_mail_addresses_are_words },
	{ "what belongs to a person found is shown", what_belongs_to_a_person_found_is_shown },
	{ "an id is told by its form, whatever it is of",
	    an_id_is_told_by_its_form_whatever_it_is_of },
	{ "an address gives who signed in from it", an_address_gives_who_signed_in_from_it },
	{ "a phone number is found however it is written",
	    a_phone_number_is_found_however_it_is_written },
	{ "a request id gives what it did", a_request_id_gives_what_it_did },
	{ "nothing finds nothing", nothing_finds_nothing },
	{ "what has no letter is no word", what_has_no_letter_is_no_word },
	{ "one letter begins a word behind any sign", one_letter_begins_a_word_behind_any_sign },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	conf.lookup_key = "a key that is long enough for a look-up, 32";
	conf.field_keys = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
	db = testdb_open(sets);
	status = cunit_run("search", tests);
	testdb_close(db);
	return status;
}
