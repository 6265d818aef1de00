/*
 * The assistant's side of a conversation: the job "ai.reply", which message_send leaves when somebody
 * writes where the assistant takes part. Asking the provider may take seconds and happens outside any
 * transaction; the answer is posted with the job's end (job.h). Its client_id is made from the message
 * it answers, so that one message has one answer however often the job runs.
 */
#ifndef DOMAIN_TALK_ASSISTANT_H
#define DOMAIN_TALK_ASSISTANT_H

#include "domain/system/job.h"
#include "ext/ai.h"

extern const struct stmt_set assistant_stmts;

enum { ASSISTANT_TURNS_MAX = 20 }; /* of the conversation that the provider is shown */

/* Choose the provider for this process. */
void assistant_provider_set(const struct ai_provider *);
/* "ai.reply", as message_send asks for it. */
extern const struct job_kind assistant_job;

#endif
