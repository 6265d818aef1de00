/*
 * What a client does in its conversations over a connection that stays open: the same as message.h and
 * conversation.h, each one statement over a pipeline, answered later. Whoever is no member gets
 * ERR_NOT_FOUND in the answer.
 */
#ifndef DOMAIN_TALK_LIVE_H
#define DOMAIN_TALK_LIVE_H

#include "db/pipeline.h"
#include "domain/talk/message.h"

extern const struct stmt_set live_stmts; /* and conversation_stmts, message_stmts */

/* As message_send, draft->id given; the answer is for live_sent. */
MUST_CHECK enum err live_send(
    struct pipeline *, const struct message_draft *, pipeline_answer *, void *arg);
/* *json lives as long as rows. */
MUST_CHECK enum err live_sent(const struct rows *, bool *created, const char **json);
/* As conversation_read; the answer is for live_read_done. */
MUST_CHECK enum err live_read(struct pipeline *, const char *conversation_id, const char *user_id,
    int64_t seq, pipeline_answer *, void *arg);
/*
 * The row has conversation_id, read_seq, unread.
 *	ERR_NOT_FOUND	no such conversation, or not a member
 *	ERR_VALIDATION	seq is above *newest
 */
MUST_CHECK enum err live_read_done(const struct rows *, int64_t seq, int64_t *newest);
/* As conversation_typing; no row in the answer: ERR_NOT_FOUND. */
MUST_CHECK enum err live_typing(struct pipeline *, const char *conversation_id, const char *user_id,
    pipeline_answer *, void *arg);

#endif
