#include "domain/system/list_sources.h"

#include "domain/market/review.h"
#include "domain/people/moderation.h"
#include "domain/people/user_admin.h"
#include "domain/system/audit.h"
#include "domain/system/job_admin.h"

const struct list_source *const list_sources[] = {
	&user_list,
	&advisor_list,
	&report_list,
	&job_all,
	&audit_all,
	NULL,
};
