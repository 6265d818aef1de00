/*
 * Subjects: what advisors offer, by slugs that never change. A subject is OFFERED, RETIRED (kept on profiles that have
 * it, chosen by nobody any more) or MERGED: every profile has the other one in its place, and its slug leads there in
 * filters. English is the name of its own; others are beside it by language.
 */
#ifndef MARKET_SPECIALIZATION_H
#define MARKET_SPECIALIZATION_H

#include "db/list.h"
#include "domain/system/act.h"

extern const struct stmt_set specialization_stmts;
extern const char *const specialization_states[];
extern const struct field specialization_fields[]; /* of specialization_list */
extern const struct list_source specialization_all; /* the panel's list */

/* What can be offered: slug, name; in the order to show. languages: tags with spaces between them, the first that has
 * a name counts (lang_accepted), else English; NULL: English. */
MUST_CHECK enum err specialization_list(struct db *, const char *languages, struct rows **rows);
struct db_bound specialization_list_bind(const char *languages);
/* One, with the columns of specialization_all; names is {language: name}. ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err specialization_get(struct db *, const char *id, struct rows **rows);

/* --- what acts do (struct act); one at a time, whoever does them --- */

extern const struct act_kind specialization_kind;
extern const struct act specialization_acts[];
extern const struct field specialization_name_input[], specialization_merge_input[],
    specialization_translate_input[];
extern const struct act_refusal specialization_taken[];
extern const struct act_choices specialization_targets;

/* The slug is made of the name. ERR_CONFLICT: there is one with it already. ERR_VALIDATION: none can be made of it. */
MUST_CHECK enum err specialization_add(struct db *, struct act_call *);
MUST_CHECK enum err specialization_rename(struct db *, struct act_call *);
/* All profiles that have it get the other one, by one statement. ERR_VALIDATION: that one is not offered, or the same. */
MUST_CHECK enum err specialization_merge(struct db *, struct act_call *);
/* An empty name forgets it. ERR_VALIDATION: the language is no tag, or English. */
MUST_CHECK enum err specialization_translate(struct db *, struct act_call *);

#endif
