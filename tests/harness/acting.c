#include "harness/acting.h"

#include <CUnit/CUnit.h>
#include <string.h>

static enum err
run_in_tx(struct db *db, void *arg)
{
	return act_run(db, arg);
}

enum err
acting(struct db *db, const char *by, const char *act, const char *id, const char *input)
{
	struct act_call call = { act_find(act), .id = id, .by = { by, "req-acting" } };
	struct json_fault fault;

	CU_ASSERT_PTR_NOT_NULL_FATAL(call.act);
	if (input != NULL)
		CU_ASSERT_EQUAL_FATAL(
		    json_parse(db_arena(db), input, strlen(input), &fault, &call.input), ERR_OK);
	return db_tx(db, run_in_tx, &call);
}
