/* PostgreSQL goes away and comes back; the programs stay, say so, and heal alone. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/testdb.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct client *c;

static long
header_number(const char *name)
{
	return strtol(client_reply_header(c, name), NULL, 10);
}
static struct person user;

static void
answers_503_without_a_database_and_heals(void)
{
	pid_t postgres = private_pid("postgres"), before = private_child(private_pid("people"));

	client_token(c, user.token);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 200);
	CU_ASSERT_EQUAL(kill(postgres, SIGINT), 0);
	CU_ASSERT(client_becomes(c, "/users/me", 503));
	CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "unavailable");
	CU_ASSERT(header_number("Retry-After") >= 1);
	CU_ASSERT(client_becomes(c, "//readyz", 503));
	CU_ASSERT_STRING_EQUAL(client_text(c, "ready"), "false");
	CU_ASSERT_EQUAL(client_call(c, "GET", "//livez", NULL), 200);
	CU_ASSERT_EQUAL(client_call(c, "POST", "/auth/login",
			    "{\"identifier\":\"x@y.zz\",\"password\":\"wrong pw\"}"),
	    503);
	private_db_start();
	CU_ASSERT(client_becomes(c, "/users/me", 200));
	CU_ASSERT(client_becomes(c, "//readyz", 200));
	CU_ASSERT_EQUAL(private_child(private_pid("people")), before); /* the worker lived on */
}

static void
refuses_writes_to_a_read_only_server_and_heals(void)
{
	client_token(c, user.token);
	CU_ASSERT(client_becomes(c, "/users/me", 200));
	testdb_run("ALTER ROLE CURRENT_USER SET default_transaction_read_only = on");
	testdb_run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
		   " WHERE usename = current_user AND pid <> pg_backend_pid()");
	CU_ASSERT(client_becomes(c, "/users/me", 503));
	CU_ASSERT(header_number("Retry-After") >= 1);
	testdb_run("ALTER ROLE CURRENT_USER RESET default_transaction_read_only");
	CU_ASSERT(client_becomes(c, "/users/me", 200));
	client_header(c, "If-Match: *");
	CU_ASSERT_EQUAL(client_call(c, "PATCH", "/users/me", "{\"bio\":\"x\"}"), 200);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "answers 503 without a database, and heals",
						       answers_503_without_a_database_and_heals },
		{ "refuses to use a read-only server, and heals",
		    refuses_writes_to_a_read_only_server_and_heals },
		{ NULL, NULL } };
	int status;

	private_start("db-down", NULL);
	c = client_new();
	user = person_register("USER");
	status = cunit_run("db_down", tests);
	client_free(c);
	return status;
}
