/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the tests of a program: the end of each main(). */
#pragma once

#include <check.h>
#include <stdlib.h>

/* Runs SUITE and frees it. Returns the program's exit status. */
static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
