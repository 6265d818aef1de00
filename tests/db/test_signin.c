/* Who gets in: guesses count where they come from, and an account or a ticket is good while it lasts. */
#include "domain/people/attempt.h"
#include "domain/people/login.h"
#include "domain/people/password.h"
#include "domain/people/signin.h"
#include "domain/people/totp.h"
#include "domain/talk/ticket.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static const struct stmt_set *const sets[] = { &attempt_stmts, &login_stmts, &user_stmts,
	&totp_stmts, &ticket_stmts, NULL };
static const char good_password[] = "correct horse battery 9";
static struct db *db;
static struct conf conf;

/* An account that can sign in; its id, and in *email what it signs in with. */
static const char *
account(const char **email)
{
	const char *id = testdb_user("USER");
	char *hash;

	CU_ASSERT_EQUAL_FATAL(password_hash(db_arena(db), &conf, good_password, &hash), ERR_OK);
	testdb_run("UPDATE user_account SET password_hash = $2 WHERE id = $1", id, hash);
	*email = testdb_text("SELECT email FROM user_account WHERE id = $1", id);
	return id;
}

static enum err
check(struct db *in, void *signin)
{
	return signin_check(in, &conf, signin);
}

static enum err
sign_in(const char *email, const char *password, const char *ip)
{
	struct signin signin = { .identifier = email, .password = password, .ip = ip };

	CU_ASSERT_EQUAL_FATAL(db_tx(db, check, &signin), ERR_OK);
	return signin.outcome;
}

static void
who_guesses_locks_out_nobody_elsewhere(void)
{
	const char *email;
	int64_t i;

	(void)account(&email);
	for (i = 0; i < attempt_login.limit; i++)
		CU_ASSERT_EQUAL(sign_in(email, "a guess", "203.0.113.7"), ERR_BAD_CREDENTIALS);
	CU_ASSERT_EQUAL(sign_in(email, good_password, "203.0.113.7"), ERR_RATE);
	CU_ASSERT_EQUAL(sign_in(email, good_password, "198.51.100.7"), ERR_OK);
}

/* The seconds that who signs in has to wait now, 0 when the password was looked at. */
static int
wait_of(const char *email, const char *password)
{
	struct signin signin = { .identifier = email, .password = password, .ip = "203.0.113.9" };

	CU_ASSERT_EQUAL_FATAL(db_tx(db, check, &signin), ERR_OK);
	CU_ASSERT_EQUAL(signin.outcome == ERR_RATE, signin.retry_after_s > 0);
	return signin.retry_after_s;
}

/* As if so many seconds had gone by for all buckets. */
static void
later(int seconds)
{
	testdb_run("UPDATE rate_bucket SET next_at = next_at - make_interval(secs => $1::int),"
		   " ends_at = ends_at - make_interval(secs => $1::int)",
	    arena_printf(db_arena(db), "%d", seconds));
}

static void
who_goes_on_guessing_waits_longer_each_time(void)
{
	static const int waits[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	const char *email;
	size_t i;

	(void)account(&email);
	for (i = 0; i < (size_t)attempt_login.limit; i++)
		CU_ASSERT_EQUAL(wait_of(email, "a guess"), 0);
	for (i = 0; i < COUNT_OF(waits); i++) {
		int wait = wait_of(email, good_password);

		CU_ASSERT(wait > waits[i] - 1 && wait <= waits[i]);
		later(waits[i]);
		CU_ASSERT_EQUAL(wait_of(email, "a guess"), 0);
	}
	CU_ASSERT(wait_of(email, good_password) > 0);
	later(60);
	CU_ASSERT_EQUAL(wait_of(email, good_password), 0); /* and all is forgotten */
	CU_ASSERT_EQUAL(wait_of(email, "a guess"), 0);
	CU_ASSERT_EQUAL(wait_of(email, good_password), 0);
}

static void
a_hash_of_lower_cost_is_made_anew(void)
{
	const char *email, *id = account(&email), *before;
	int64_t passes = conf.argon2_passes;

	before = testdb_text("SELECT password_hash FROM user_account WHERE id = $1", id);
	conf.argon2_passes++;
	CU_ASSERT_EQUAL(sign_in(email, "a guess", "203.0.113.11"), ERR_BAD_CREDENTIALS);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT password_hash FROM user_account WHERE id = $1", id), before);
	CU_ASSERT_EQUAL(sign_in(email, good_password, "203.0.113.11"), ERR_OK);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(testdb_text("SELECT password_hash FROM user_account WHERE id = $1", id),
		arena_printf(db_arena(db), ",t=%d,", (int)conf.argon2_passes)));
	CU_ASSERT_EQUAL(sign_in(email, good_password, "203.0.113.11"), ERR_OK);
	conf.argon2_passes = passes;
}

