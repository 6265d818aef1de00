/* Accounts from another system, with the passwords their owners know: one JSON object a line. */
#include "base/log.h"
#include "base/uuid.h"
#include "confab.h"
#include "domain/people/password.h"
#include "domain/people/user.h"

#include <string.h>

enum {
	LINE_SIZE = 16 * 1024, /* of one line, with NUL */
	LINE_BYTES_MAX = 16 * 1024 * 1024 /* what one may take to be read and stored */
};

static const struct field line_fields[] = {
	{ "email", FIELD_EMAIL, .doc = "E-mail address; this or phone is needed" },
	{ "phone", FIELD_PHONE, .doc = "Phone number in E.164" },
	{ "password_hash", FIELD_TEXT, .min = 1, .max = 255,
	    .doc =
		"$argon2id$, or $2a$, $2b$, $2y$ of bcrypt; without, the password must be set anew" },
	{ "display_name", FIELD_TEXT, .required = true, .min = 1, .max = 80,
	    .doc = "Name shown to others" },
	{ "role", FIELD_ENUM, .one_of = user_roles_chosen, .doc = "USER (the default) or ADVISOR" },
	{ "locale", FIELD_TEXT, .min = 2, .max = 35, .doc = "BCP 47 tag" },
	{ "timezone", FIELD_TEXT, .min = 1, .max = 64, .doc = "IANA zone" },
	{ 0 },
};

struct import {
	const struct conf *conf;
	struct arena *arena; /* of one line */
	const char *path;
	FILE *file;
	char text[LINE_SIZE];
	long line; /* from 1 */
	long bcrypt; /* hashes of bcrypt */
};

/* Complain of the line, and of its member when name is one. */
static enum err
refuse(const struct import *import, const char *name, const char *message)
{
	(void)fprintf(stderr, "confab: %s:%ld: %s%s%s\n", import->path, import->line,
	    name == NULL ? "" : name, name == NULL ? "" : " ", message);
	return ERR_VALIDATION;
}

static enum err
line_read(const struct import *import, size_t len, struct json_object **object)
{
	struct field_errors errors = { .arena = import->arena };
	struct json_fault fault;

	if (json_parse(import->arena, import->text, len, &fault, object) != ERR_OK)
		return refuse(import, fault.key, fault.what);
	if (!json_object_is_type(*object, json_type_object))
		return refuse(import, NULL, "is no JSON object");
	if (!field_check(line_fields, *object, &errors))
		return refuse(import, errors.list[0].path, errors.list[0].message);
	return ERR_OK;
}

static const char *
text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(field_value(line_fields, object, name));
}

static enum err
line_store(struct db *db, struct import *import, size_t len)
{
	struct json_object *object;
	struct user_new user;
	enum err err;

	TRY(line_read(import, len, &object));
	user = (struct user_new){ uuid_new(import->arena), text_of(object, "email"),
		text_of(object, "phone"), text_of(object, "password_hash"),
		text_of(object, "display_name"), text_of(object, "role"), text_of(object, "locale"),
		text_of(object, "timezone") };
	if (user.role == NULL)
		user.role = "USER";
	if (user.email == NULL && user.phone == NULL)
		return refuse(import, "email", "is missing: give this or phone");
	if (user.password_hash != NULL && !password_importable(user.password_hash))
		return refuse(import, "password_hash", "is of no kind that can be read");
	import->bcrypt += user.password_hash != NULL && user.password_hash[1] == '2';
	err = user_create(db, import->conf, &user);
	if (err == ERR_EXISTS)
		return refuse(
		    import, NULL, "the e-mail address or phone number belongs to an account");
	return err;
}

static enum err
import_in_tx(struct db *db, void *arg)
{
	struct import *import = arg;
	enum err err = ERR_OK;
	size_t len;

	rewind(import->file);
	import->line = import->bcrypt = 0;
	while (err == ERR_OK && fgets(import->text, sizeof(import->text), import->file) != NULL) {
		import->line++;
		len = strlen(import->text);
		err = len + 1 < sizeof(import->text) ? line_store(db, import, len)
						     : refuse(import, NULL, "is too long");
		arena_reset(import->arena);
	}
	return err == ERR_OK && ferror(import->file) != 0 ? ERR_INTERNAL : err;
}

int
confab_user_import(struct command *command)
{
	static const struct stmt_set *const sets[] = { &user_stmts, NULL };
	struct import import = { .conf = &command->conf, .path = command->argv[0] };
	struct db *db;
	enum err err;

	import.file = fopen(import.path, "re");
	if (import.file == NULL) {
		perror(import.path);
		return 1;
	}
	import.arena = arena_new(LINE_BYTES_MAX);
	db = db_open(command->conf.database_url, "confab", sets);
	db_arena_set(db, import.arena);
	err = db_tx(db, import_in_tx, &import);
	db_close(db);
	arena_free(import.arena);
	(void)fclose(import.file);
	if (err != ERR_OK) {
		log_error("no account was imported", LOG_STR("error", err_text(err)));
		return 1;
	}
	(void)printf("%ld accounts were imported\n", import.line);
	if (import.bcrypt > 0 && command->conf.bcrypt_cost == 0)
		(void)printf("%ld of them have hashes of bcrypt: set BCRYPT_COST to their cost\n",
		    import.bcrypt);
	return 0;
}
