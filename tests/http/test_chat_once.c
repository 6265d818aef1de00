/* A thousand messages, each sent three times at once: each is stored once and every reply says the same. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 1000, TIMES = 3, AT_ONCE = 24, REPLY_MAX = 1024 };

/* One sending and its reply. */
struct sending {
	int number;
	char body[96], reply[REPLY_MAX];
	size_t len;
};

static size_t
take_reply(char *bytes, size_t size, size_t count, void *arg)
{
	struct sending *sending = arg;
	size_t len = size * count;

	if (sending->len + len >= REPLY_MAX)
		return 0;
	memcpy(sending->reply + sending->len, bytes, len);
	sending->len += len;
	sending->reply[sending->len] = '\0';
	return len;
}

static CURL *
start(CURLM *multi, struct sending *sending, const char *url, struct curl_slist *headers)
{
	CURL *curl = curl_easy_init();

	CU_ASSERT_PTR_NOT_NULL_FATAL(curl);
	(void)snprintf(sending->body, sizeof(sending->body),
	    "{\"client_id\":\"c-%d\",\"body\":\"Number %d\"}", sending->number, sending->number);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sending->body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, sending);
	(void)curl_easy_setopt(curl, CURLOPT_PRIVATE, sending);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	CU_ASSERT_EQUAL_FATAL(curl_multi_add_handle(multi, curl), CURLM_OK);
	return curl;
}

/* What the replies said. */
struct tally {
	int created, repeated;
	int64_t seqs[MESSAGES]; /* by number of the message; 0: no reply yet */
};

static void
count_reply(struct tally *tally, const struct sending *sending, long status)
{
	struct json_object *json = json_tokener_parse(sending->reply);
	int64_t seq = json_object_get_int64(json_object_object_get(json, "seq"));

	tally->created += status == 201;
	tally->repeated += status == 200;
	CU_ASSERT(seq > 0);
	CU_ASSERT(tally->seqs[sending->number] == 0 || tally->seqs[sending->number] == seq);
	tally->seqs[sending->number] = seq;
	(void)json_object_put(json);
}

/* How many have ended just now. */
static int
take_ended(CURLM *multi, struct tally *tally)
{
	struct sending *sending;
	CURLMsg *message;
	CURL *curl;
	int left, ended = 0;
	long status;

	while ((message = curl_multi_info_read(multi, &left)) != NULL) {
		curl = message->easy_handle;
		CU_ASSERT_EQUAL_FATAL(message->data.result, CURLE_OK);
		(void)curl_easy_getinfo(curl, CURLINFO_PRIVATE, &sending);
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		count_reply(tally, sending, status);
		(void)curl_multi_remove_handle(multi, curl);
		curl_easy_cleanup(curl);
		free(sending);
		ended++;
	}
	return ended;
}

/* The three sendings of a message follow each other, so they are under way together. */
static void
send_all(const char *url, struct curl_slist *headers, struct tally *tally)
{
	CURLM *multi = curl_multi_init();
	int begun = 0, ended = 0, running, ready;

	CU_ASSERT_PTR_NOT_NULL_FATAL(multi);
	while (ended < MESSAGES * TIMES) {
		for (; begun < MESSAGES * TIMES && begun - ended < AT_ONCE; begun++) {
			struct sending *sending = calloc(1, sizeof(*sending));

			CU_ASSERT_PTR_NOT_NULL_FATAL(sending);
			sending->number = begun / TIMES;
			(void)start(multi, sending, url, headers);
		}
		(void)curl_multi_perform(multi, &running);
		ended += take_ended(multi, tally);
		if (running > 0)
			(void)curl_multi_poll(multi, NULL, 0, 1000, &ready);
	}
	(void)curl_multi_cleanup(multi);
}

static void
a_message_sent_three_times_at_once_is_stored_once(void)
{
	static struct tally tally;
	struct person person = person_register("USER"), other = person_advisor();
	struct client *user = client_new();
	char place[37], url[256], header[2100], ask[128];
	struct curl_slist *headers;

	client_token(user, person.token);
	(void)snprintf(ask, sizeof(ask), "{\"advisor_id\":\"%s\"}", other.id);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", ask), 201);
	(void)snprintf(place, sizeof(place), "%s", client_text(user, "conversation_id"));
	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s", person.token);
	(void)snprintf(
	    url, sizeof(url), "%s/api/v1/conversations/%s/messages", getenv("BASE_URL"), place);
	headers = curl_slist_append(NULL, header);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	send_all(url, headers, &tally);
	curl_slist_free_all(headers);
	CU_ASSERT_EQUAL(tally.created, MESSAGES);
	CU_ASSERT_EQUAL(tally.repeated, MESSAGES * (TIMES - 1));
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM message WHERE conversation_id = $1"
				   " AND sender_id = $2",
			    place, person.id),
	    MESSAGES);
	CU_ASSERT_EQUAL(testdb_i64("SELECT max(seq) - count(*) FROM message"
				   " WHERE conversation_id = $1",
			    place),
	    0);
	client_free(user);
}

static const struct cunit_test tests[] = {
	{ "a message sent three times at once is stored once",
	    a_message_sent_three_times_at_once_is_stored_once },
	{ 0 },
};

int
main(void)
{
	return cunit_run("chat once", tests);
}