static void
who_was_imported_signs_in_as_before(void)
{
	const char *email, *id = account(&email);

	testdb_run("UPDATE user_account SET password_hash ="
		   " '$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e' WHERE id = $1",
	    id);
	CU_ASSERT_EQUAL(sign_in(email, "a guess", "203.0.113.12"), ERR_BAD_CREDENTIALS);
	CU_ASSERT_EQUAL(sign_in(email, "correct horse", "203.0.113.12"), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM user_account WHERE id = $1"
				   " AND password_hash LIKE '$argon2id$%'",
			    id),
	    1);
	CU_ASSERT_EQUAL(sign_in(email, "correct horse", "203.0.113.12"), ERR_OK);
}

static void
a_deleted_account_is_not_found(void)
{
	const char *email, *id = account(&email);
	struct user user;

	CU_ASSERT_EQUAL(user_find(db, &conf, email, &user), ERR_OK);
	testdb_run("UPDATE user_account SET state = 'DELETED' WHERE id = $1", id);
	CU_ASSERT_EQUAL(user_find(db, &conf, email, &user), ERR_NOT_FOUND);
}

/* Between the look at the password and the new login an admin may block the account. */
static void
who_was_blocked_meanwhile_gets_no_login(void)
{
	const char *email, *id = account(&email);
	const struct login_new new = { .user_id = id, .ip = "203.0.113.7" };
	struct login login;

	CU_ASSERT_EQUAL(login_create(db, &conf, &new, &login), ERR_OK);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", id);
	CU_ASSERT_EQUAL(login_create(db, &conf, &new, &login), ERR_ACCOUNT_BLOCKED);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM login WHERE user_id = $1", id), 1);
}

/* What claiming a new ticket gives after this was done to it. */
static enum err
claim_after(const char *sql)
{
	const char *email, *id = account(&email), *ticket;
	const struct login_new new = { .user_id = id, .ip = "203.0.113.7" };
	struct ticket_holder holder = { id, NULL, "USER" };
	struct login login;
	struct db_bound bound;
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(login_create(db, &conf, &new, &login), ERR_OK);
	holder.login_id = login.id;
	bound = ticket_issue_bind(db_arena(db), &holder, &ticket);
	CU_ASSERT_EQUAL_FATAL(db_run(db, &bound, NULL), ERR_OK);
	testdb_run(sql, id);
	bound = ticket_claim_bind(db_arena(db), ticket);
	CU_ASSERT_EQUAL_FATAL(db_run(db, &bound, &rows), ERR_OK);
	return ticket_take(rows, &holder);
}

static void
a_ticket_is_good_for_its_time(void)
{
	CU_ASSERT_EQUAL(claim_after("SELECT $1::text"), ERR_OK);
	CU_ASSERT_EQUAL(claim_after("UPDATE ticket SET expires_at = app_now() WHERE user_id = $1"),
	    ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(claim_after("UPDATE login SET ended_at = app_now(), end_reason = 'LOGOUT'"
				    " WHERE user_id = $1"),
	    ERR_UNAUTHORIZED);
}

static const struct cunit_test tests[] = {
	{ "who guesses locks out nobody elsewhere", who_guesses_locks_out_nobody_elsewhere },
	{ "who goes on guessing waits longer each time",
	    who_goes_on_guessing_waits_longer_each_time },
	{ "a hash of lower cost is made anew", a_hash_of_lower_cost_is_made_anew },
	{ "who was imported signs in as before", who_was_imported_signs_in_as_before },
	{ "a deleted account is not found", a_deleted_account_is_not_found },
	{ "who was blocked meanwhile gets no login", who_was_blocked_meanwhile_gets_no_login },
	{ "a ticket is good for its time", a_ticket_is_good_for_its_time },
	{ 0 },
};

int
main(void)
{
	struct arena *arena = arena_new(4096);
	int status;

	if (conf_load(arena_printf(arena, "%s/confab.conf", getenv("STACK_DIR")), &conf) != ERR_OK)
		return 1;
	conf.rate_percent = 100;
	password_prepare(&conf);
	db = testdb_open(sets);
	status = cunit_run("signin", tests);
	testdb_close(db);
	arena_free(arena);
	return status;
}
