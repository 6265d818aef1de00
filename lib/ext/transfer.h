/*
 * A libcurl handle with the limits that every call to the outside has: TLS with a checked certificate, or none to this
 * machine itself (stand-ins, a relay beside us); no redirects, no proxy of the environment, no signals, 3 s to connect,
 * and an end to all of it.
 */
#ifndef EXT_TRANSFER_H
#define EXT_TRANSFER_H

#include "base/arena.h"
#include "base/err.h"

#include <curl/curl.h>

/* Does the URL lead to this machine: localhost, 127.0.0.1 or ::1? False also for what is no URL. */
bool url_is_loopback(const char *url);
/*
 * A handle for the URL, which the arena frees. secure is the scheme it must have ("https"), plain the one that it may
 * have when it leads to this machine.
 *	ERR_UNAVAILABLE	it is no such URL, which was logged
 */
MUST_CHECK enum err transfer_new(struct arena *, const char *url, const char *secure,
    const char *plain, long total_ms, CURL **handle);
/* Tie a list to the arena; NULL aborts: there was no memory. */
struct curl_slist *transfer_list(struct arena *, const char *const *lines);

#endif
