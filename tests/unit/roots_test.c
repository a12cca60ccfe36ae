/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the set of the directories that make up a mount. */
#include "fuse/merge/lookup/roots.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>

enum { MANY = 500, STEP = 7 }; /* STEP and MANY have no common factor */

/* Removes the roots in another order than they were added, so that some have moved on to the slots
 * behind their own. */
START_TEST(a_removed_root_is_gone_and_the_others_stay)
{
	struct roots roots;
	bool removed[MANY] = { false };

	ck_assert_int_eq(roots_open(&roots, MANY), 0);
	for (ino_t ino = 0; ino < MANY; ino++)
		ck_assert_int_eq(roots_add(&roots, 3, ino + 1), 0);
	ck_assert_int_eq(roots_add(&roots, 3, 1), -EEXIST);
	for (unsigned int i = 0; i < MANY; i++) {
		unsigned int victim = i * STEP % MANY;

		roots_remove(&roots, 3, victim + 1);
		removed[victim] = true;
		for (unsigned int other = 0; other < MANY; other++)
			ck_assert_int_eq(roots_have(&roots, 3, other + 1), !removed[other]);
	}
	roots_remove(&roots, 3, 1);
	ck_assert_int_eq(roots_add(&roots, 3, 1), 0);
	roots_close(&roots);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("roots");
	TCase *tests = tcase_create("roots");

	tcase_add_test(tests, a_removed_root_is_gone_and_the_others_stay);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
