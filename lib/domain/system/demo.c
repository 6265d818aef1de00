#include "domain/system/demo.h"
#include "base/uuid.h"
#include "domain/people/password.h"
#include "domain/people/user.h"
#include "domain/system/demo_login.h"

#include <string.h>

enum { DEMO_APPLY, DEMO_ADVISOR, DEMO_RATED_SESSION };
static const struct stmt stmts[] = {
	[DEMO_APPLY] = { "demo_apply", 1,
	    "UPDATE advisor SET state = 'PENDING' WHERE id = $1 AND state = 'DRAFT'", false },
	[DEMO_ADVISOR] = { "demo_advisor", 11,
	    "UPDATE advisor SET state = $2, headline = $3, bio = $4, experience_years = $5,"
	    " languages = string_to_array($6, ' '), specializations = string_to_array($7, ' '),"
	    " rate_minor = $8, latitude = $9::float8, longitude = $10::float8, online = $11::boolean,"
	    " online_at = CASE WHEN $11::boolean THEN app_now() END, applied_at = app_now(),"
	    " reviewed_at = CASE WHEN $2 = 'APPROVED' THEN app_now() END"
	    " WHERE id = $1 AND state = 'PENDING'",
	    false },
	[DEMO_RATED_SESSION] = { "demo_rated_session", 7,
	    "WITH c AS (INSERT INTO conversation (id, kind, closed_at)"
	    " VALUES ($1, 'SESSION', app_now()) RETURNING id),"
	    " m AS (INSERT INTO member (conversation_id, user_id, role)"
	    " SELECT c.id, p.id, p.role FROM c,"
	    " (VALUES ($4::uuid, 'USER'), ($5::uuid, 'ADVISOR')) p (id, role)),"
	    " s AS (INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id,"
	    " expires_at, accepted_at, started_at, ended_at)"
	    " SELECT $2, 'CHAT', 'ENDED', $4, $5, c.id, app_now(), app_now(), app_now(), app_now()"
	    " FROM c RETURNING id)"
	    " INSERT INTO rating (id, session_id, user_id, advisor_id, stars, review)"
	    " SELECT $3, s.id, $4, $5, $6, $7 FROM s",
	    false },
};
STMT_SET(demo_stmts, stmts);

struct demo_advisor {
	const char *email, *name, *state, *headline, *bio;
	int years;
	const char *languages, *specializations;
	int64_t rate_minor;
	const char *latitude, *longitude;
	bool online;
	const char *stars; /* one digit a rating */
};

static const struct demo_advisor advisors[] = {
	{ DEMO_ADVISOR_EMAIL, "Asha Rao", "APPROVED", "Listens first, then speaks plainly",
	    "Fifteen years with couples and with people who have just parted.", 15, "en hi kn",
	    "breakup marriage dating", 2500, "12.9716", "77.5946", true, "555545" },
	{ "meera@demo.test", "Meera Iyer", "APPROVED", "Vedic charts, read without fear",
	    "Teaches and practises Jyotisha; writes down what she sees so you can check it.", 22,
	    "en ta hi", "vedic_astrology marriage career", 4000, "13.0827", "80.2707", true, "5445" },
	{ "jonas@demo.test", "Jonas Weber", "APPROVED", "Dating after forty, honestly",
	    "Coach for people who begin again. No tricks, no scripts.", 8, "de en",
	    "dating self_esteem", 3000, "52.5200", "13.4050", false, "434" },
	{ "farah@demo.test", "Farah Siddiqui", "APPROVED", "Family matters across generations",
	    "Mediates between parents and grown children, in Urdu, Hindi and English.", 12,
	    "ur hi en", "family marriage", 2000, "28.6139", "77.2090", true, "55" },
	{ "luc@demo.test", "Luc Moreau", "APPROVED", "Tarot as a mirror, not a verdict",
	    "The cards ask good questions. We look for your answers.", 10, "fr en", "tarot", 1500,
	    "48.8566", "2.3522", false, "345" },
	{ "pending@demo.test", "Nisha Verma", "PENDING", "Numerology for daily choices",
	    "Six years of practice with families and small firms in Pune and online.", 6,
	    "en hi mr", "numerology career", 1800, "18.5204", "73.8567", false, "" },
};

