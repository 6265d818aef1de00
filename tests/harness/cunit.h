/*
 * The frame of a unit test: each tests/unit/test_X.c is one program with a table of tests and
 *
 *	int
 *	main(void)
 *	{
 *		return cunit_run("buf", tests);
 *	}
 *
 * Names are sentences. What fails is printed with file and line; then one line tells the sum. The
 * result is 0 only when tests ran and all passed.
 */
#ifndef HARNESS_CUNIT_H
#define HARNESS_CUNIT_H

#include "harness/require.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stddef.h>
#include <stdio.h>

struct cunit_test {
	const char *name; /* a sentence; NULL ends the table */
	CU_TestFunc fn;
};

/* The failed asserts and what could not be run, on standard error. */
static inline void
cunit_print_failures(const char *suite)
{
	const CU_FailureRecord *record;

	for (record = CU_get_failure_list(); record != NULL; record = record->pNext)
		(void)fprintf(stderr, "%s:%u: %s: %s\n",
		    record->strFileName != NULL ? record->strFileName : "?", record->uiLineNumber,
		    record->pTest != NULL ? record->pTest->pName : suite,
		    record->strCondition != NULL ? record->strCondition : "?");
}

/* Run the table; the exit status of main. */
static inline int
cunit_run(const char *suite, const struct cunit_test *tests)
{
	CU_pSuite made;
	unsigned wanted = 0, failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	made = CU_add_suite(suite, NULL, NULL);
	for (; made != NULL && tests->name != NULL; tests++) {
		wanted++;
		if (CU_add_test(made, tests->name, tests->fn) == NULL)
			break;
	}
	(void)CU_run_all_tests();
	cunit_print_failures(suite);
	failed = CU_get_number_of_failures();
	if (CU_get_number_of_tests_run() != wanted || wanted == 0) {
		(void)fprintf(stderr, "%s: %u tests of %u ran\n", suite,
		    CU_get_number_of_tests_run(), wanted);
		failed++;
	}
	(void)printf("%s: %u tests, %u asserts%s\n", suite, CU_get_number_of_tests_run(),
	    CU_get_number_of_asserts(), failed == 0 ? " ok" : ", FAILED");
	CU_cleanup_registry();
	return failed == 0 ? 0 : 1;
}

#endif
