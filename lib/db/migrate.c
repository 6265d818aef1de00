#include "db/migrate.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"
#include "db/pg.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 999, FILE_BYTES_MAX = 1024 * 1024 };

struct migration {
	int version;
	const char *name; /* file name without ".sql" */
	const char *text; /* the file */
	char checksum[SHA256_HEX_SIZE];
	const char *applied; /* checksum in the database; NULL when pending */
};

struct plan {
	struct arena *arena;
	PGconn *conn;
	struct migration *files; /* in order of version */
	size_t count;
	int newest; /* highest version in the database */
};

static int
is_migration(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(name);

	return len > 9 && strspn(name, "0123456789") == 4 && name[4] == '_' &&
	    strcmp(name + len - 4, ".sql") == 0;
}

static enum err
file_read(struct plan *plan, const char *dir, const char *name)
{
	struct migration *file = &plan->files[plan->count];
	FILE *stream = fopen(arena_printf(plan->arena, "%s/%s", dir, name), "re");
	char *text = arena_alloc(plan->arena, FILE_BYTES_MAX);
	size_t len = stream == NULL ? 0 : fread(text, 1, FILE_BYTES_MAX - 1, stream);

	if (stream != NULL)
		(void)fclose(stream);
	if (len == 0 || len == FILE_BYTES_MAX - 1) {
		log_error("cannot read a migration", LOG_STR("file", name));
		return ERR_CONFLICT;
	}
	file->version = (int)strtol(name, NULL, 10);
	file->name = arena_strndup(plan->arena, name, strlen(name) - 4);
	file->text = text;
	crypto_sha256_hex(text, len, file->checksum);
	if (file->version != (int)++plan->count) {
		log_error("migration numbers must follow each other", LOG_STR("file", name));
		return ERR_CONFLICT;
	}
	return ERR_OK;
}

