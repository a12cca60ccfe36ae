/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/inroot.h"
#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "tests/unit/refuse.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int root;

static void link_to(const char *target, const char *name)
{
	ck_assert_int_eq(symlinkat(target, root, name), 0);
}

/* Makes a directory. Each directory has a mode of its own, which tells where a name has led. */
static void make_dir(const char *name, mode_t mode)
{
	scratch_mkdir(root, name);
	ck_assert_int_eq(fchmodat(root, name, mode, 0), 0);
}

static void make_tree(void)
{
	int outside = scratch_dir();

	scratch_mkdir(outside, "root");
	root = openat(outside, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fchmod(root, 0700);
	make_dir("a", 0701);
	make_dir("a/b", 0702);
	make_dir("etc", 0703);
	scratch_write(root, "file", "x");
	link_to("a/b", "rel");
	link_to("/a/b", "abs");
	link_to("../../../etc", "up");
	link_to("/etc", "a/etc");
	link_to("..", "a/b/dotdot");
	link_to("loop", "loop");
	link_to("rel/dotdot/b", "chain");
	link_to("missing/dir", "dangling");
	link_to("file", "tofile");
	link_to("/proc/self/root", "magic");
	close(outside);
}

static const struct {
	const char *path;
	int inroot;  /* mode of the directory that inroot_open_dir finds, or a negative errno */
	int beneath; /* the result of beneath_open_dir, which follows no links and no ".." */
} cases[] = {
	{ "", 0700, 0700 },
	{ "a", 0701, 0701 },
	{ "a/b", 0702, 0702 },
	{ "a//b/", 0702, 0702 },
	{ "./a/./b", 0702, 0702 },
	{ "rel", 0702, -ELOOP },
	{ "abs", 0702, -ELOOP },
	{ "up", 0703, -ELOOP },
	{ "a/etc", 0703, -ELOOP },
	{ "a/b/dotdot", 0701, -ELOOP },
	{ "a/b/dotdot/b", 0702, -ELOOP },
	{ "chain", 0702, -ELOOP },
	{ "..", 0700, -EXDEV },
	{ "a/../../etc", 0703, -EXDEV },
	{ "loop", -ELOOP, -ELOOP },
	{ "loop/x", -ELOOP, -ELOOP },
	{ "dangling", -ENOENT, -ELOOP },
	{ "missing", -ENOENT, -ENOENT },
	{ "missing/x", -ENOENT, -ENOENT },
	{ "file", -ENOTDIR, -ENOTDIR },
	{ "file/x", -ENOTDIR, -ENOTDIR },
	{ "tofile", -ENOTDIR, -ELOOP },
	{ "magic", -ENOENT, -ELOOP },
};

static int mode_or_error(int opened)
{
	auto_close int fd = opened;
	struct stat st;

	if (fd < 0)
		return fd;
	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_mode & 0777;
}

START_TEST(names_lead_where_a_root_directory_would_lead_them)
{
	int got = mode_or_error(inroot_open_dir(root, cases[_i].path, NULL, NULL));

	ck_assert_msg(got == cases[_i].inroot, "'%s': %o or %d", cases[_i].path, got, got);
}
END_TEST

/* A symbolic link gives ENOTDIR where the path is opened part by part, and ELOOP where the kernel
 * opens it. */
START_TEST(beneath_follows_neither_links_nor_dotdot)
{
	int got = mode_or_error(beneath_open_dir(root, cases[_i].path));

	bool is_link = got == -ENOTDIR && cases[_i].beneath == -ELOOP;
	ck_assert_msg(
		is_link || got == cases[_i].beneath, "'%s': %o or %d", cases[_i].path, got, got);
}
END_TEST

static const struct {
	const char *name;
	size_t length;
	int answer;
} components[] = {
	{ "a", 1, 0 },
	{ "..a", 3, 0 },
	{ "...", 3, 0 },
	{ ".a", 2, 0 },
	{ "..", 1, -EACCES },
	{ "..", 2, -EACCES },
	{ "", 0, -EACCES },
	{ "a/b", 3, -EACCES },
	{ "a/b", 1, 0 },
	{ "a\0b", 3, -EACCES },
};

START_TEST(a_component_is_one_name_that_stays_where_it_is)
{
	ck_assert_int_eq(
		component_check(components[_i].name, components[_i].length), components[_i].answer);
}
END_TEST

static const struct {
	const char *path;
	int flags;
	int answer; /* the mode, or a negative errno */
} opened[] = {
	{ "", O_RDONLY | O_DIRECTORY, 0700 },
	{ "file", O_RDONLY, 0644 },
	{ "file/", O_RDONLY | O_DIRECTORY, -ENOTDIR },
	{ "a/b/", O_RDONLY | O_DIRECTORY, 0702 },
	{ "tofile", O_RDONLY, -ELOOP },
	{ "tofile", O_PATH, -ELOOP },
	{ "rel/x", O_RDONLY, -ELOOP },
	{ "../root/file", O_RDONLY, -EXDEV },
};

START_TEST(beneath_opens_files_too_but_no_link)
{
	int got = mode_or_error(beneath_open(root, opened[_i].path, opened[_i].flags));

	bool is_link = got == -ENOTDIR && opened[_i].answer == -ELOOP;
	ck_assert_msg(
		is_link || got == opened[_i].answer, "'%s': %o or %d", opened[_i].path, got, got);
}
END_TEST

static int make_0711(int dirfd, const char *name, void *arg)
{
	++*(int *)arg;
	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -ENOTDIR;
	return mkdirat(dirfd, name, 0711) == 0 ? 0 : -errno;
}

static const struct {
	const char *path;
	int result, calls;
} made[] = {
	{ "x/y/z", 0711, 3 },
	{ "a/b/c", 0711, 1 },
	{ "a/b", 0702, 0 },
	{ "dangling/deep", 0711, 3 },
	{ "up/x", 0711, 1 },
	{ "file/x", -ENOTDIR, 1 },
	{ "loop/x", -ELOOP, 0 },
};

START_TEST(missing_directories_are_made_inside)
{
	int calls = 0;
	int got = mode_or_error(inroot_open_dir(root, made[_i].path, make_0711, &calls));

	ck_assert_msg(got == made[_i].result, "'%s': %o or %d", made[_i].path, got, got);
	ck_assert_int_eq(calls, made[_i].calls);
}
END_TEST

START_TEST(paths_may_be_longer_than_the_kernel_takes)
{
	char *path = calloc(300, 51 + 1);
	int calls = 0;

	for (int i = 0; i < 300; i++)
		strcat(path, "/12345678901234567890123456789012345678901234567890");
	ck_assert_int_eq(mode_or_error(inroot_open_dir(root, path, NULL, NULL)), -ENOENT);
	ck_assert_int_eq(mode_or_error(inroot_open_dir(root, path, make_0711, &calls)), 0711);
	ck_assert_int_eq(calls, 300);
	ck_assert_int_eq(mode_or_error(inroot_open_dir(root, path, NULL, NULL)), 0711);
	ck_assert_int_eq(mode_or_error(beneath_open_dir(root, path + 1)), 0711);
	free(path);
}
END_TEST

static TCase *resolver(const char *name, void (*prepare)(void))
{
	TCase *tests = tcase_create(name);

	tcase_add_checked_fixture(tests, make_tree, NULL);
	if (prepare)
		tcase_add_checked_fixture(tests, prepare, NULL);
	tcase_add_loop_test(
		tests, names_lead_where_a_root_directory_would_lead_them, 0, COUNT(cases));
	tcase_add_loop_test(tests, beneath_follows_neither_links_nor_dotdot, 0, COUNT(cases));
	tcase_add_loop_test(
		tests, a_component_is_one_name_that_stays_where_it_is, 0, COUNT(components));
	tcase_add_loop_test(tests, beneath_opens_files_too_but_no_link, 0, COUNT(opened));
	tcase_add_loop_test(tests, missing_directories_are_made_inside, 0, COUNT(made));
	tcase_add_test(tests, paths_may_be_longer_than_the_kernel_takes);
	return tests;
}

static void by_hand(void)
{
	beneath_set_way(BENEATH_BY_HAND);
}

static const int openat2_call[] = { SYS_openat2 };

static void old_kernel(void)
{
	ck_assert_int_eq(refuse_calls(openat2_call, 1, ENOSYS), 0);
}

static void container_filter(void)
{
	ck_assert_int_eq(refuse_calls(openat2_call, 1, EPERM), 0);
}

int main(void)
{
	Suite *suite = suite_create("inroot");

	if (!scratch_become_root())
		return 77;
	suite_add_tcase(suite, resolver("openat2", NULL));
	suite_add_tcase(suite, resolver("by hand", by_hand));
	if (suite_must_run() || refuse_is_possible()) {
		suite_add_tcase(suite, resolver("a kernel without openat2", old_kernel));
		suite_add_tcase(
			suite, resolver("a container that refuses openat2", container_filter));
	}
	return suite_run(suite);
}
