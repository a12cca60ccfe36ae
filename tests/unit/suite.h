/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the tests of a program: the end of each main(). */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tells whether a test that cannot run on this host is a failed one. */
static inline bool suite_must_run(void)
{
	const char *must_run = getenv("SHALE_MUST_RUN");

	return must_run && !strcmp(must_run, "1");
}

/* Prints that the program is skipped because of WHY, or failed with SHALE_MUST_RUN=1. Returns the
 * program's exit status. */
static inline int suite_skip(const char *why)
{
	bool fail = suite_must_run();

	printf(fail ? "1..1\nnot ok 1 - %s\n" : "1..0 # SKIP %s\n", why);
	return fail;
}

/* Runs SUITE and frees it. Returns the program's exit status. */
static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