static enum err
files_read(struct plan *plan, const char *dir)
{
	struct dirent **entries;
	int i, count = scandir(dir, &entries, is_migration, alphasort);
	enum err err = ERR_OK;

	if (count <= 0 || count > FILES_MAX) {
		log_error("no migrations found", LOG_STR("dir", dir));
		return ERR_CONFLICT;
	}
	plan->files = arena_calloc(plan->arena, (size_t)count, sizeof(*plan->files));
	for (i = 0; i < count; i++) {
		if (err == ERR_OK)
			err = file_read(plan, dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

/* Run text, which may hold several statements; its last result, NULL after logging a failure. */
static PGresult *
command(struct plan *plan, const char *text)
{
	PGresult *result = PQexec(plan->conn, text);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return result;
	log_error("migration failed", LOG_STR("error", PQerrorMessage(plan->conn)));
	PQclear(result);
	return NULL;
}

static enum err
do_command(struct plan *plan, const char *text)
{
	PGresult *result = command(plan, text);

	PQclear(result);
	return result != NULL ? ERR_OK : ERR_INTERNAL;
}

static enum err
applied_read(struct plan *plan)
{
	PGresult *result = command(plan, "SELECT version, checksum FROM migration ORDER BY version");
	int i;

	if (result == NULL)
		return ERR_INTERNAL;
	for (i = 0; i < PQntuples(result); i++) {
		plan->newest = (int)strtol(PQgetvalue(result, i, 0), NULL, 10);
		if (plan->newest >= 1 && (size_t)plan->newest <= plan->count)
			plan->files[plan->newest - 1].applied =
			    arena_strdup(plan->arena, PQgetvalue(result, i, 1));
	}
	PQclear(result);
	return ERR_OK;
}

static const char setup[] =
    "CREATE TABLE IF NOT EXISTS migration ("
    "version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
    "applied_at timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE migration IS 'Schema files applied to this database';"
    "COMMENT ON COLUMN migration.version IS 'Number of the file';"
    "COMMENT ON COLUMN migration.name IS 'File name without .sql';"
    "COMMENT ON COLUMN migration.checksum IS 'SHA-256 of the file, hex';"
    "COMMENT ON COLUMN migration.applied_at IS 'When it was applied';";

static enum err
plan_make(struct plan *plan, const char *url, const char *dir)
{
	TRY(files_read(plan, dir));
	plan->conn = pg_connect(
	    url, "confab-migrate", clock_monotonic_us() + (int64_t)DB_CONNECT_MS * 1000);
	if (plan->conn == NULL)
		return ERR_UNAVAILABLE;
	(void)PQsetnonblocking(plan->conn, 0);
	/* Another process may be migrating for long; a table may not be waited for like that. */
	TRY(do_command(plan, "SET statement_timeout = 0; SET lock_timeout = '10min';"
			     "SET client_min_messages = warning;"
			     "SET idle_in_transaction_session_timeout = 0"));
	TRY(do_command(plan, "SELECT pg_advisory_lock(hashtext('confab migrate'))"));
	TRY(do_command(plan, "SET lock_timeout = '10s'"));
	TRY(do_command(plan, setup));
	return applied_read(plan);
}

static enum err
plan_check(const struct plan *plan)
{
	size_t i;

	if ((size_t)plan->newest > plan->count) {
		log_error("the database is newer than this program",
		    LOG_INT("database", plan->newest), LOG_INT("files", (int64_t)plan->count));
		return ERR_CONFLICT;
	}
	for (i = 0; i < plan->count; i++) {
		const struct migration *file = &plan->files[i];

		if (file->applied != NULL && i > 0 && plan->files[i - 1].applied == NULL) {
			log_error("a migration before this one is missing in the database",
			    LOG_STR("file", file->name));
			return ERR_CONFLICT;
		}
		if (file->applied != NULL && strcmp(file->applied, file->checksum) != 0) {
			log_error("an applied migration was edited", LOG_STR("file", file->name));
			return ERR_CONFLICT;
		}
	}
	return ERR_OK;
}

static enum err
apply(struct plan *plan, const struct migration *file)
{
	const char *values[] = { arena_printf(plan->arena, "%d", file->version), file->name,
		file->checksum };
	PGresult *result;
	bool good;

	TRY(do_command(plan, "BEGIN"));
	if (do_command(plan, file->text) != ERR_OK) {
		log_error("a migration was rolled back", LOG_STR("file", file->name));
		(void)do_command(plan, "ROLLBACK");
		return ERR_INTERNAL;
	}
	result = PQexecParams(plan->conn,
	    "INSERT INTO migration (version, name, checksum) VALUES ($1, $2, $3)", 3, NULL, values,
	    NULL, NULL, 0);
	good = PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!good)
		log_error("migration failed", LOG_STR("error", PQerrorMessage(plan->conn)));
	PQclear(result);
	return good ? do_command(plan, "COMMIT") : ERR_INTERNAL;
}

static enum err
apply_missing(struct plan *plan, migrate_report *report, void *arg)
{
	size_t i;

	TRY(plan_check(plan));
	for (i = 0; i < plan->count; i++) {
		const struct migration *file = &plan->files[i];

		if (file->applied != NULL)
			continue;
		TRY(apply(plan, file));
		if (report != NULL)
			report(arg, file->version, file->name, "applied");
	}
	return ERR_OK;
}

enum err
migrate_run(struct arena *arena, const char *url, const char *dir, migrate_report *report,
    void *arg)
{
	struct plan plan = { .arena = arena };
	enum err err = plan_make(&plan, url, dir);

	if (err == ERR_OK)
		err = apply_missing(&plan, report, arg);
	PQfinish(plan.conn); /* and with it the lock */
	return err;
}

enum err
migrate_status(struct arena *arena, const char *url, const char *dir, migrate_report *report,
    void *arg)
{
	struct plan plan = { .arena = arena };
	enum err err = plan_make(&plan, url, dir);
	size_t i;

	for (i = 0; err == ERR_OK && i < plan.count; i++) {
		const struct migration *file = &plan.files[i];
		const char *state = file->applied == NULL		     ? "pending" :
		    strcmp(file->applied, file->checksum) == 0 ? "applied" :
								     "changed";

		report(arg, file->version, file->name, state);
	}
	PQfinish(plan.conn);
	return err == ERR_OK ? plan_check(&plan) : err;
}
