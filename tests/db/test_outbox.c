/* The outbox: a letter leaves if and only if its transaction was committed, and what it said is nobody else's. */
#include "domain/system/outbox.h"
#include "domain/system/job_admin.h"
#include "domain/system/prune.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/stack.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KILLED = 137, LETTERS = 20, CLAIMERS = 2 };

#define CODE "48151623"
static const char phone[] = "+919876543210";

static const struct stmt_set *const sets[] = { &job_stmts, &job_admin_stmts, &audit_stmts,
	&outbox_stmts, &prune_stmts, NULL };
static const struct job_kind *const kinds[] = { &outbox_job, NULL };
static struct conf conf = { .environment = "development",
	.site_name = "Test & Sons",
	.base_url = "http://127.0.0.1",
	.run_dir = "/nonexistent",
	.sms_provider = "outbox",
	.mail_provider = "outbox",
	.mail_from = "",
	.field_keys = "k1:0123456789abcdef0123456789abcdef" };
static struct db *db;
static struct arena *catalogues;
static struct outbox_means means = { .conf = &conf };

static char *
html(struct arena *arena, const struct conf *own, const struct words *words)
{
	(void)own;
	return arena_strdup(arena, words->text);
}

static struct db *
door(void)
{
	if (db == NULL) {
		struct wording *wording;

		stack_own();
		catalogues = arena_new(16 * 1024 * 1024);
		CU_ASSERT_EQUAL_FATAL(
		    wording_load(catalogues, "templates/locale", &wording), ERR_OK);
		means.wording = wording;
		means.html = html;
		outbox_means_set(&means);
		db = testdb_open(sets);
		testdb_run("DELETE FROM job");
	}
	return db;
}

static const char *const code_values[] = { "code", CODE, "minutes", "10", NULL };

struct adding {
	struct letter letter;
	enum err end; /* of its transaction */
	const char *id;
};

static enum err
add_in_tx(struct db *own, void *arg)
{
	struct adding *adding = arg;

	TRY(outbox_add(own, &conf, &adding->letter, &adding->id));
	return adding->end;
}

/* A code by SMS, in that language; its id. */
static const char *
code_sms(const char *locale)
{
	struct adding adding = { { LETTER_CODE, LETTER_SMS, phone, NULL, NULL, locale, code_values },
		ERR_OK, NULL };

	CU_ASSERT_EQUAL_FATAL(db_tx(door(), add_in_tx, &adding), ERR_OK);
	return adding.id;
}

/* The next job; what came of it. */
static enum err
work(struct db *own)
{
	struct job job;

	TRY(job_claim(own, kinds, &job));
	return job_run(own, &job, &outbox_job);
}

static const char *
state_of(const char *id)
{
	return testdb_text("SELECT state || ' ' || error FROM outbox WHERE id = $1", id);
}

static const char *
said(const char *id)
{
	const char *subject, *text;

	CU_ASSERT_EQUAL_FATAL(outbox_said(door(), &conf, id, &subject, &text), ERR_OK);
	return text != NULL ? text : "";
}

static void
what_is_rolled_back_does_not_leave(void)
{
	struct adding adding = { { LETTER_CODE, LETTER_SMS, phone, NULL, NULL, "en", code_values },
		ERR_CONFLICT, NULL };
	int64_t calls;

	CU_ASSERT_EQUAL(db_tx(door(), add_in_tx, &adding), ERR_CONFLICT);
	calls = stack_calls();
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM outbox WHERE id = $1", adding.id), 0);
	CU_ASSERT_EQUAL(work(door()), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(stack_calls(), calls);
}

static void
what_is_committed_leaves_once_and_is_sealed(void)
{
	const char *id = code_sms("en"), *row;
	int64_t calls = stack_calls();

	row = testdb_text("SELECT o::text || j::text FROM outbox o JOIN job j ON j.key = o.id::text"
			  " WHERE o.id = $1",
	    id);
	CU_ASSERT_PTR_NULL(strstr(row, CODE));
	CU_ASSERT_PTR_NULL(strstr(row, phone + 4));
	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	CU_ASSERT_EQUAL(work(door()), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL_FATAL(stack_calls(), calls + 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(stack_call(calls + 1), CODE " is your Test & Sons code"));
	CU_ASSERT_STRING_EQUAL(state_of(id), "SENT ");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT recipient_masked || ' ' || segments || ' ' || provider"
			" FROM outbox WHERE id = $1",
		id),
	    "+91*****10 1 outbox");
	CU_ASSERT_PTR_NOT_NULL(strstr(said(id), CODE));
	row = testdb_text("SELECT o::text FROM outbox o WHERE id = $1", id);
	CU_ASSERT_PTR_NULL(strstr(row, CODE));
}

