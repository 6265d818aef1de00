/*
 * The outbox as an administrator sees it: what left, to whom (starred), what became of it, and having a letter that
 * failed sent after all.
 */
#ifndef DOMAIN_SYSTEM_OUTBOX_ADMIN_H
#define DOMAIN_SYSTEM_OUTBOX_ADMIN_H

#include "db/list.h"
#include "domain/system/act.h"
#include "domain/system/outbox.h"

extern const struct stmt_set outbox_admin_stmts;
extern const char *const outbox_states[];
extern const struct list_source outbox_all;
/* outbox.retry: a FAILED letter waits again, as long as what it says is there and of use. */
extern const struct act_kind outbox_kind;
extern const struct act outbox_acts[];

#endif
