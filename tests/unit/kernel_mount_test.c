/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/kernel_fixture.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

START_TEST(a_stack_is_merged_and_written_to_upper)
{
	struct fixture *fixture = fixture_open(2);
	struct stat st;

	take_way(_i);
	fixture_mount(fixture);
	assert_holds("top/merged/f0", "lower");
	assert_holds("top/merged/f1", "lower");
	make_file("top/merged/new", "new");
	ck_assert_int_eq(unlink("top/merged/f1"), 0);
	fixture_umount(fixture);
	assert_holds("top/diff/new", "new");
	ck_assert_int_eq(lstat("top/diff/f1", &st), 0);
	ck_assert(stat_is_whiteout(&st));
	ck_assert_int_lt(access("top/merged/new", F_OK), 0);
	fixture_close(fixture);
}
END_TEST

static const size_t depths[] = { 1, 128, 499, 500 };
#define DEPTHS 4

START_TEST(deep_stacks_are_mounted)
{
	size_t n = depths[_i % DEPTHS];
	struct fixture *fixture = fixture_open(n);
	char last[64];

	take_way(_i / DEPTHS);
	fixture_mount(fixture);
	assert_holds("top/merged/f0", "lower");
	snprintf(last, sizeof(last), "top/merged/f%zu", n - 1);
	assert_holds(last, "lower");
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

static const char *const strange[] = { "a:b", "a,b", "a\\b", "a b", "a\"b", "ü\xff", ":", "a\\:b",
	"a=b,c=d", "a\nb", "$PWD;\t'*?" };
#define STRANGE (sizeof(strange) / sizeof(*strange))

/* Tests strange names of lower, upper and work directory, and of the target. */
START_TEST(strange_names_are_mounted)
{
	struct fixture *fixture = fixture_open(2);
	const char *name = strange[_i % STRANGE];
	char home[4200], lower[4200], upper[600], work[600], target[600], file[700];

	snprintf(home, sizeof(home), "%s/%s", fixture->home_path, name);
	ck_assert_int_eq(mkdir(home, 0755), 0);
	const char *const subs[] = { "lower", "upper", "work", "merged" };
	for (size_t i = 0; i < 4; i++) {
		snprintf(file, sizeof(file), "%s/%s", name, subs[i]);
		ck_assert_int_eq(mkdir(file, 0755), 0);
	}
	snprintf(file, sizeof(file), "%s/lower/strange", name);
	make_file(file, "strange");
	snprintf(lower, sizeof(lower), "%s/lower", home);
	snprintf(upper, sizeof(upper), "%s/upper", name);
	snprintf(work, sizeof(work), "%s/work", name);
	snprintf(target, sizeof(target), "%s/merged", name);
	const char *lowers[] = { fixture->lowers[0], lower };
	fixture->spec.lowers = lowers;
	fixture->spec.upper = upper;
	fixture->spec.work = work;
	fixture->spec.target = target;
	take_way(_i / (int)STRANGE);
	fixture_mount(fixture);
	snprintf(file, sizeof(file), "%s/strange", target);
	assert_holds(file, "strange");
	make_file(file, "new");
	snprintf(file, sizeof(file), "%s/strange", upper);
	assert_holds(file, "new");
	snprintf(home, sizeof(home), "%s/%s", fixture->home_path, target);
	ck_assert_int_eq(
		backend_kernel.umount(&(struct mounted){ .target = home }, &fixture->err), 0);
	fixture_close(fixture);
}
END_TEST

/* Tests a HOME with a strange name and a path as long as a path can be. */
START_TEST(a_long_home_is_mounted)
{
	struct fixture *fixture = fixture_open(128);
	char name[201] = "", path[4096];

	memset(name, 'x', 200);
	name[10] = ':';
	name[20] = ',';
	ck_assert_int_eq(chdir(".."), 0);
	for (int i = 0; i < 19; i++) {
		ck_assert_int_eq(mkdir(name, 0755), 0);
		ck_assert_int_eq(chdir(name), 0);
	}
	ck_assert_int_eq(rename(fixture->home_path, "home"), 0);
	ck_assert_ptr_nonnull(getcwd(path, sizeof(path)));
	snprintf(fixture->home_path, sizeof(fixture->home_path), "%.4000s/home", path);
	ck_assert_int_gt((int)strlen(fixture->home_path), 3800);
	ck_assert_int_eq(chdir(fixture->home_path), 0);
	take_way(_i);
	fixture_mount(fixture);
	assert_holds("top/merged/f127", "lower");
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_read_only_stack_takes_no_writes)
{
	size_t n = _i % 2 ? 3 : 1;
	struct fixture *fixture = fixture_open(n);

	ck_assert_int_eq(whiteout_make(fixture->home, "layer0/diff/gone"), 0);
	fixture->spec.upper = fixture->spec.work = NULL;
	take_way(_i / 2);
	fixture_mount(fixture);
	assert_holds("top/merged/f0", "lower");
	ck_assert_int_lt(open("top/merged/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), 0);
	ck_assert_int_eq(errno, EROFS);
	ck_assert_int_lt(access("top/merged/gone", F_OK), 0);
	fixture_umount(fixture);
	fixture_mount(fixture);
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

START_TEST(the_mount_is_private_and_named)
{
	struct fixture *fixture = fixture_open(2);
	char target[4200];

	ck_assert_int_eq(mount(fixture->home_path, fixture->home_path, NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount(NULL, fixture->home_path, NULL, MS_SHARED, NULL), 0);
	close(fixture->home);
	ck_assert_int_eq(chdir(fixture->home_path), 0);
	fixture->home = fixture->spec.home = open(".", O_PATH | O_CLOEXEC);
	take_way(_i);
	fixture_mount(fixture);
	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	auto_free char *line = mountinfo_of(target);
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(!strstr(line, "shared:"), "%s", line);
	ck_assert_msg(!!strstr(line, " - overlay shale "), "%s", line);
	ck_assert_msg(!!strstr(line, "upperdir=top/diff"), "%s", line);
	ck_assert_msg(!strstr(line, "/proc/"), "%s", line);
	fixture_umount(fixture);
	ck_assert_int_eq(umount2(fixture->home_path, MNT_DETACH), 0);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_failed_mount_leaves_nothing)
{
	struct fixture *fixture = fixture_open(2);
	char target[4200];
	const char *lowers[] = { "l/NONE", fixture->lowers[0] };

	fixture->spec.lowers = lowers;
	take_way(_i);
	ck_assert_int_eq(backend_kernel.mount(&fixture->spec, &fixture->err), -ENOENT);
	ck_assert_int_eq(fixture->err.code, -ENOENT);
	ck_assert_msg(!!strstr(fixture->err.text, "top/merged"), "%s", fixture->err.text);
	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	ck_assert_ptr_null(mountinfo_of(target));
	ck_assert_int_eq(rmdir("top/merged"), 0);
	fixture->spec.lowers = (const char *const *)fixture->lowers;
	ck_assert_int_eq(backend_kernel.mount(&fixture->spec, &fixture->err), -ENOENT);
	fixture_close(fixture);
}
END_TEST

START_TEST(the_callers_directory_and_descriptors_stay)
{
	struct fixture *fixture = fixture_open(200);
	char before[4096], after[4096];

	ck_assert_int_eq(chdir("/"), 0);
	int next = dup(0);
	close(next);
	take_way(_i);
	ck_assert_ptr_nonnull(getcwd(before, sizeof(before)));
	fixture_mount(fixture);
	ck_assert_ptr_nonnull(getcwd(after, sizeof(after)));
	ck_assert_str_eq(before, after);
	ck_assert_int_eq(dup(0), next);
	close(next);
	ck_assert_int_eq(chdir(fixture->home_path), 0);
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

static void *mount_often(void *arg)
{
	struct fixture *fixture = arg;
	struct mount_spec spec = fixture->spec;
	struct shale_error err = { 0 };
	char name[64], target[4200];

	snprintf(name, sizeof(name), "at%d", gettid());
	snprintf(target, sizeof(target), "%s/%s", fixture->home_path, name);
	spec.target = name;
	spec.upper = spec.work = NULL;
	if (mkdirat(fixture->home, name, 0755) < 0)
		return strdup("mkdir");
	for (int i = 0; i < 20; i++)
		if (backend_kernel.mount(&spec, &err) < 0 ||
			backend_kernel.umount(&(struct mounted){ .target = target }, &err) < 0)
			return strdup(err.text);
	return NULL;
}

START_TEST(threads_mount_at_once)
{
	struct fixture *fixture = fixture_open(150);
	pthread_t threads[4];
	void *words;

	take_way(_i);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, mount_often, fixture), 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], &words);
		ck_assert_msg(!words, "%s", (char *)words);
	}
	fixture_close(fixture);
}
END_TEST

START_TEST(a_user_namespace_mounts_the_same_way)
{
	struct shale_error err = { 0 };
	struct stat st;

	ck_assert_msg(shale_unshare(&err) >= 0, "%s", err.text);
	ck_assert_int_eq(geteuid(), 0);
	ck_assert_int_eq(getegid(), 0);
	struct fixture *fixture = fixture_open(200);
	char target[4200];
	take_way(_i);
	fixture_mount(fixture);
	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	auto_free char *line = mountinfo_of(target);
	ck_assert_msg(line && strstr(line, "userxattr"), "%s", line);
	assert_holds("top/merged/f199", "lower");
	ck_assert_int_eq(unlink("top/merged/f1"), 0);
	ck_assert_int_eq(lstat("top/diff/f1", &st), 0);
	ck_assert(stat_is_whiteout(&st));
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

/* Finds out the kernel's own words for an unknown option, and gives them. */
START_TEST(contexts_without_lowerdir_plus_are_not_used)
{
	struct fixture *fixture = fixture_open(_i % 2 ? 200 : 2);

	take_way(WAYS + _i / 2);
	fixture_mount(fixture);
	assert_holds("top/merged/f1", "lower");
	/* With mount(2), one option has all layers. */
	auto_free char *target = NULL;
	ck_assert_int_gt(asprintf(&target, "%s/top/merged", fixture->home_path), 0);
	auto_free char *line = mountinfo_of(target);
	ck_assert_msg(line && strstr(line, "lowerdir="), "%s", line);
	ck_assert_msg(!strstr(line, "lowerdir+="), "%s", line);
	fixture_umount(fixture);
	fixture_close(fixture);
}
END_TEST

TCase *kernel_old_tests(void)
{
	TCase *tests = tcase_create("old");

	tcase_add_loop_test(
		tests, contexts_without_lowerdir_plus_are_not_used, 0, 2 * (ALL_WAYS - WAYS));
	return tests;
}

TCase *kernel_mount_tests(void)
{
	TCase *tests = tcase_create("mount");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, a_stack_is_merged_and_written_to_upper, 0, WAYS);
	tcase_add_loop_test(tests, deep_stacks_are_mounted, 0, WAYS * DEPTHS);
	tcase_add_loop_test(tests, strange_names_are_mounted, 0, WAYS * STRANGE);
	tcase_add_loop_test(tests, a_long_home_is_mounted, 0, WAYS);
	tcase_add_loop_test(tests, a_read_only_stack_takes_no_writes, 0, 2 * WAYS);
	tcase_add_loop_test(tests, the_mount_is_private_and_named, 0, WAYS);
	tcase_add_loop_test(tests, a_failed_mount_leaves_nothing, 0, WAYS);
	tcase_add_loop_test(tests, the_callers_directory_and_descriptors_stay, 0, WAYS);
	tcase_add_loop_test(tests, threads_mount_at_once, 0, WAYS);
	tcase_add_loop_test(tests, a_user_namespace_mounts_the_same_way, 0, WAYS);
	return tests;
}
