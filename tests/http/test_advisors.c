/* The advisors program through nginx: applying, the own profile, the directory, ratings. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(status, call) CU_ASSERT_EQUAL(call, status)
#define TEXT(path, wanted) CU_ASSERT_STRING_EQUAL(client_text(c, path), wanted)
#define RATE(minor) "{\"rate\":{\"amount_minor\":" minor ",\"currency\":\"INR\"}}"
#define PROFILE                                                                                     \
	"{\"headline\":\"Listens\",\"bio\":\"Twenty years of listening.\",\"experience_years\":20," \
	"\"languages\":[\"en\"],\"specializations\":[\"tarot\"],\"rate\":{"                         \
	"\"amount_minor\":2500,\"currency\":\"INR\"},\"latitude\":12.97,\"longitude\":77.59}"

enum { CROWD = 9 };

static struct client *c; /* the caller of all tests */
static char own[5]; /* a currency of this run only: what the filters start from */
static const char *crowd[CROWD];

/* Advisors with some equal keys, so that the id must decide. */
static void
crowd_make(void)
{
	char number[3][16], places[2][16];
	uint32_t random = testdb_random();
	int i;

	for (i = 0; i < 4; i++, random /= 26)
		own[i] = (char)('A' + random % 26);
	for (i = 0; i < CROWD; i++) {
		crowd[i] = testdb_advisor();
		(void)snprintf(number[0], sizeof(number[0]), "%d", 100 * (i % 3));
		(void)snprintf(number[1], sizeof(number[1]), "%d", i % 4);
		(void)snprintf(number[2], sizeof(number[2]), "%d", i % 5);
		(void)snprintf(places[0], sizeof(places[0]), "%d.5", i % 6);
		testdb_run("UPDATE advisor SET currency = $2, rate_minor = $3, experience_years = $4,"
			   " rating_count = $5::bigint, rating_sum = 4 * $5::bigint, latitude = $6,"
			   " longitude = 7, online = $5::bigint > 1 WHERE id = $1",
		    crowd[i], own, number[0], number[1], number[2], places[0]);
	}
}

static void
an_application_is_listed_only_when_approved(void)
{
	struct person advisor = person_register("ADVISOR");

	client_token(c, advisor.token);
	EXPECT(200, client_call(c, "GET", "/advisors/me", NULL));
	TEXT("state", "DRAFT");
	EXPECT(409, client_call(c, "PUT", "/advisors/me/status", "{\"status\":\"ONLINE\"}"));
	TEXT("error", "bad_state");
	EXPECT(200, client_call(c, "POST", "/advisors/apply", PROFILE));
	TEXT("state", "PENDING");
	EXPECT(409, client_call(c, "POST", "/advisors/apply", PROFILE));
	client_token(c, NULL);
	EXPECT(404, client_callf(c, "GET", NULL, "/advisors/%s", advisor.id));
	EXPECT(404, client_callf(c, "GET", NULL, "/advisors/%s/ratings", advisor.id));
	testdb_run("UPDATE advisor SET state = 'APPROVED' WHERE id = $1", advisor.id);
	EXPECT(200, client_callf(c, "GET", NULL, "/advisors/%s", advisor.id));
	TEXT("status", "OFFLINE");
	TEXT("rating_average", "null");
	TEXT("latitude", "");
	client_token(c, advisor.token);
	EXPECT(200, client_call(c, "PUT", "/advisors/me/status", "{\"status\":\"ONLINE\"}"));
	TEXT("status", "ONLINE");
	EXPECT(422, client_call(c, "PUT", "/advisors/me/status", "{\"status\":\"BUSY\"}"));
	TEXT("details.field", "status");
}

static void
a_user_may_apply_too(void)
{
	struct person user = person_register("USER");

	client_token(c, user.token);
	EXPECT(200, client_call(c, "POST", "/advisors/apply", PROFILE));
	TEXT("state", "PENDING");
}

