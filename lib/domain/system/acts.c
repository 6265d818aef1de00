#include "domain/system/acts.h"

#include "domain/market/review.h"
#include "domain/market/specialization.h"
#include "domain/people/admin.h"
#include "domain/people/desk.h"
#include "domain/people/moderation.h"
#include "domain/system/decision.h"
#include "domain/system/job_admin.h"
#include "domain/system/outbox_admin.h"
#include "domain/talk/conversation_admin.h"
#include "domain/talk/message.h"
#include "domain/talk/message_admin.h"
#include "domain/talk/session.h"
#include "domain/talk/session_admin.h"
#include "domain/talk/session_leave.h"

#include <string.h>

static const struct act *const tables[] = { user_acts, advisor_acts, report_acts, job_acts,
	specialization_acts, decision_acts, desk_acts, session_acts, conversation_acts,
	message_acts, admin_acts, outbox_acts };

const struct stmt_set *const act_sets[] = { &audit_stmts, &moderation_stmts, &review_stmts,
	&specialization_stmts, &job_admin_stmts, &decision_stmts, &desk_stmts, &session_stmts,
	&session_leave_stmts, &message_stmts, &session_admin_stmts, &conversation_admin_stmts,
	&message_admin_stmts, &admin_stmts, &outbox_admin_stmts, NULL };

const struct stmt_set *const *
act_sets_behind(struct arena *arena, const struct stmt_set *const *own)
{
	const struct stmt_set **all;
	size_t count = 0, i;

	while (own[count] != NULL)
		count++;
	all = arena_calloc(arena, count + COUNT_OF(act_sets), sizeof(*all));
	for (i = 0; i < count; i++)
		all[i] = own[i];
	for (i = 0; i < COUNT_OF(act_sets); i++)
		all[count + i] = act_sets[i];
	return all;
}

const struct act *
act_at(size_t number)
{
	const struct act *act;
	size_t i;

	for (i = 0; i < COUNT_OF(tables); i++)
		for (act = tables[i]; act->name != NULL; act++)
			if (number-- == 0)
				return act;
	return NULL;
}

const struct act *
act_find(const char *name)
{
	const struct act *act;
	size_t i;

	for (i = 0; (act = act_at(i)) != NULL; i++)
		if (strcmp(act->name, name) == 0)
			return act;
	return NULL;
}