static void
in_production_nothing_of_it_is_kept(void)
{
	const char *id = code_sms("en");

	conf.environment = "production";
	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "SENT ");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT coalesce(content_sealed, 'none') FROM outbox WHERE id = $1", id),
	    "none");
	CU_ASSERT_STRING_EQUAL(said(id), "");
	conf.environment = "development";
	/* Nor is what was kept in development shown after that. */
	id = code_sms("en");
	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	conf.environment = "production";
	CU_ASSERT_STRING_EQUAL(said(id), "");
	conf.environment = "development";
}

static void
each_reads_their_own_language(void)
{
	const char *hindi, *swahili;

	(void)wording_missed();
	hindi = code_sms("hi-IN");
	swahili = code_sms("sw");
	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(said(hindi), "कोड"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said(swahili), "is your"));
	CU_ASSERT_EQUAL(wording_missed(), 1);
	CU_ASSERT_EQUAL(testdb_i64("SELECT segments FROM outbox WHERE id = $1", hindi), 2);
}

static int
drain(struct db *own, int racer, void *arg)
{
	enum err err;

	(void)racer;
	(void)arg;
	while ((err = work(own)) == ERR_OK)
		continue;
	return err == ERR_NOT_FOUND ? 0 : 1;
}

/* Workers die between the provider's acceptance and the commit: these letters leave twice, the others once, none not
 * at all. */
static void
a_killed_worker_sends_once_or_twice_and_never_not_at_all(void)
{
	struct race race = { sets, drain, NULL, NULL };
	int statuses[CLAIMERS], i;
	int64_t calls, count;

	for (i = 0; i < LETTERS; i++)
		(void)code_sms("en");
	calls = stack_calls();
	fail_arm("outbox.accepted", "crash nth=3 times=2");
	race_run(&race, CLAIMERS, statuses);
	fail_release("outbox.accepted");
	CU_ASSERT_EQUAL(race_count(statuses, CLAIMERS, KILLED), CLAIMERS);
	testdb_run(
	    "UPDATE job SET lease_until = app_now() - interval '1 second' WHERE state = 'RUNNING'");
	CU_ASSERT_EQUAL(job_lost(door(), &count), ERR_OK);
	CU_ASSERT_EQUAL(count, CLAIMERS);
	testdb_run("UPDATE job SET run_at = app_now() - interval '1 second' WHERE state = 'READY'");
	CU_ASSERT_EQUAL(drain(door(), 0, NULL), 0);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM outbox WHERE state = 'QUEUED'"), 0);
	CU_ASSERT_EQUAL(stack_calls() - calls, LETTERS + CLAIMERS);
}

static void
a_letter_that_outlived_its_use_is_not_sent(void)
{
	const char *id = code_sms("en");
	int64_t calls = stack_calls();

	testdb_run("UPDATE outbox SET expires_at = app_now() WHERE id = $1", id);
	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	CU_ASSERT_EQUAL(stack_calls(), calls);
	CU_ASSERT_STRING_EQUAL(state_of(id), "FAILED expired before it could be sent");
}

/* Whatever ended its last try: the row goes with the job, and comes back with it. */
static void
given_up_it_has_failed_and_tried_anew_it_waits(void)
{
	const char *id = code_sms("en");

	testdb_run(
	    "UPDATE job SET state = 'DEAD', done_at = app_now(), last_error = 'killed: signal 9'"
	    " WHERE key = $1",
	    id);
	CU_ASSERT_STRING_EQUAL(state_of(id), "FAILED killed: signal 9");
	testdb_run("UPDATE job SET state = 'READY', done_at = NULL WHERE key = $1", id);
	CU_ASSERT_STRING_EQUAL(state_of(id), "QUEUED killed: signal 9");
	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "SENT ");
}

