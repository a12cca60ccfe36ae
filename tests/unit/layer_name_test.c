/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/layer_name.h"

#include "common/base/scope.h"
#include "common/overlay/marks.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static const struct {
	const char *name;
	mode_t mode;
	unsigned int major, minor;
	off_t size;
	bool aufs;
	enum layer_kind kind;
} cases[] = {
	{ "gone", S_IFCHR, 0, 0, 0, false, LAYER_WHITEOUT },
	{ "null", S_IFCHR | 0666, 1, 3, 0, false, LAYER_FILE },
	{ "disk", S_IFBLK, 0, 0, 0, false, LAYER_FILE },
	{ "dir", S_IFDIR | 0755, 0, 0, 0, false, LAYER_DIRECTORY },
	{ "file", S_IFREG | 0644, 0, 0, 5, false, LAYER_FILE },
	{ "link", S_IFLNK | 0777, 0, 0, 0, false, LAYER_FILE },
	{ ".wh.file", S_IFREG | 0644, 0, 0, 0, true, LAYER_MARK },
	{ ".wh..wh..opq", S_IFREG | 0644, 0, 0, 0, true, LAYER_MARK },
	{ ".wh.file", S_IFREG | 0644, 0, 0, 5, false, LAYER_FILE },
	{ ".who", S_IFREG | 0644, 0, 0, 5, true, LAYER_FILE },
};

START_TEST(kind_follows_from_name_and_stat)
{
	const struct layer_rules rules = { .class = XATTR_USER, .aufs = cases[_i].aufs };
	const struct stat st = { .st_mode = cases[_i].mode,
		.st_rdev = makedev(cases[_i].major, cases[_i].minor),
		.st_size = cases[_i].size };

	ck_assert_int_eq(layer_judge(&rules, -1, cases[_i].name, &st), (int)cases[_i].kind);
}
END_TEST

START_TEST(listed_names_that_cannot_be_asked_are_files)
{
	const struct layer_rules rules = { .class = XATTR_USER };

	ck_assert_int_eq(layer_judge_listed(&rules, -1, "file", DT_REG), LAYER_FILE);
	ck_assert_int_eq(layer_judge_listed(&rules, -1, "dir", DT_DIR), LAYER_DIRECTORY);
	ck_assert_int_eq(layer_judge_listed(&rules, -1, "gone", DT_CHR), LAYER_FILE);
}
END_TEST

START_TEST(absent_names_are_nothing_and_marks_hide)
{
	char path[] = "/tmp/layer_name.XXXXXX";
	struct layer_query query = { .rules = { .class = XATTR_USER, .aufs = true },
		.aufs_beside = true };
	struct layer_name name;

	ck_assert_ptr_nonnull(mkdtemp(path));
	auto_close int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int mark = openat(dir, ".wh.a", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(mark, 0);
	ck_assert_int_eq(layer_judge_at(&query.rules, dir, "a"), LAYER_NOTHING);
	ck_assert_int_eq(layer_name_read(&query, dir, "b", &name), 0);
	ck_assert_int_eq(name.kind, LAYER_NOTHING);
	ck_assert(!name.hides);
	ck_assert_int_eq(layer_name_read(&query, dir, ".wh.a", &name), 0);
	ck_assert_int_eq(name.kind, LAYER_NOTHING);
	ck_assert_int_eq(layer_name_read(&query, dir, "a", &name), 0);
	ck_assert_int_eq(name.kind, LAYER_WHITEOUT);
	ck_assert(name.hides);
	ck_assert_int_eq(mkdirat(dir, "a", 0700), 0);
	ck_assert_int_eq(layer_name_read(&query, dir, "a", &name), 0);
	ck_assert_int_eq(name.kind, LAYER_DIRECTORY);
	ck_assert(name.hides);
	query.fits = S_IFREG;
	ck_assert_int_eq(layer_name_read(&query, dir, "a", &name), 0);
	ck_assert_int_eq(name.kind, LAYER_WHITEOUT);
	unlinkat(dir, "a", AT_REMOVEDIR);
	unlinkat(dir, ".wh.a", 0);
	rmdir(path);
}
END_TEST

START_TEST(bare_are_files_and_directories_without_any_xattr)
{
	char path[] = "/tmp/layer_name.XXXXXX";
	const struct layer_query query = { .rules = { .class = XATTR_USER }, .topmost = true };
	struct layer_name name;

	ck_assert_ptr_nonnull(mkdtemp(path));
	auto_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int file = openat(dir, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(mkdirat(dir, "dir", 0700), 0);
	ck_assert_int_eq(symlinkat("file", dir, "link"), 0);
	ck_assert_int_eq(layer_name_read(&query, dir, "file", &name), 0);
	ck_assert_int_eq(name.marks, MARK_BARE);
	ck_assert_int_eq(layer_name_read(&query, dir, "dir", &name), 0);
	ck_assert_int_eq(name.marks, MARK_BARE);
	/* The query asks for no xattrs of this name. */
	ck_assert_int_eq(layer_name_read(&query, dir, "link", &name), 0);
	ck_assert_int_eq(name.marks, 0);
	ck_assert_int_eq(fsetxattr(file, "user.one", "1", 1, 0), 0);
	ck_assert_int_eq(layer_name_read(&query, dir, "file", &name), 0);
	ck_assert_int_eq(name.marks, 0);
	unlinkat(dir, "link", 0);
	unlinkat(dir, "dir", AT_REMOVEDIR);
	unlinkat(dir, "file", 0);
	rmdir(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layer_name");
	TCase *tests = tcase_create("layer_name");

	tcase_add_loop_test(
		tests, kind_follows_from_name_and_stat, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(tests, listed_names_that_cannot_be_asked_are_files);
	tcase_add_test(tests, absent_names_are_nothing_and_marks_hide);
	tcase_add_test(tests, bare_are_files_and_directories_without_any_xattr);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
