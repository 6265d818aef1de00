/*
 * Leaving sessions because of something outside them: an account was blocked, or one person blocked the
 * other. Each session makes the move of session_move_leave, so all that follows from a last state
 * follows as ever.
 *
 * Who calls these holds the account locked against session_request (FOR NO KEY UPDATE), so that no
 * session begins behind its back; the order of locks is account, sessions, advisors, conversations,
 * inboxes. Both need session_stmts and message_stmts in the program, and the caller's transaction.
 */
#ifndef DOMAIN_TALK_SESSION_LEAVE_H
#define DOMAIN_TALK_SESSION_LEAVE_H

#include "domain/talk/session.h"

extern const struct stmt_set session_leave_stmts;

/* The system ends all live sessions of a person, as user and as advisor: requested and accepted ones are
 * CANCELLED, ongoing ones ENDED. The person's advisor row, if any, stays locked. reason is for both
 * sides; *count is how many were live. */
MUST_CHECK enum err session_leave_all(
    struct db *, const char *user_id, const char *reason, size_t *count);
/* leaver_id leaves the live sessions with other_id: cancels or declines what has not begun, ends what
 * has. Says no reason. */
MUST_CHECK enum err session_leave_between(struct db *, const char *leaver_id, const char *other_id);

#endif
