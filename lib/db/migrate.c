#include "db/migrate.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/migrate_files.h"
#include "db/pg.h"

#include <stdlib.h>
#include <string.h>

struct plan {
	struct arena *arena;
	PGconn *conn;
	struct migration_files files;
	int newest; /* highest version in the database */
};

/* The same result, or NULL after logging the failure. */
static PGresult *
good(struct plan *plan, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return result;
	log_error("migration failed", LOG_STR("error", PQerrorMessage(plan->conn)));
	PQclear(result);
	return NULL;
}

/* Run text, which may hold several statements; its last result, NULL after logging a failure. */
static PGresult *
command(struct plan *plan, const char *text)
{
	return good(plan, PQexec(plan->conn, text));
}

static enum err
do_command(struct plan *plan, const char *text)
{
	PGresult *result = command(plan, text);

	PQclear(result);
	return result != NULL ? ERR_OK : ERR_INTERNAL;
}

/* One statement with parameters. */
static enum err
do_with(struct plan *plan, const char *text, int count, const char *const *values)
{
	PGresult *result =
	    good(plan, PQexecParams(plan->conn, text, count, NULL, values, NULL, NULL, 0));

	PQclear(result);
	return result != NULL ? ERR_OK : ERR_INTERNAL;
}

static enum err
numbered_applied(struct plan *plan)
{
	PGresult *result = command(plan, "SELECT version, checksum FROM migration ORDER BY version");
	int i;

	if (result == NULL)
		return ERR_INTERNAL;
	for (i = 0; i < PQntuples(result); i++) {
		plan->newest = (int)strtol(PQgetvalue(result, i, 0), NULL, 10);
		if (plan->newest >= 1 && (size_t)plan->newest <= plan->files.count)
			plan->files.numbered[plan->newest - 1].applied =
			    arena_strdup(plan->arena, PQgetvalue(result, i, 1));
	}
	PQclear(result);
	return ERR_OK;
}

