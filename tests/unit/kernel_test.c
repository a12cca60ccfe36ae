/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/kernel_fixture.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

START_TEST(a_busy_mount_names_its_users)
{
	struct fixture *fixture = fixture_open(2);
	char target[4200], words[64];

	fixture_mount(fixture);
	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	int fd = open("top/merged/f0", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(
		backend_kernel.umount(&(struct mounted){ .target = target }, &fixture->err),
		-EBUSY);
	snprintf(words, sizeof(words), "in use by %d ", getpid());
	ck_assert_msg(!!strstr(fixture->err.text, words), "%s", fixture->err.text);
	ck_assert_str_ne(fixture->err.remedy, "");
	assert_holds("top/merged/f1", "lower");
	close(fd);
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_mount_below_is_named)
{
	struct fixture *fixture = fixture_open(2);
	char target[4200];

	ck_assert_int_eq(mkdir("layer0/diff/a b", 0755), 0);
	fixture_mount(fixture);
	ck_assert_int_eq(mount("tmpfs", "top/merged/a b", "tmpfs", 0, "size=64k"), 0);
	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	ck_assert_int_eq(
		backend_kernel.umount(&(struct mounted){ .target = target }, &fixture->err),
		-EBUSY);
	ck_assert_msg(!!strstr(fixture->err.text, "/top/merged/a b"), "%s", fixture->err.text);
	ck_assert_int_eq(umount("top/merged/a b"), 0);
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_plain_directory_is_not_unmounted)
{
	struct fixture *fixture = fixture_open(2);
	char target[4200];

	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	ck_assert_int_eq(
		backend_kernel.umount(&(struct mounted){ .target = target }, &fixture->err),
		-EINVAL);
	error_clear(&fixture->err);
	ck_assert_int_eq(
		backend_kernel.umount(&(struct mounted){ .target = "/no/such" }, &fixture->err),
		-ENOENT);
	fixture_mount(fixture);
	ck_assert_int_eq(symlink("merged", "top/link"), 0);
	snprintf(target, sizeof(target), "%s/top/link", fixture->home_path);
	ck_assert_int_lt(backend_kernel.umount(&(struct mounted){ .target = target }, NULL), 0);
	assert_holds("top/merged/f0", "lower");
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_detached_mount_lasts_for_who_is_in_it)
{
	struct fixture *fixture = fixture_open(2);
	char target[4200];

	fixture_mount(fixture);
	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	auto_close int in = open("top/merged", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(
		backend_kernel.detach(&(struct mounted){ .target = target }, &fixture->err), 0);
	ck_assert_ptr_null(mountinfo_of(target));
	ck_assert_int_lt(access("top/merged/f0", F_OK), 0);
	ck_assert_int_eq(faccessat(in, "f0", F_OK, 0), 0);
	ck_assert_int_eq(
		backend_kernel.detach(&(struct mounted){ .target = target }, &fixture->err),
		-EINVAL);
	fixture_close(fixture);
}
END_TEST

static TCase *umount_tests(void)
{
	TCase *tests = tcase_create("umount");

	tcase_add_test(tests, a_busy_mount_names_its_users);
	tcase_add_test(tests, a_mount_below_is_named);
	tcase_add_test(tests, a_detached_mount_lasts_for_who_is_in_it);
	tcase_add_test(tests, a_plain_directory_is_not_unmounted);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("kernel");

	fixture_namespace();
	suite_add_tcase(suite, kernel_mount_tests());
	suite_add_tcase(suite, kernel_old_tests());
	suite_add_tcase(suite, kernel_option_tests());
	suite_add_tcase(suite, umount_tests());
	suite_add_tcase(suite, kernel_probe_tests());
	return suite_run(suite);
}