static enum err
report(const char *id, const char *ref, bool delivered)
{
	return outbox_report(door(), id, ref, delivered, delivered ? NULL : "30003", NULL);
}

static void
its_fate_is_told_once(void)
{
	const char *id = code_sms("en"), *early = code_sms("en");
	bool known;

	CU_ASSERT_EQUAL(work(door()), ERR_OK);
	testdb_run("UPDATE outbox SET provider_ref = 'SM1' WHERE id = $1", id);
	CU_ASSERT_EQUAL(report(id, "SM2", false), ERR_OK); /* another hand-over of it */
	CU_ASSERT_STRING_EQUAL(state_of(id), "SENT ");
	CU_ASSERT_EQUAL(report(id, "SM1", true), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "DELIVERED ");
	CU_ASSERT_EQUAL(report(id, "SM1", false), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(id), "DELIVERED ");
	/* Before our own commit. */
	CU_ASSERT_EQUAL(report(early, "SM3", false), ERR_OK);
	CU_ASSERT_STRING_EQUAL(state_of(early), "FAILED 30003");
	CU_ASSERT_EQUAL(
	    outbox_report(door(), "00000000-0000-7000-8000-000000000000", "SM1", true, NULL, &known),
	    ERR_OK);
	CU_ASSERT_FALSE(known);
	CU_ASSERT_EQUAL(drain(door(), 0, NULL), 0);
}

static void
masks_hide_most_of_an_address(void)
{
	struct arena *arena = db_arena(door());

	CU_ASSERT_STRING_EQUAL(outbox_mask(arena, LETTER_SMS, phone), "+91*****10");
	CU_ASSERT_STRING_EQUAL(outbox_mask(arena, LETTER_SMS, "+1234"), "***");
	CU_ASSERT_STRING_EQUAL(
	    outbox_mask(arena, LETTER_EMAIL, "asha@example.test"), "a***@example.test");
	CU_ASSERT_STRING_EQUAL(outbox_mask(arena, LETTER_EMAIL, "é@x.test"), "é***@x.test");
	CU_ASSERT_STRING_EQUAL(outbox_mask(arena, LETTER_EMAIL, "@x.test"), "***@x.test");
}

static void
addresses_are_forgotten_after_days_and_rows_after_months(void)
{
	const char *week = code_sms("en"), *quarter = code_sms("en"), *young = code_sms("en");
	static const char sealed[] = "SELECT count(recipient_sealed) + count(content_sealed)"
				     " FROM outbox WHERE id = $1";
	int64_t count;

	testdb_run(
	    "UPDATE outbox SET created_at = app_now() - interval '8 days' WHERE id = $1", week);
	testdb_run(
	    "UPDATE outbox SET created_at = app_now() - interval '91 days' WHERE id = $1", quarter);
	CU_ASSERT_EQUAL(prune_run(door(), 7, &count), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64(sealed, week), 0);
	CU_ASSERT_EQUAL(testdb_i64(sealed, young), 2);
	CU_ASSERT_STRING_EQUAL(state_of(quarter), "");
	/* Its job has nothing to do any more. */
	CU_ASSERT_EQUAL(drain(door(), 0, NULL), 0);
	CU_ASSERT_STRING_EQUAL(state_of(young), "SENT ");
}

static const struct cunit_test tests[] = {
	{ "what is rolled back does not leave", what_is_rolled_back_does_not_leave },
	{ "what is committed leaves once and is sealed",
	    what_is_committed_leaves_once_and_is_sealed },
	{ "in production nothing of it is kept", in_production_nothing_of_it_is_kept },
	{ "each reads their own language", each_reads_their_own_language },
	{ "a killed worker sends once or twice, and never not at all",
	    a_killed_worker_sends_once_or_twice_and_never_not_at_all },
	{ "a letter that outlived its use is not sent", a_letter_that_outlived_its_use_is_not_sent },
	{ "given up it has failed, and tried anew it waits",
	    given_up_it_has_failed_and_tried_anew_it_waits },
	{ "its fate is told once", its_fate_is_told_once },
	{ "masks hide most of an address", masks_hide_most_of_an_address },
	{ "addresses are forgotten after days, and rows after months",
	    addresses_are_forgotten_after_days_and_rows_after_months },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("outbox", tests);

	if (db != NULL)
		testdb_close(db);
	arena_free(catalogues);
	return status;
}
