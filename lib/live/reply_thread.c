#include "live/reply_thread.h"

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

struct reply_threads {
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t some;
	struct answer *first, **last;
	bool stopping;
	pthread_t ids[REPLY_THREADS];
};

/* The next reply; NULL when there is nothing left and the threads stops. */
static struct answer *
answer_take(struct reply_threads *threads)
{
	struct answer *answer;

	(void)pthread_mutex_lock(&threads->lock);
	while (threads->first == NULL && !threads->stopping)
		(void)pthread_cond_wait(&threads->some, &threads->lock);
	answer = threads->first;
	if (answer != NULL && (threads->first = answer->next) == NULL)
		threads->last = &threads->first;
	(void)pthread_mutex_unlock(&threads->lock);
	return answer;
}

static void *
run(void *arg)
{
	struct reply_threads *threads = arg;
	struct answer *answer;

	while ((answer = answer_take(threads)) != NULL) {
		http_reply(answer->http, answer->bytes, answer->len);
		free(answer->http);
		free(answer);
	}
	return NULL;
}

struct reply_threads *
reply_thread_start(void)
{
	struct reply_threads *threads = calloc(1, sizeof(*threads));
	sigset_t all, before;
	size_t i;

	if (threads == NULL)
		abort();
	(void)pthread_mutex_init(&threads->lock, NULL);
	(void)pthread_cond_init(&threads->some, NULL);
	threads->last = &threads->first;
	/* Signals are for the loop: it must wake from them. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	for (i = 0; i < REPLY_THREADS; i++)
		if (pthread_create(&threads->ids[i], NULL, run, threads) != 0)
			abort();
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return threads;
}

void
reply_thread_send(struct reply_threads *threads, struct http *http, const char *bytes, size_t len)
{
	struct answer *answer = malloc(sizeof(*answer) + len);

	if (answer == NULL)
		abort();
	answer->next = NULL;
	answer->http = http;
	answer->len = len;
	memcpy(answer->bytes, bytes, len);
	(void)pthread_mutex_lock(&threads->lock);
	*threads->last = answer;
	threads->last = &answer->next;
	(void)pthread_cond_signal(&threads->some);
	(void)pthread_mutex_unlock(&threads->lock);
}

void
reply_thread_stop(struct reply_threads *threads)
{
	size_t i;

	(void)pthread_mutex_lock(&threads->lock);
	threads->stopping = true;
	(void)pthread_cond_broadcast(&threads->some);
	(void)pthread_mutex_unlock(&threads->lock);
	for (i = 0; i < REPLY_THREADS; i++)
		(void)pthread_join(threads->ids[i], NULL);
	(void)pthread_cond_destroy(&threads->some);
	(void)pthread_mutex_destroy(&threads->lock);
	free(threads);
}