static void
each_role_has_its_routes(void)
{
	struct person user = person_register("USER"), admin = person_admin();
	static const char *const own_routes[][3] = {
		{ "GET", "/advisors/me", NULL },
		{ "PATCH", "/advisors/me", "{}" },
		{ "PUT", "/advisors/me/status", "{\"status\":\"ONLINE\"}" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(own_routes); i++) {
		client_token(c, NULL);
		EXPECT(401, client_call(c, own_routes[i][0], own_routes[i][1], own_routes[i][2]));
		client_token(c, user.token);
		EXPECT(403, client_call(c, own_routes[i][0], own_routes[i][1], own_routes[i][2]));
		client_token(c, admin.token);
		EXPECT(403, client_call(c, own_routes[i][0], own_routes[i][1], own_routes[i][2]));
		TEXT("error", "forbidden");
	}
	EXPECT(403, client_call(c, "POST", "/advisors/apply", PROFILE));
	client_token(c, NULL);
	EXPECT(401, client_call(c, "POST", "/advisors/apply", PROFILE));
	client_token(c, "not.a.token");
	EXPECT(401, client_call(c, "GET", "/advisors", NULL));
}

static void
the_profile_is_edited_under_its_etag(void)
{
	struct person advisor = person_advisor();
	char etag[32];

	client_token(c, advisor.token);
	EXPECT(200, client_call(c, "GET", "/advisors/me", NULL));
	(void)snprintf(etag, sizeof(etag), "If-Match: %s", client_reply_header(c, "ETag"));
	EXPECT(428, client_call(c, "PATCH", "/advisors/me", RATE("1")));
	client_header(c, etag);
	EXPECT(200, client_call(c, "PATCH", "/advisors/me", RATE("4200")));
	TEXT("rate.amount_minor", "4200");
	TEXT("rate.currency", "INR");
	client_header(c, etag);
	EXPECT(412, client_call(c, "PATCH", "/advisors/me", RATE("1")));
	client_header(c, "If-Match: *");
	EXPECT(422, client_call(c, "PATCH", "/advisors/me", "{\"state\":\"APPROVED\"}"));
	TEXT("details.field", "state");
	client_header(c, "If-Match: *");
	EXPECT(422,
	    client_call(c, "PATCH", "/advisors/me", "{\"specializations\":[\"tarot\",\"piracy\"]}"));
	TEXT("details.field", "specializations.1");
	client_header(c, "If-Match: *");
	EXPECT(422, client_call(c, "PATCH", "/advisors/me", "{\"latitude\":5}"));
	TEXT("details.field", "latitude");
}

/* An amount is whole, or it is not there: a price never meets the currency of another one. */
static void
a_rate_is_one_amount(void)
{
	static const char *const bad[][2] = {
		{ "2500", "rate" },
		{ "null", "rate" },
		{ "{}", "rate.amount_minor" },
		{ "{\"currency\":\"EUR\"}", "rate.amount_minor" },
		{ "{\"amount_minor\":1}", "rate.currency" },
		{ "{\"amount_minor\":-1,\"currency\":\"INR\"}", "rate.amount_minor" },
		{ "{\"amount_minor\":100000001,\"currency\":\"INR\"}", "rate.amount_minor" },
		{ "{\"amount_minor\":2.5,\"currency\":\"INR\"}", "rate.amount_minor" },
		{ "{\"amount_minor\":1,\"currency\":\"rupee\"}", "rate.currency" },
		{ "{\"amount_minor\":1,\"currency\":\"INR\",\"unit\":\"minute\"}", "rate.unit" },
	};
	char body[200];
	size_t i;

	client_token(c, person_advisor().token);
	for (i = 0; i < COUNT_OF(bad); i++) {
		(void)snprintf(body, sizeof(body), "{\"rate\":%s}", bad[i][0]);
		client_header(c, "If-Match: *");
		EXPECT(422, client_call(c, "PATCH", "/advisors/me", body));
		TEXT("details.field", bad[i][1]);
	}
	client_header(c, "If-Match: *");
	EXPECT(422,
	    client_call(c, "PATCH", "/advisors/me", "{\"rate_minor\":1,\"currency\":\"INR\"}"));
	TEXT("details.field", "rate_minor");
	client_header(c, "If-Match: *");
	EXPECT(200,
	    client_call(c, "PATCH", "/advisors/me",
		"{\"rate\":{\"amount_minor\":7,\"currency\":\"COIN\"}}"));
	TEXT("rate.currency", "COIN");
}

/* What was checked is what is stored: 1e-400 is 0 to a double and out of range to PostgreSQL. */
static void
numbers_are_stored_as_they_were_checked(void)
{
	static const char *const out_of_range[] = { "1e-400", "-1e-400", "1e-16400", "1e400",
		"5e-324" };
	static const char *const pairs[][2] = { { "-0.0", "0" }, { "0e9999", "0" },
		{ "12.970000000000000000000000001", "12.97" } };
	char body[200];
	size_t i;

	client_token(c, person_advisor().token);
	for (i = 0; i < COUNT_OF(out_of_range); i++) {
		(void)snprintf(
		    body, sizeof(body), "{\"latitude\":%s,\"longitude\":1}", out_of_range[i]);
		client_header(c, "If-Match: *");
		EXPECT(400, client_call(c, "PATCH", "/advisors/me", body));
		TEXT("details.field", "latitude");
	}
	for (i = 0; i < COUNT_OF(pairs); i++) {
		(void)snprintf(body, sizeof(body), "{\"latitude\":%s,\"longitude\":1}", pairs[i][0]);
		client_header(c, "If-Match: *");
		EXPECT(200, client_call(c, "PATCH", "/advisors/me", body));
		TEXT("latitude", pairs[i][1]);
	}
}

static void
the_detail_is_not_sent_again_while_it_is_the_same(void)
{
	const char *id = testdb_advisor();
	char etag[64];

	client_token(c, NULL);
	EXPECT(200, client_callf(c, "GET", NULL, "/advisors/%s", id));
	(void)snprintf(etag, sizeof(etag), "If-None-Match: %s", client_reply_header(c, "ETag"));
	client_header(c, etag);
	EXPECT(304, client_callf(c, "GET", NULL, "/advisors/%s", id));
	CU_ASSERT_STRING_EQUAL(client_body(c), "");
	testdb_run("UPDATE advisor SET online = false WHERE id = $1", id);
	client_header(c, etag);
	EXPECT(200, client_callf(c, "GET", NULL, "/advisors/%s", id));
	TEXT("status", "OFFLINE");
}

static size_t
found(const char *filter)
{
	EXPECT(200, client_callf(c, "GET", NULL, "/advisors?currency=%s&limit=100%s", own, filter));
	return client_count(c, "items");
}

static void
filters_narrow_and_combine(void)
{
	client_token(c, NULL);
	CU_ASSERT_EQUAL(found(""), CROWD);
	CU_ASSERT_EQUAL(found("&price_max_minor=0"), 3);
	CU_ASSERT_EQUAL(found("&price_max_minor=100"), 6);
	CU_ASSERT_EQUAL(found("&rating_min=4"), 7);
	CU_ASSERT_EQUAL(found("&rating_min=4.01"), 0);
	CU_ASSERT_EQUAL(found("&language=en&specialization=dating"), CROWD);
	CU_ASSERT_EQUAL(found("&language=fr"), 0);
	CU_ASSERT_EQUAL(found("&status=ONLINE"), 5);
	CU_ASSERT_EQUAL(found("&status=BUSY"), 0);
	CU_ASSERT_EQUAL(found("&q=listen"), CROWD);
	CU_ASSERT_EQUAL(found("&q=listens+-first"), 0);
	CU_ASSERT_EQUAL(found("&near=0.5,7&radius_km=60"), 2);
	CU_ASSERT_EQUAL(found("&near=0.5,7&radius_km=120&price_max_minor=0"), 2);
	TEXT("items.0.distance_km", "0");
}

/* Every page of an order, three at a time: all of the crowd, each once, keys in order. */
static void
walk(const char *sort, const char *key, int direction)
{
	char next[600] = "", seen[CROWD + 3][37];
	size_t total = 0, pages, i, j;
	double last = 0;

	/* A page that is no list has no next_cursor: it ends the walk as the last page does. */
	for (pages = 0; pages < CROWD && strcmp(next, "null") != 0; pages++) {
		EXPECT(200,
		    client_callf(c, "GET", NULL,
			"/advisors?currency=%s&near=0.5,7&sort=%s&limit=3%s%s", own, sort,
			next[0] != '\0' ? "&cursor=" : "", next));
		for (i = 0; i < client_count(c, "items") && total < CROWD + 3; i++, total++) {
			char path[64];
			double value;

			(void)snprintf(path, sizeof(path), "items.%zu.id", i);
			(void)snprintf(seen[total], sizeof(seen[0]), "%s", client_text(c, path));
			(void)snprintf(path, sizeof(path), "items.%zu.%s", i, key);
			value = strtod(client_text(c, path), NULL);
			CU_ASSERT(total == 0 || direction * value >= direction * last);
			last = value;
			for (j = 0; j < total; j++)
				CU_ASSERT_STRING_NOT_EQUAL(seen[j], seen[total]);
		}
		(void)snprintf(next, sizeof(next), "%s", client_text(c, "next_cursor"));
		if (next[0] == '\0')
			break;
	}
	CU_ASSERT_EQUAL(total, CROWD);
}

static void
every_order_pages_without_gaps_or_repeats(void)
{
	client_token(c, NULL);
	walk("price", "rate.amount_minor", 1);
	walk("experience", "experience_years", -1);
	walk("distance", "distance_km", 1);
	/* All averages are 4, the prior too: the score is the same and the id decides. */
	walk("top_rated", "rating_average", 0);
}

static void
rules_between_filters_name_the_field(void)
{
	static const char *const bad[][2] = {
		{ "sort=distance", "near" },
		{ "radius_km=5", "near" },
		{ "near=91,0", "near" },
		{ "near=here", "near" },
		{ "price_max_minor=100", "currency" },
		{ "price_max=100&currency=INR", "price_max" },
		{ "currency=rupee", "currency" },
		{ "currency=inr", "currency" },
		{ "sort=luck", "sort" },
		{ "rating_min=6", "rating_min" },
		{ "limit=0", "limit" },
		{ "limit=101", "limit" },
		{ "colour=red", "colour" },
		{ "q=", "" },
	};
	size_t i;

	client_token(c, NULL);
	for (i = 0; i < COUNT_OF(bad); i++) {
		int status = client_callf(c, "GET", NULL, "/advisors?%s", bad[i][0]);

		CU_ASSERT_EQUAL(status, bad[i][1][0] != '\0' ? 422 : 200);
		TEXT("details.field", bad[i][1]);
	}
}

static void
blocked_people_are_hidden_from_the_signed_in(void)
{
	struct person user = person_register("USER");

	client_token(c, user.token);
	CU_ASSERT_EQUAL(found(""), CROWD);
	EXPECT(204, client_callf(c, "PUT", NULL, "/users/me/blocks/%s", crowd[0]));
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", crowd[1], user.id);
	CU_ASSERT_EQUAL(found(""), CROWD - 2);
	EXPECT(404, client_callf(c, "GET", NULL, "/advisors/%s", crowd[0]));
	EXPECT(404, client_callf(c, "GET", NULL, "/advisors/%s", crowd[1]));
	EXPECT(404, client_callf(c, "GET", NULL, "/advisors/%s/ratings", crowd[1]));
	client_token(c, NULL);
	EXPECT(200, client_callf(c, "GET", NULL, "/advisors/%s", crowd[0]));
}

static void
ratings_are_listed_with_first_names(void)
{
	const char *id = testdb_advisor(), *user = testdb_user("USER");
	int i;

	for (i = 0; i < 3; i++)
		testdb_run("WITH k AS (INSERT INTO conversation (id, kind)"
			   " VALUES (gen_random_uuid(), 'SESSION') RETURNING id),"
			   " s AS (INSERT INTO session (id, type, state, user_id, advisor_id,"
			   " conversation_id, expires_at) SELECT gen_random_uuid(), 'CHAT', 'ENDED',"
			   " $1::uuid, $2::uuid, id, app_now() FROM k RETURNING id)"
			   " INSERT INTO rating (id, session_id, user_id, advisor_id, stars, review)"
			   " SELECT gen_random_uuid(), id, $1::uuid, $2::uuid, 5, 'Kind' FROM s",
		    user, id);
	client_token(c, NULL);
	EXPECT(200, client_callf(c, "GET", NULL, "/advisors/%s/ratings?limit=2", id));
	CU_ASSERT_EQUAL(client_count(c, "items"), 2);
	TEXT("items.0.reviewer", "Test");
	TEXT("items.0.review", "Kind");
	EXPECT(200,
	    client_callf(c, "GET", NULL, "/advisors/%s/ratings?limit=2&cursor=%s", id,
		client_text(c, "next_cursor")));
	CU_ASSERT_EQUAL(client_count(c, "items"), 1);
	EXPECT(200, client_callf(c, "GET", NULL, "/advisors/%s", id));
	TEXT("rating_average", "5.00");
	TEXT("rating_count", "3");
}

static void
subjects_may_be_cached(void)
{
	client_token(c, NULL);
	EXPECT(200, client_call(c, "GET", "/specializations", NULL));
	CU_ASSERT(client_count(c, "items") > 5);
	CU_ASSERT_PTR_NOT_NULL(strstr(client_body(c), "\"slug\":\"dating\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(client_reply_header(c, "Cache-Control"), "public"));
	CU_ASSERT_PTR_NOT_NULL(strstr(client_reply_header(c, "Vary"), "Accept-Language"));
}

static const struct cunit_test tests[] = {
	{ "an application is listed only when approved",
	    an_application_is_listed_only_when_approved },
	{ "a user may apply too", a_user_may_apply_too },
	{ "each role has its routes", each_role_has_its_routes },
	{ "the profile is edited under its ETag", the_profile_is_edited_under_its_etag },
	{ "a rate is one amount", a_rate_is_one_amount },
	{ "numbers are stored as they were checked", numbers_are_stored_as_they_were_checked },
	{ "the detail is not sent again while it is the same",
	    the_detail_is_not_sent_again_while_it_is_the_same },
	{ "a crowd of advisors is made", crowd_make },
	{ "filters narrow and combine", filters_narrow_and_combine },
	{ "every order pages without gaps or repeats", every_order_pages_without_gaps_or_repeats },
	{ "rules between filters name the field", rules_between_filters_name_the_field },
	{ "blocked people are hidden from the signed-in",
	    blocked_people_are_hidden_from_the_signed_in },
	{ "ratings are listed with first names", ratings_are_listed_with_first_names },
	{ "subjects may be cached", subjects_may_be_cached },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	c = client_new();
	status = cunit_run("advisors", tests);
	client_free(c);
	return status;
}
