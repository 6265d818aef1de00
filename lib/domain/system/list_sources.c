#include "domain/system/list_sources.h"

#include "domain/market/review.h"
#include "domain/market/specialization.h"
#include "domain/people/admin.h"
#include "domain/people/moderation.h"
#include "domain/people/user_admin.h"
#include "domain/system/audit.h"
#include "domain/system/job_admin.h"
#include "domain/system/outbox_admin.h"
#include "domain/talk/conversation_admin.h"
#include "domain/talk/message_admin.h"
#include "domain/talk/session_admin.h"

const struct list_source *const list_sources[] = {
	&user_list,
	&advisor_list,
	&report_list,
	&specialization_all,
	&job_all,
	&audit_all,
	&outbox_all,
	&session_all,
	&conversation_all,
	&message_all,
	&admin_list,
	NULL,
};
