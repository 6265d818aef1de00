/*
 * The threads that send replies: that may wait for nginx to take them, which the loop must not. A finished
 * reply passes to them whole, the connection included; nothing else is shared.
 */
#include "live/hub_int.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A reply on its way out. */
struct answer {
	struct answer *next;
	struct http *http;
	size_t len;
	char bytes[];
};

struct replier {
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t some;
	struct answer *first, **last;
	bool stopping;
	pthread_t threads[REPLY_THREADS];
};

/* The next reply; NULL when there is nothing left and the replier stops. */
static struct answer *
answer_take(struct replier *replier)
{
	struct answer *answer;

	(void)pthread_mutex_lock(&replier->lock);
	while (replier->first == NULL && !replier->stopping)
		(void)pthread_cond_wait(&replier->some, &replier->lock);
	answer = replier->first;
	if (answer != NULL && (replier->first = answer->next) == NULL)
		replier->last = &replier->first;
	(void)pthread_mutex_unlock(&replier->lock);
	return answer;
}

static void *
replier_run(void *arg)
{
	struct replier *replier = arg;
	struct answer *answer;

	while ((answer = answer_take(replier)) != NULL) {
		http_reply(answer->http, answer->bytes, answer->len);
		free(answer->http);
		free(answer);
	}
	return NULL;
}

struct replier *
replier_start(void)
{
	struct replier *replier = calloc(1, sizeof(*replier));
	sigset_t all, before;
	size_t i;

	if (replier == NULL)
		abort();
	(void)pthread_mutex_init(&replier->lock, NULL);
	(void)pthread_cond_init(&replier->some, NULL);
	replier->last = &replier->first;
	/* Signals are for the loop: it must wake from them. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	for (i = 0; i < REPLY_THREADS; i++)
		if (pthread_create(&replier->threads[i], NULL, replier_run, replier) != 0)
			abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return replier;
}

void
replier_send(struct replier *replier, struct http *http, const char *bytes, size_t len)
{
	struct answer *answer = malloc(sizeof(*answer) + len);

	if (answer == NULL)
		abort();
	answer->next = NULL;
	answer->http = http;
	answer->len = len;
	memcpy(answer->bytes, bytes, len);
	(void)pthread_mutex_lock(&replier->lock);
	*replier->last = answer;
	replier->last = &answer->next;
	(void)pthread_cond_signal(&replier->some);
	(void)pthread_mutex_unlock(&replier->lock);
}

void
replier_stop(struct replier *replier)
{
	size_t i;

	(void)pthread_mutex_lock(&replier->lock);
	replier->stopping = true;
	(void)pthread_cond_broadcast(&replier->some);
	(void)pthread_mutex_unlock(&replier->lock);
	for (i = 0; i < REPLY_THREADS; i++)
		(void)pthread_join(replier->threads[i], NULL);
	(void)pthread_cond_destroy(&replier->some);
	(void)pthread_mutex_destroy(&replier->lock);
	free(replier);
}
