/*
 * A condition of the test's own tools: inside a test a fatal CUnit assert, outside of one (in main
 * before the tests, where CUnit asserts abort) the end of the program. And how long a test waits for one.
 */
#ifndef HARNESS_REQUIRE_H
#define HARNESS_REQUIRE_H

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* The limit of every wait, against hanging. It measures nothing, for a busy machine takes ten times as long as a
 * quiet one: that a thing is soon is shown by what had not happened before it. */
enum { HANG_US = 60000000 };

static inline void
require(bool holds)
{
	if (CU_get_current_test() != NULL)
		CU_ASSERT_FATAL(holds);
	if (!holds)
		exit(2);
}

#endif
