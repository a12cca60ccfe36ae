/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the inode numbers of layers on several filesystems. */
#include "fuse/merge/lookup/xino.h"
#include "fuse/merge/table/table.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <stdlib.h>

enum { BY_KERNEL, BY_KERNEL_32, WITHIN_32 };

/* The numbers that Linux 6.18 shows, and for WITHIN_32 those that shale-fuse(1) describes. */
static const struct {
	int way;
	unsigned int n;
	bool upper;
	uint16_t filesystem;
	uint64_t number, shown;
} cases[] = {
	{ BY_KERNEL, 2, true, 0, 0x2a, 0x2a },
	{ BY_KERNEL, 2, true, 1, 7, 0x8000000000000007 },
	{ BY_KERNEL, 3, true, 1, 7, 0x4000000000000007 },
	{ BY_KERNEL, 3, true, 2, 3, 0x8000000000000003 },
	{ BY_KERNEL, 2, false, 0, 7, 0x4000000000000007 },
	{ BY_KERNEL, 2, false, 1, 3, 0x8000000000000003 },
	{ BY_KERNEL_32, 2, true, 1, 0xc, 0x20000000c },
	{ BY_KERNEL_32, 2, true, 1, 0xffffffff, 0x2ffffffff },
	{ WITHIN_32, 2, true, 0, 0x7fffffff, 0x7fffffff },
	{ WITHIN_32, 2, true, 1, 0x10c199, 0x8010c199 },
	{ WITHIN_32, 3, true, 1, 7, 0x40000007 },
	{ WITHIN_32, 3, true, 2, 7, 0x80000007 },
	{ WITHIN_32, 2, true, 0, 0x100000000, 0x100000000 },
	{ WITHIN_32, 2, true, 1, 0x80000000, 0x100000080000000 },
};

START_TEST(each_filesystem_has_bits_of_its_own)
{
	struct xino xino = cases[_i].way == WITHIN_32 ? xino_within_32_bits(cases[_i].n)
						      : xino_of_kernel(cases[_i].n, cases[_i].upper,
								cases[_i].way == BY_KERNEL_32);
	uint64_t ino = ino_compose(cases[_i].filesystem, cases[_i].number);

	ck_assert_uint_eq(xino_show(&xino, ino), cases[_i].shown);
}
END_TEST

START_TEST(no_two_files_have_one_number)
{
	static const uint64_t numbers[] = { 1, 0x3fffffff, 0x40000001, 0x80000001, 0xc0000001,
		0xffffffff, 0x100000001, 0xff00000000001 };
	enum { NUMBERS = sizeof(numbers) / sizeof(*numbers), FILESYSTEMS = 4 };
	struct xino xino = xino_within_32_bits(FILESYSTEMS);
	uint64_t shown[FILESYSTEMS * NUMBERS];
	size_t n = 0;

	for (uint16_t filesystem = 0; filesystem < FILESYSTEMS; filesystem++)
		for (size_t i = 0; i < NUMBERS; i++)
			shown[n++] = xino_show(&xino, ino_compose(filesystem, numbers[i]));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(shown[i], shown[j]);
}
END_TEST

START_TEST(numbers_of_one_filesystem_are_shown_as_they_are)
{
	ck_assert_uint_eq(xino_show(&(struct xino){ 0 }, 0x123456789abcdef0), 0x123456789abcdef0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xino");
	TCase *tcase = tcase_create("xino");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(
		tcase, each_filesystem_has_bits_of_its_own, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(tcase, no_two_files_have_one_number);
	tcase_add_test(tcase, numbers_of_one_filesystem_are_shown_as_they_are);
	return suite_run(suite);
}