struct demo {
	const struct conf *conf;
	const char *user_hash, *advisor_hash, *admin_hash;
	const char *user_id; /* of user@demo.test */
};

/* The account's id, made now or found; *made tells which. */
static enum err
account(struct db *db, const struct demo *demo, const char *email, const char *name,
    const char *role, const char *hash, const char **id, bool *made)
{
	struct user_new new = { uuid_new(db_arena(db)), email, NULL, hash, name, role, NULL, NULL };
	struct user user;
	enum err err = user_find(db, demo->conf, email, &user);

	*made = err == ERR_NOT_FOUND;
	if (*made) {
		*id = new.id;
		return user_create(db, demo->conf, &new);
	}
	TRY(err);
	*id = user.id;
	return ERR_OK;
}

static enum err
ratings(struct db *db, const struct demo *demo, const char *advisor_id, const char *stars)
{
	static const char *const reviews[] = { "", "Clear and kind.", "Helped me decide.",
		"I felt heard.", "Good, if a little short." };
	struct arena *arena = db_arena(db);
	size_t i;

	for (i = 0; stars[i] != '\0'; i++)
		TRY(db_exec(db, &stmts[DEMO_RATED_SESSION], db_text(uuid_new(arena)),
		    db_text(uuid_new(arena)), db_text(uuid_new(arena)), db_text(demo->user_id),
		    db_text(advisor_id), db_i64(stars[i] - '0'),
		    db_text(reviews[(i + (size_t)(stars[i] - '0')) % COUNT_OF(reviews)])));
	return ERR_OK;
}

static enum err
advisor_load(struct db *db, const struct demo *demo, const struct demo_advisor *a)
{
	const char *id;
	bool made;

	TRY(account(db, demo, a->email, a->name, "ADVISOR", demo->advisor_hash, &id, &made));
	if (!made)
		return ERR_OK;
	TRY(db_exec(db, &stmts[DEMO_APPLY], db_text(id)));
	TRY(db_exec(db, &stmts[DEMO_ADVISOR], db_text(id), db_text(a->state), db_text(a->headline),
	    db_text(a->bio), db_i64(a->years), db_text(a->languages), db_text(a->specializations),
	    db_i64(a->rate_minor), db_text(a->latitude), db_text(a->longitude), db_bool(a->online)));
	return ratings(db, demo, id, a->stars);
}

static enum err
load(struct db *db, void *arg)
{
	struct demo *demo = arg;
	const char *id;
	bool made;
	size_t i;

	TRY(account(db, demo, DEMO_USER_EMAIL, "Maya Demo", "USER", demo->user_hash, &demo->user_id,
	    &made));
	TRY(account(db, demo, DEMO_ADMIN_EMAIL, "Admin Demo", "ADMIN", demo->admin_hash, &id, &made));
	for (i = 0; i < COUNT_OF(advisors); i++)
		TRY(advisor_load(db, demo, &advisors[i]));
	return ERR_OK;
}

static enum err
hash(struct db *db, const struct conf *conf, const char *password, const char **out)
{
	char *made;

	TRY(password_hash(db_arena(db), conf, password, &made));
	*out = made;
	return ERR_OK;
}

enum err
demo_load(struct db *db, const struct conf *conf)
{
	struct demo demo = { .conf = conf };

	if (strcmp(conf->environment, "development") != 0)
		return ERR_FORBIDDEN;
	TRY(hash(db, conf, DEMO_USER_PASSWORD, &demo.user_hash));
	TRY(hash(db, conf, DEMO_ADVISOR_PASSWORD, &demo.advisor_hash));
	TRY(hash(db, conf, DEMO_ADMIN_PASSWORD, &demo.admin_hash));
	return db_tx(db, load, &demo);
}
