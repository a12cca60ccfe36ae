/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/option_struct.h"

#include "common/shale.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct options {
	size_t size;
	const char *first, *second;
	unsigned long flags;
};

static const size_t smaller[] = { sizeof(size_t), offsetof(struct options, second),
	offsetof(struct options, flags), sizeof(struct options) };

/* Allocates SIZE bytes right before memory that cannot be read. */
static char *room(size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(
		NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_int_eq(mprotect(map + page, page, PROT_NONE), 0);
	return map + page - size;
}

START_TEST(a_smaller_struct_is_taken_and_nothing_behind_it_is_read)
{
	const struct options full = { smaller[_i], "first", "second", 1 };
	char *theirs = room(smaller[_i]);
	struct options mine;

	memset(&mine, 0xff, sizeof(mine));
	memcpy(theirs, &full, smaller[_i]);
	ck_assert_int_eq(option_struct_take(&mine, sizeof(mine), theirs, "test", NULL), 0);
	ck_assert_uint_eq(mine.size, sizeof(mine));
	ck_assert_ptr_eq(mine.first, _i >= 1 ? full.first : NULL);
	ck_assert_ptr_eq(mine.second, _i >= 2 ? full.second : NULL);
	ck_assert_uint_eq(mine.flags, _i >= 3 ? 1 : 0);
}
END_TEST

START_TEST(no_struct_is_one_of_zeros)
{
	struct options mine;

	memset(&mine, 0xff, sizeof(mine));
	ck_assert_int_eq(option_struct_take(&mine, sizeof(mine), NULL, "test", NULL), 0);
	ck_assert_uint_eq(mine.size, sizeof(mine));
	ck_assert_ptr_null(mine.first);
	ck_assert_uint_eq(mine.flags, 0);
}
END_TEST

START_TEST(a_larger_struct_is_taken_while_its_tail_is_zero)
{
	const size_t size = sizeof(struct options) + 24;
	char *theirs = room(size);
	const struct options full = { size, "first", NULL, 0 };
	struct shale_error err = { 0 };
	struct options mine;

	memcpy(theirs, &full, sizeof(full));
	ck_assert_int_eq(option_struct_take(&mine, sizeof(mine), theirs, "test", &err), 0);
	ck_assert_ptr_eq(mine.first, full.first);
	theirs[size - 1] = 1;
	ck_assert_int_eq(option_struct_take(&mine, sizeof(mine), theirs, "test", &err), -E2BIG);
	ck_assert_str_ne(err.remedy, "");
}
END_TEST

static const size_t absurd[] = { 0, 1, sizeof(size_t) - 1, 4097, (size_t)-1 };

START_TEST(a_size_that_no_struct_has_is_refused)
{
	const struct options theirs = { .size = absurd[_i] };
	struct shale_error err = { 0 };
	struct options mine;

	ck_assert_int_eq(option_struct_take(&mine, sizeof(mine), &theirs, "test", &err), -EINVAL);
	ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(unknown_flags_are_refused)
{
	ck_assert_int_eq(option_flags_check(0, 0, "test", NULL), 0);
	ck_assert_int_eq(option_flags_check(3, 7, "test", NULL), 0);
	ck_assert_int_eq(option_flags_check(8, 7, "test", NULL), -EINVAL);
}
END_TEST

_Static_assert(SHALE_VERSION == SHALE_VERSION_MAJOR * 1000000 + SHALE_VERSION_MINOR * 1000 +
					SHALE_VERSION_MICRO,
	"the version is made of its parts");

/* Option structs must not have padding: callers need not zero it, so a later field there would read
 * garbage. */
#define SIZE(type, member) sizeof(((struct type *)0)->member)
_Static_assert(sizeof(struct shale_store_options) == offsetof(struct shale_store_options, log_arg) +
							     SIZE(shale_store_options, log_arg),
	"no padding at the end");
_Static_assert(
	sizeof(struct shale_layer_options) == offsetof(struct shale_layer_options, hold_data) +
						      SIZE(shale_layer_options, hold_data),
	"no padding at the end");
_Static_assert(
	sizeof(struct shale_import_options) == offsetof(struct shale_import_options, progress_arg) +
						       SIZE(shale_import_options, progress_arg),
	"no padding at the end");

int main(void)
{
	Suite *suite = suite_create("option structs");
	TCase *tests = tcase_create("take");

	tcase_add_loop_test(tests, a_smaller_struct_is_taken_and_nothing_behind_it_is_read, 0,
		sizeof(smaller) / sizeof(*smaller));
	tcase_add_test(tests, no_struct_is_one_of_zeros);
	tcase_add_test(tests, a_larger_struct_is_taken_while_its_tail_is_zero);
	tcase_add_loop_test(
		tests, a_size_that_no_struct_has_is_refused, 0, sizeof(absurd) / sizeof(*absurd));
	tcase_add_test(tests, unknown_flags_are_refused);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
