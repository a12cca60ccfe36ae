/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/kernel_fixture.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

START_TEST(volatile_marks_the_work_directory)
{
	struct fixture *fixture = fixture_open(2);

	fixture->spec.volatile_ = true;
	take_way(_i);
	fixture_mount(fixture);
	ck_assert_int_eq(access("top/work/work/incompat/volatile", F_OK), 0);
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_label_without_selinux_is_refused_in_words)
{
	struct fixture *fixture = fixture_open(2);

	if (access("/sys/fs/selinux/enforce", F_OK) < 0) {
		fixture->spec.label = "system_u:object_r:container_file_t:s0:c1,c2";
		take_way(_i);
		ck_assert_int_lt(backend_kernel.mount(&fixture->spec, &fixture->err), 0);
		ck_assert_msg(!!strstr(fixture->err.remedy, "SELinux"), "%s", fixture->err.remedy);
	}
	fixture_close(fixture);
}
END_TEST

START_TEST(owners_in_xattrs_are_refused_with_the_remedy)
{
	struct fixture *fixture = fixture_open(2);

	fixture->spec.ownership = OWNERSHIP_OVERRIDE;
	ck_assert_int_eq(backend_kernel.mount(&fixture->spec, &fixture->err), -EOPNOTSUPP);
	ck_assert_msg(!!strstr(fixture->err.remedy, "fuse"), "%s", fixture->err.remedy);
	fixture_close(fixture);
}
END_TEST

/* Tests hard links, directory renames and chmod with the options in kernel/kernel_mount.h. */
START_TEST(the_mount_makes_neither_redirects_nor_metacopies)
{
	struct fixture *fixture = fixture_open(2);
	struct stat st;

	ck_assert_int_eq(mkdir("layer0/diff/dir", 0755), 0);
	fixture_mount(fixture);
	ck_assert_int_lt(rename("top/merged/dir", "top/merged/moved"), 0);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(chmod("top/merged/f0", 0600), 0);
	assert_holds("top/diff/f0", "lower");
	ck_assert_int_eq(stat("top/diff/f0", &st), 0);
	ck_assert_int_gt((int)st.st_blocks, 0);
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

/* Mounts layer0 over layer1 with OPTIONS, and calls WORK in the mount. */
static void make_with_option(struct fixture *fixture, const char *options, void (*work)(void))
{
	char data[512];

	ck_assert_int_eq(mkdir("layer1/diff/dir", 0755), 0);
	make_file("layer1/diff/dir/deep", "deep");
	snprintf(data, sizeof(data),
		"%s,lowerdir=layer1/diff,upperdir=layer0/diff,workdir=top/work", options);
	ck_assert_int_eq(mount("x", "top/merged", "overlay", 0, data), 0);
	work();
	ck_assert_int_eq(umount("top/merged"), 0);
}

static void rename_dir(void)
{
	ck_assert_int_eq(rename("top/merged/dir", "top/merged/moved"), 0);
}

static void change_mode(void)
{
	ck_assert_int_eq(chmod("top/merged/f1", 0640), 0);
	ck_assert_int_eq(rename("top/merged/f1", "top/merged/g1"), 0);
}

START_TEST(redirects_in_a_layer_are_followed)
{
	struct fixture *fixture = fixture_open(2);

	if (xattr_class_of_process() == XATTR_TRUSTED) {
		make_with_option(fixture, "redirect_dir=on,metacopy=off", rename_dir);
		fixture->spec.redirects = true;
		take_way(_i);
		fixture_mount(fixture);
		assert_holds("top/merged/moved/deep", "deep");
		ck_assert_int_lt(access("top/merged/dir", F_OK), 0);
		fixture_umount(fixture);
	}
	fixture_close(fixture);
}
END_TEST

START_TEST(metacopies_in_a_layer_are_followed)
{
	struct fixture *fixture = fixture_open(2);
	struct stat st;

	if (xattr_class_of_process() == XATTR_TRUSTED) {
		make_with_option(fixture, "redirect_dir=on,metacopy=on", change_mode);
		take_way(_i);
		/* Without the option the kernel refuses to open the file, and does not show an
		 * empty one. */
		fixture_mount(fixture);
		ck_assert_int_lt(open("top/merged/g1", O_RDONLY | O_CLOEXEC), 0);
		fixture_umount(fixture);
		fixture->spec.metacopies = true;
		fixture_mount(fixture);
		assert_holds("top/merged/g1", "lower");
		ck_assert_int_eq(stat("top/merged/g1", &st), 0);
		ck_assert_int_eq(st.st_mode & 07777, 0640);
		fixture_umount(fixture);
	}
	fixture_close(fixture);
}
END_TEST

START_TEST(in_a_user_namespace_neither_is_mounted)
{
	struct shale_error err = { 0 };

	ck_assert_msg(shale_unshare(&err) >= 0, "%s", err.text);
	struct fixture *fixture = fixture_open(2);
	fixture->spec.redirects = _i == 0;
	fixture->spec.metacopies = _i == 1;
	ck_assert_int_eq(backend_kernel.mount(&fixture->spec, &fixture->err), -EOPNOTSUPP);
	ck_assert_msg(!!strstr(fixture->err.remedy, "shale convert"), "%s", fixture->err.remedy);
	fixture_close(fixture);
}
END_TEST

TCase *kernel_option_tests(void)
{
	TCase *tests = tcase_create("option");

	tcase_add_loop_test(tests, volatile_marks_the_work_directory, 0, WAYS);
	tcase_add_loop_test(tests, a_label_without_selinux_is_refused_in_words, 0, WAYS);
	tcase_add_test(tests, owners_in_xattrs_are_refused_with_the_remedy);
	tcase_add_test(tests, the_mount_makes_neither_redirects_nor_metacopies);
	tcase_add_loop_test(tests, redirects_in_a_layer_are_followed, 0, WAYS);
	tcase_add_loop_test(tests, metacopies_in_a_layer_are_followed, 0, WAYS);
	tcase_add_loop_test(tests, in_a_user_namespace_neither_is_mounted, 0, 2);
	return tests;
}
