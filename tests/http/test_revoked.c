/* An ended login's token is refused for as long as it could still be good, by every program and the events. */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <string.h>

/* As if the login had ended so many minutes ago, when nobody had asked yet. */
static void
revoked_since(const struct listener *a, const char *minutes)
{
	testdb_run("INSERT INTO revocation (login_id, revoked_at)"
		   " VALUES ($1, clock_timestamp() - make_interval(mins => $2::int))",
	    a->login, minutes);
}

/* The status at last: what is known of ended logins may be a second or two old. */
static int
status_of(const struct listener *a, int wanted)
{
	int64_t end = clock_monotonic_us() + HANG_US;
	struct client *c = client_new();
	int status;

	client_token(c, a->token);
	do
		status = client_call(c, "GET", "/users/me", NULL);
	while (status != wanted && clock_monotonic_us() < end);
	client_free(c);
	return status;
}

static void
a_login_that_ended_an_hour_ago_is_still_refused(void)
{
	struct listener a = listener_make();
	struct parked *p;

	CU_ASSERT_EQUAL(status_of(&a, 200), 200);
	p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	events_metric_wait("polls_parked", 1);
	revoked_since(&a, "64");
	CU_ASSERT_EQUAL(parked_wait(p), 401);
	CU_ASSERT_EQUAL(status_of(&a, 401), 401);
	parked_free(p);
}

/* The list is bounded: what is older than any token is not read any more. */
static void
one_older_than_any_token_is_forgotten(void)
{
	struct listener a = listener_make(), b = listener_make();

	revoked_since(&a, "66");
	revoked_since(&b, "64");
	CU_ASSERT_EQUAL(status_of(&b, 401), 401); /* the list was read since */
	CU_ASSERT_EQUAL(status_of(&a, 200), 200);
}

static const struct cunit_test tests[] = {
	{ "a login that ended an hour ago is still refused",
	    a_login_that_ended_an_hour_ago_is_still_refused },
	{ "one older than any token is forgotten", one_older_than_any_token_is_forgotten },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("revoked", tests);
}
