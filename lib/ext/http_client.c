#include "ext/http_client.h"

#include "base/buf.h"
#include "ext/transfer.h"

static size_t
take(char *bytes, size_t size, size_t count, void *arg)
{
	struct buf *body = arg;

	buf_add(body, bytes, size * count);
	return body->over ? 0 : size * count;
}

char *
http_header_safe(struct arena *arena, const char *text)
{
	char *safe = arena_strdup(arena, text), *at;

	for (at = safe; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	return safe;
}

static void
ask_for(struct arena *arena, CURL *handle, const struct http_call *call, struct buf *body)
{
	(void)curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call->body);
	(void)curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)strlen(call->body));
	(void)curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer_list(arena, call->headers));
	(void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
	(void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, body);
	if (call->user == NULL)
		return;
	(void)curl_easy_setopt(handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	(void)curl_easy_setopt(handle, CURLOPT_USERNAME, call->user);
	(void)curl_easy_setopt(handle, CURLOPT_PASSWORD, call->password);
}

enum err
http_post(
    struct arena *arena, const struct http_call *call, struct http_answer *answer, const char **why)
{
	struct buf body = buf_new_bounded(arena, 1024, HTTP_ANSWER_MAX);
	curl_off_t wait_s = 0;
	long status = 0;
	CURL *handle;
	CURLcode code;

	*why = "it is not asked by TLS";
	TRY(transfer_new(arena, call->url, "https", "http", HTTP_TOTAL_MS, &handle));
	ask_for(arena, handle, call, &body);
	code = curl_easy_perform(handle);
	if (code != CURLE_OK) {
		*why = body.over ? "its answer is too long" : curl_easy_strerror(code);
		return ERR_UNAVAILABLE;
	}
	(void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &wait_s);
	*answer = (struct http_answer){ (int)status, body.data, wait_s > 0 ? (int64_t)wait_s : 0 };
	return ERR_OK;
}
