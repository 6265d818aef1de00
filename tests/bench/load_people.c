#include "load.h"

#include "base/conf.h"
#include "base/limits.h"
#include "harness/testdb.h"
#include "web/token.h"

#include <stdio.h>
#include <stdlib.h>

/* Ids are made of the tag, what it is (0 conversation, 1 and 2 people, 3 and 4 their logins) and a number. */
#define TALK_ID ID_OF("0")
#define PERSON_ID ID_OF("w")
#define LOGIN_ID ID_OF("w + 2")
#define ID_OF(what) "($1 || '-000' || (" what ") || '-7000-8000-' || lpad(n::text, 12, '0'))::uuid"
#define EACH                                                                                       \
	" FROM generate_series(0, $2::int - 1) n, generate_series(1, 2) w ON CONFLICT DO NOTHING"

static void
make_rows(const char *tag, const char *count)
{
	testdb_run("BEGIN");
	testdb_run("INSERT INTO user_account (id, email, display_name, role) SELECT " PERSON_ID
		   ", " PERSON_ID " || '@example.test', 'Load ' || n, 'USER'" EACH,
	    tag, count);
	testdb_run("INSERT INTO login (id, user_id, kind, ip, expires_at) SELECT " LOGIN_ID
		   ", " PERSON_ID ", 'APP', '127.0.0.1', now() + interval '1 day'" EACH,
	    tag, count);
	testdb_run("INSERT INTO conversation (id, kind) SELECT DISTINCT " TALK_ID ", 'DIRECT'" EACH,
	    tag, count);
	testdb_run("INSERT INTO member (conversation_id, user_id, role) SELECT " TALK_ID
		   ", " PERSON_ID ", 'USER'" EACH,
	    tag, count);
	testdb_run("COMMIT");
}

static void
name(char id[ID_SIZE], const char *tag, unsigned what, unsigned number)
{
	(void)snprintf(id, ID_SIZE, "%s-000%u-7000-8000-%012u", tag, what, number);
}

struct talk *
people_make(const char *tag, unsigned count)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	struct talk *talks = calloc(count, sizeof(*talks));
	const char *dir = getenv("STACK_DIR");
	struct conf conf;

	if (talks == NULL)
		load_fail("out of memory");
	if (dir == NULL || conf_load(arena_printf(arena, "%s/confab.conf", dir), &conf) != ERR_OK)
		load_fail("STACK_DIR names no stack");
	make_rows(tag, arena_printf(arena, "%u", count));
	for (unsigned i = 0; i < count; i++) {
		name(talks[i].id, tag, 0, i);
		for (unsigned which = 0; which < 2; which++) {
			struct person *person = &talks[i].people[which];
			struct arena_mark mark = arena_mark(arena);
			char login[ID_SIZE];

			person->talk = &talks[i];
			person->which = which;
			name(person->id, tag, which + 1, i);
			name(login, tag, which + 3, i);
			(void)snprintf(person->token, sizeof(person->token), "%s",
			    token_make(arena, &conf, person->id, login, ROLE_USER));
			person->conn.person = person;
			arena_rewind(arena, mark);
		}
	}
	arena_free(arena);
	return talks;
}
