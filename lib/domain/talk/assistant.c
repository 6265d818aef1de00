#include "domain/talk/assistant.h"
#include "domain/talk/message.h"

enum { TURNS };

static const struct stmt stmts[] = {
	/* The newest first; nothing when the conversation is closed. */
	[TURNS] = { "assistant_turns", 2,
	    "SELECT m.sender_type = 'AI', m.body, m.conversation_id, m.id"
	    " FROM job j JOIN message a ON a.id = (j.payload ->> 'message_id')::uuid"
	    " JOIN conversation c ON c.id = a.conversation_id AND c.closed_at IS NULL"
	    " JOIN message m ON m.conversation_id = a.conversation_id AND m.seq <= a.seq"
	    " AND m.type = 'text' WHERE j.id = $1 ORDER BY m.seq DESC LIMIT $2",
	    true },
};
STMT_SET(assistant_stmts, stmts);

/* An answer and what it answers. */
struct answer {
	const char *conversation_id, *message_id;
	char *text;
};

static const struct ai_provider *provider;

void
assistant_provider_set(const struct ai_provider *chosen)
{
	provider = chosen;
}

/* *work is the answer, NULL when there is nothing to say any more. */
static enum err
prepare(struct db *db, const struct job *job, void **work)
{
	struct ai_turn turns[ASSISTANT_TURNS_MAX];
	struct ai_request request = { turns, 0 };
	struct answer *answer;
	struct rows *rows;
	size_t i;

	*work = NULL;
	TRY(db_rows(db, &rows, &stmts[TURNS], db_text(job->id), db_i64(ASSISTANT_TURNS_MAX)));
	request.count = rows_count(rows);
	if (request.count == 0)
		return ERR_OK;
	for (i = 0; i < request.count; i++)
		turns[request.count - 1 - i] =
		    (struct ai_turn){ rows_bool(rows, i, 0), rows_text(rows, i, 1) };
	answer = arena_alloc(db_arena(db), sizeof(*answer));
	answer->conversation_id = rows_text(rows, 0, 2);
	answer->message_id = rows_text(rows, 0, 3);
	TRY(ai_reply(provider, db_arena(db), &request, &answer->text));
	*work = answer;
	return ERR_OK;
}

static enum err
apply(struct db *db, const struct job *job, void *work)
{
	const struct answer *answer = work;

	(void)job;
	if (answer == NULL)
		return ERR_OK;
	return message_post(db, answer->conversation_id, "AI",
	    arena_printf(db_arena(db), "reply-%s", answer->message_id), answer->text);
}

static const char *const shown[] = { "message_id", NULL };

/* The provider has a minute. */
const struct job_kind assistant_job = {
	.name = "ai.reply",
	.lane = LANE_AI,
	.limit_s = 90,
	.tries = 8,
	.wait_s = 2,
	.wait_max_s = 3600,
	.shown = shown,
	.prepare = prepare,
	.apply = apply,
};
