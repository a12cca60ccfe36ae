/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the trials of an upper layer's filesystem: a well-known filesystem gets few trials, and all
 * of them if one fails. */
#include "common/overlay/upper_lacks.h"
#include "tests/unit/refuse.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* Checks that the trials have removed all files that they made. */
static void assert_empty(int dir)
{
	char *names = scratch_names(dir);

	ck_assert_str_eq(names, "");
	free(names);
}

START_TEST(a_local_filesystem_lacks_nothing)
{
	int work = scratch_dir();
	struct statfs fs;

	ck_assert_int_eq(fstatfs(work, &fs), 0);
	if (!scratch_is_real_root() ||
		(fs.f_type != EXT4_SUPER_MAGIC && fs.f_type != XFS_SUPER_MAGIC &&
			fs.f_type != BTRFS_SUPER_MAGIC && fs.f_type != TMPFS_MAGIC))
		return;
	ck_assert_int_eq(upper_lacks_find(work, XATTR_TRUSTED), 0);
	assert_empty(work);
}
END_TEST

START_TEST(refused_renames_are_found_on_any_filesystem)
{
	const int calls[] = { SYS_renameat2 };
	enum { RENAMES = LACKS_EXCHANGE | LACKS_NOREPLACE | LACKS_RENAME_WHITEOUT };
	int work = scratch_dir();

	ck_assert_int_eq(refuse_calls(calls, 1, EPERM), 0);
	ck_assert_int_eq(upper_lacks_find(work, XATTR_USER) & RENAMES, RENAMES);
	assert_empty(work);
}
END_TEST

START_TEST(refused_devices_make_all_be_tried)
{
	const int calls[] = { SYS_mknodat, SYS_linkat };
	enum { REFUSED = LACKS_DEVICE_0_0 | LACKS_LINKS };
	int work = scratch_dir();

	ck_assert_int_eq(refuse_calls(calls, 2, EPERM), 0);
	ck_assert_int_eq(upper_lacks_find(work, XATTR_USER) & REFUSED, REFUSED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("upper_lacks");
	TCase *tcase = tcase_create("upper_lacks");

	tcase_add_test(tcase, a_local_filesystem_lacks_nothing);
	if (suite_must_run() || refuse_is_possible()) {
		tcase_add_test(tcase, refused_renames_are_found_on_any_filesystem);
		tcase_add_test(tcase, refused_devices_make_all_be_tried);
	}
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