static enum err
code_applied(struct plan *plan)
{
	PGresult *result = command(plan, "SELECT name, checksum FROM migration_code");
	size_t k;
	int i;

	if (result == NULL)
		return ERR_INTERNAL;
	for (i = 0; i < PQntuples(result); i++)
		for (k = 0; k < plan->files.code_count; k++)
			if (strcmp(plan->files.code[k].name, PQgetvalue(result, i, 0)) == 0)
				plan->files.code[k].applied =
				    arena_strdup(plan->arena, PQgetvalue(result, i, 1));
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
    "COMMENT ON COLUMN migration.applied_at IS 'When it was applied';"
    "CREATE TABLE IF NOT EXISTS migration_code ("
    "name text PRIMARY KEY, checksum text NOT NULL, functions text[] NOT NULL,"
    "applied_at timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE migration_code IS 'Files of functions, as they were last applied';"
    "COMMENT ON COLUMN migration_code.name IS 'Path of the file without .sql';"
    "COMMENT ON COLUMN migration_code.checksum IS 'SHA-256 of the file, hex';"
    "COMMENT ON COLUMN migration_code.functions IS 'What it defined, with the types of arguments';"
    "COMMENT ON COLUMN migration_code.applied_at IS 'When it was last applied';";

/* Functions of this schema that are not an extension's; what follows goes into its WHERE. */
#define OWN_FUNCTIONS                                                                              \
	" FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace"                    \
	" AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass"           \
	" AND d.objid = p.oid AND d.deptype = 'e') AND "

/* Written by this transaction. */
#define FRESH_FUNCTIONS                                                                            \
	"ARRAY(SELECT p.oid::regprocedure::text" OWN_FUNCTIONS "p.xmin = pg_current_xact_id()::xid)"

static const char fresh[] = "SELECT " FRESH_FUNCTIONS;
/* $3: what was fresh before this file. */
static const char code_keep[] =
    "INSERT INTO migration_code (name, checksum, functions)"
    " SELECT $1, $2, ARRAY(SELECT f FROM unnest(" FRESH_FUNCTIONS ") f WHERE f <> ALL ($3::text[])"
    " ORDER BY f) ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum,"
    " functions = excluded.functions, applied_at = excluded.applied_at";
static const char code_functions[] =
    "SELECT f FROM migration_code c, unnest(c.functions) f WHERE to_regprocedure(f) IS NOT NULL";
/* The validators look into a body as CREATE FUNCTION does. */
static const char function_check[] =
    "SELECT CASE l.lanname WHEN 'sql' THEN fmgr_sql_validator(p.oid)"
    " WHEN 'plpgsql' THEN plpgsql_validator(p.oid) END"
    " FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.oid = to_regprocedure($1)";
/* What constraints, defaults and indexes need comes from a numbered file. */
static const char leftovers[] =
    "SELECT p.oid::regprocedure::text" OWN_FUNCTIONS
    "NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_proc'::regclass"
    " AND d.refobjid = p.oid AND d.classid IN ('pg_constraint'::regclass, 'pg_attrdef'::regclass,"
    " 'pg_class'::regclass, 'pg_type'::regclass))"
    " AND NOT EXISTS (SELECT FROM migration_code c WHERE p.oid::regprocedure::text = ANY (c.functions))"
    " ORDER BY 1";

static enum err
plan_make(struct plan *plan, const char *url, const char *dir)
{
	TRY(migration_files_read(plan->arena, dir, &plan->files));
	plan->conn =
	    pg_connect(url, "confab-migrate", clock_steady_us() + (int64_t)DB_CONNECT_MS * 1000);
	if (plan->conn == NULL)
		return ERR_UNAVAILABLE;
	(void)PQsetnonblocking(plan->conn, 0);
	/* Another process may be migrating for long; a table may not be waited for like that. */
	TRY(do_command(plan,
	    "SET statement_timeout = 0; SET lock_timeout = '10min';"
	    "SET client_min_messages = warning;"
	    "SET idle_in_transaction_session_timeout = 0"));
	TRY(do_command(plan, "SELECT pg_advisory_lock(hashtext('confab migrate'))"));
	TRY(do_command(plan, "SET lock_timeout = '10s'"));
	TRY(do_command(plan, setup));
	TRY(numbered_applied(plan));
	return code_applied(plan);
}

static enum err
plan_check(const struct plan *plan)
{
	size_t i;

	if ((size_t)plan->newest > plan->files.count) {
		log_error("the database is newer than this program",
		    LOG_INT("database", plan->newest), LOG_INT("files", (int64_t)plan->files.count));
		return ERR_CONFLICT;
	}
	for (i = 0; i < plan->files.count; i++) {
		const struct migration *file = &plan->files.numbered[i];

		if (file->applied != NULL && i > 0 && plan->files.numbered[i - 1].applied == NULL) {
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

static bool
is_current(const struct migration *file)
{
	return file->applied != NULL && strcmp(file->applied, file->checksum) == 0;
}

static enum err
apply_text(struct plan *plan, struct migration *file)
{
	if (do_command(plan, file->text) != ERR_OK) {
		log_error("this migration failed", LOG_STR("file", file->name));
		return ERR_INTERNAL;
	}
	file->now = true;
	return ERR_OK;
}

static enum err
apply_numbered(struct plan *plan, struct migration *file)
{
	const char *values[] = { arena_printf(plan->arena, "%d", file->version), file->name,
		file->checksum };

	TRY(apply_text(plan, file));
	return do_with(
	    plan, "INSERT INTO migration (version, name, checksum) VALUES ($1, $2, $3)", 3, values);
}

static enum err
apply_code(struct plan *plan, struct migration *file)
{
	PGresult *result = command(plan, fresh);
	const char *values[3] = { file->name, file->checksum };

	if (result == NULL)
		return ERR_INTERNAL;
	values[2] = arena_strdup(plan->arena, PQgetvalue(result, 0, 0));
	PQclear(result);
	TRY(apply_text(plan, file));
	return do_with(plan, code_keep, 3, values);
}

/* What a file that is gone defined becomes a left-over, unless another file defines it. */
static enum err
forget_gone(struct plan *plan)
{
	const char *names = "";
	size_t i;

	for (i = 0; i < plan->files.code_count; i++)
		names = arena_printf(plan->arena, "%s%s,", names, plan->files.code[i].name);
	return do_with(plan,
	    "DELETE FROM migration_code WHERE name <> ALL (string_to_array($1, ','))", 1, &names);
}

static enum err
check_code(struct plan *plan)
{
	PGresult *result = command(plan, code_functions);
	enum err err = result == NULL ? ERR_INTERNAL : ERR_OK;
	int i;

	for (i = 0; err == ERR_OK && i < PQntuples(result); i++) {
		const char *name = PQgetvalue(result, i, 0);

		err = do_with(plan, function_check, 1, &name);
		if (err != ERR_OK)
			log_error("a function does not fit the schema", LOG_STR("function", name));
	}
	PQclear(result);
	return err;
}

/* Functions of one file call those of another, so their bodies are looked at when all are there: also
 * those of unchanged files, for a numbered file may have taken what they need. */
static enum err
apply_in_tx(struct plan *plan)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < plan->files.count; i++)
		if (plan->files.numbered[i].applied == NULL) {
			TRY(apply_numbered(plan, &plan->files.numbered[i]));
			changed = true;
		}
	TRY(do_command(plan, "SET LOCAL check_function_bodies = off"));
	for (i = 0; i < plan->files.code_count; i++)
		if (!is_current(&plan->files.code[i])) {
			TRY(apply_code(plan, &plan->files.code[i]));
			changed = true;
		}
	TRY(forget_gone(plan));
	TRY(do_command(plan, "SET LOCAL check_function_bodies = on"));
	return changed ? check_code(plan) : ERR_OK;
}

static enum err
apply_missing(struct plan *plan)
{
	enum err err;

	TRY(plan_check(plan));
	TRY(do_command(plan, "BEGIN"));
	err = apply_in_tx(plan);
	if (err == ERR_OK)
		return do_command(plan, "COMMIT");
	log_error("nothing was migrated: all is rolled back");
	(void)do_command(plan, "ROLLBACK");
	return err;
}

static enum err
report_leftovers(struct plan *plan, migrate_report *report, void *arg)
{
	PGresult *result = command(plan, leftovers);
	int i;

	if (result == NULL)
		return ERR_INTERNAL;
	for (i = 0; i < PQntuples(result); i++)
		report(arg, 0, PQgetvalue(result, i, 0), "leftover");
	PQclear(result);
	return ERR_OK;
}

static enum err
report_applied(struct plan *plan, migrate_report *report, void *arg)
{
	size_t i;

	for (i = 0; i < plan->files.count; i++)
		if (plan->files.numbered[i].now)
			report(arg, plan->files.numbered[i].version, plan->files.numbered[i].name,
			    "applied");
	for (i = 0; i < plan->files.code_count; i++)
		if (plan->files.code[i].now)
			report(arg, 0, plan->files.code[i].name, "applied");
	return report_leftovers(plan, report, arg);
}

enum err
migrate_run(struct arena *arena, const char *url, const char *dir, migrate_report *report, void *arg)
{
	struct plan plan = { .arena = arena };
	enum err err = plan_make(&plan, url, dir);

	if (err == ERR_OK)
		err = apply_missing(&plan);
	if (err == ERR_OK && report != NULL)
		err = report_applied(&plan, report, arg);
	PQfinish(plan.conn); /* and with it the lock */
	return err;
}

static void
report_file(const struct migration *file, migrate_report *report, void *arg)
{
	report(arg, file->version, file->name,
	    file->applied == NULL  ? "pending"
		: is_current(file) ? "applied"
				   : "changed");
}

enum err
migrate_status(
    struct arena *arena, const char *url, const char *dir, migrate_report *report, void *arg)
{
	struct plan plan = { .arena = arena };
	enum err err = plan_make(&plan, url, dir);
	size_t i;

	if (err == ERR_OK) {
		for (i = 0; i < plan.files.count; i++)
			report_file(&plan.files.numbered[i], report, arg);
		for (i = 0; i < plan.files.code_count; i++)
			report_file(&plan.files.code[i], report, arg);
		err = report_leftovers(&plan, report, arg);
	}
	PQfinish(plan.conn);
	return err == ERR_OK ? plan_check(&plan) : err;
}
