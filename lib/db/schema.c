#include "db/schema.h"
#include "base/version.h"
#include "db/outage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char schema_question[] = "SELECT coalesce(max(version), 0) FROM migration";

enum err
schema_judge(const PGresult *answer, int64_t *version)
{
	const char *state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
	char detail[64];

	*version = 0;
	if (PQresultStatus(answer) == PGRES_TUPLES_OK && PQntuples(answer) == 1) {
		*version = strtoll(PQgetvalue(answer, 0, 0), NULL, 10);
	} else if (state == NULL ||
	    strcmp(state, "42P01") != 0) { /* 42P01: no table, so no migration */
		outage_failed("cannot read the version of the schema", PQresultErrorMessage(answer));
		return ERR_INTERNAL;
	}
	if (*version >= confab_schema)
		return ERR_OK;
	(void)snprintf(detail, sizeof(detail), "%lld of %lld migrations", (long long)*version,
	    (long long)confab_schema);
	outage_failed("the schema is older than this program: run `confab migrate`", detail);
	return ERR_CONFLICT;
}
