#include "ext/transfer.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 3000 };

static void
handle_free(void *handle)
{
	curl_easy_cleanup(handle);
}

static void
list_free(void *list)
{
	curl_slist_free_all(list);
}

/* The part of the URL, in text; false: there is none, or it is too long. */
static bool
url_part(const char *url, CURLUPart part, char text[], size_t size)
{
	CURLU *parsed = curl_url();
	char *value = NULL;
	bool found;

	found = parsed != NULL &&
	    curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(parsed, part, &value, 0) == CURLUE_OK && strlen(value) < size;
	if (found)
		memcpy(text, value, strlen(value) + 1);
	curl_free(value);
	curl_url_cleanup(parsed);
	return found;
}

bool
url_is_loopback(const char *url)
{
	char host[256];

	return url_part(url, CURLUPART_HOST, host, sizeof(host)) &&
	    (strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0 ||
		strcmp(host, "localhost") == 0);
}

enum err
transfer_new(struct arena *arena, const char *url, const char *secure, const char *plain,
    long total_ms, CURL **made)
{
	char scheme[16];
	CURL *handle;

	if (!url_part(url, CURLUPART_SCHEME, scheme, sizeof(scheme)) ||
	    (strcmp(scheme, secure) != 0 && (strcmp(scheme, plain) != 0 || !url_is_loopback(url)))) {
		log_error("an outside service must be asked by TLS", LOG_STR("scheme", secure));
		return ERR_UNAVAILABLE;
	}
	handle = curl_easy_init();
	if (handle == NULL)
		abort();
	arena_defer(arena, handle_free, handle);
	(void)curl_easy_setopt(handle, CURLOPT_URL, url);
	(void)curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, scheme);
	(void)curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(handle, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	(void)curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, total_ms);
	*made = handle;
	return ERR_OK;
}

struct curl_slist *
transfer_list(struct arena *arena, const char *const *lines)
{
	struct curl_slist *list = NULL, *longer;

	for (; *lines != NULL; lines++, list = longer) {
		longer = curl_slist_append(list, *lines);
		if (longer == NULL)
			abort();
	}
	if (list != NULL)
		arena_defer(arena, list_free, list);
	return list;
}
