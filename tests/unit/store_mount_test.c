/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests get, put and mount with the kernel backend. Needs root; runs in a mount namespace of its
 * own. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "common/store/files/jsonfile.h"
#include "common/store/mount/mountpoint.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define N(array) (sizeof(array) / sizeof(*array))

static void set_up(void)
{
	ck_assert_int_eq(setenv("SHALE_BACKEND", "kernel", 1), 0);
	store_set_up();
	make_layer("base", "", "file", "text");
	make_layer("middle", "base", "file2", "text");
	make_rw("work", "middle");
}

static void tear_down(void)
{
	umount2("home/work/merged", MNT_DETACH);
	umount2("home/middle/merged", MNT_DETACH);
	umount2("dir", MNT_DETACH);
	umount2("dir2", MNT_DETACH);
	store_tear_down();
}

static void get(const char *id)
{
	auto_free char *path = NULL;

	must(shale_layer_get(store, id, NULL, &path, &err));
	ck_assert_int_eq(mountpoint_state(path), MOUNTPOINT_YES);
}

static bool is_mounted(const char *path)
{
	return mountpoint_state(path) == MOUNTPOINT_YES;
}

START_TEST(the_last_put_unmounts)
{
	get("work");
	get("work");
	write_text("home/work/merged/new", "mine");
	ck_assert(holds("home/work/merged/file", "text"));
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(is_mounted("home/work/merged"));
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(!exists("home/work/merged"));
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(holds("home/work/diff/new", "mine"));
	ck_assert(!exists("run/refs/work"));
}
END_TEST

START_TEST(an_immutable_layer_is_mounted_read_only)
{
	struct stat st;

	get("middle");
	ck_assert(holds("home/middle/merged/file", "text"));
	ck_assert(holds("home/middle/merged/file2", "text"));
	ck_assert_int_eq(mkdir("home/middle/merged/new", 0755), -1);
	ck_assert_int_eq(errno, EROFS);
	ck_assert_int_eq(stat("home/middle/diff/new", &st), -1);
	must(shale_layer_put(store, "middle", NULL, &err));
}
END_TEST

START_TEST(a_committed_layer_is_mounted_read_only)
{
	write_text("home/work/diff/mine", "new");
	make_rw("child", "work");
	get("work");
	ck_assert(holds("home/work/merged/mine", "new"));
	ck_assert_int_eq(mkdir("home/work/merged/new", 0755), -1);
	must(shale_layer_put(store, "work", NULL, &err));
}
END_TEST

START_TEST(a_mounted_layer_cannot_be_removed_replaced_or_built_upon)
{
	const struct shale_layer_options options = { .size = sizeof(options), .parent = "work" };
	auto_close int tar = tar_of("file", "text");

	get("work");
	must_fail(shale_layer_remove(store, "work", NULL, &err), -EBUSY);
	must_fail(shale_layer_apply(store, "work", tar, NULL, NULL, &err), -EBUSY);
	must_fail(shale_layer_create(store, "child", &options, &err), -EBUSY);
	ck_assert(!exists("home/work/committed"));
	must(shale_layer_put(store, "work", NULL, &err));
	must(shale_layer_create(store, "child", &options, &err));
	assert_tidy();
}
END_TEST

START_TEST(a_busy_mount_keeps_its_last_use)
{
	get("work");
	auto_close int fd = open("home/work/merged", O_RDONLY | O_CLOEXEC);
	must_fail(shale_layer_put(store, "work", NULL, &err), -EBUSY);
	ck_assert(is_mounted("home/work/merged"));
	close(steal_fd(&fd));
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(!exists("home/work/merged"));
}
END_TEST

START_TEST(a_mount_whose_count_was_lost_is_found)
{
	get("work");
	ck_assert_int_eq(unlink("run/refs/work"), 0);
	must_fail(shale_layer_remove(store, "work", NULL, &err), -EBUSY);
	get("work");
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(is_mounted("home/work/merged"));
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(!exists("home/work/merged"));
}
END_TEST

/* Leaves the state of a process that was killed after mounting, before it wrote the count. */
static void make_pending(void)
{
	auto_json json_t *root = json_load_file("run/refs/work", 0, NULL);

	ck_assert_ptr_nonnull(root);
	json_object_set_new(root, "gets", json_integer(0));
	json_object_set_new(root, "pending", json_true());
	ck_assert_int_eq(json_dump_file(root, "run/refs/work", 0), 0);
}

START_TEST(a_mount_that_nobody_was_given_has_no_use)
{
	get("work");
	make_pending();
	must_fail(shale_layer_remove(store, "work", NULL, &err), -EBUSY);
	get("work");
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(!exists("home/work/merged"));
}
END_TEST

START_TEST(a_mount_that_nobody_was_given_ends_with_a_put)
{
	get("work");
	make_pending();
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(!exists("home/work/merged"));
}
END_TEST

START_TEST(a_count_whose_mount_was_lost_is_dropped)
{
	get("work");
	get("work");
	ck_assert_int_eq(umount("home/work/merged"), 0);
	get("work");
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(!exists("home/work/merged"));
	must(shale_layer_remove(store, "work", NULL, &err));
}
END_TEST

static void make_dirs(void)
{
	ck_assert_int_eq(mkdir("dir", 0755), 0);
	ck_assert_int_eq(mkdir("dir2", 0755), 0);
}

START_TEST(a_layer_is_mounted_at_any_directory)
{
	make_dirs();
	must(shale_layer_mount(store, "work", "dir", NULL, &err));
	ck_assert(holds("dir/file", "text"));
	must_fail(shale_layer_mount(store, "work", "dir", NULL, &err), -EBUSY);
	must_fail(shale_layer_remove(store, "work", NULL, &err), -EBUSY);
	must(shale_layer_umount(store, "dir", &err));
	ck_assert(!is_mounted("dir"));
	must_fail(shale_layer_umount(store, "dir", &err), -ENOENT);
	must_fail(shale_layer_mount(store, "work", "nowhere", NULL, &err), -ENOENT);
	must_fail(shale_layer_mount(store, "work", "home/base", NULL, &err), -EINVAL);
	must(shale_layer_remove(store, "work", NULL, &err));
}
END_TEST

START_TEST(a_base_layer_is_mounted_at_a_directory_too)
{
	make_dirs();
	make_rw("scratch", "");
	must(shale_layer_mount(store, "base", "dir", NULL, &err));
	ck_assert(holds("dir/file", "text"));
	ck_assert_int_eq(mkdir("dir/new", 0755), -1);
	must(shale_layer_mount(store, "scratch", "dir2", NULL, &err));
	write_text("dir2/new", "mine");
	must(shale_layer_umount(store, "base", &err));
	must(shale_layer_umount(store, "scratch", &err));
	ck_assert(holds("home/scratch/diff/new", "mine"));
}
END_TEST

START_TEST(two_views_of_a_writable_layer_are_one_mount)
{
	make_dirs();
	get("work");
	must(shale_layer_mount(store, "work", "dir", NULL, &err));
	must(shale_layer_mount(store, "work", "dir2", NULL, &err));
	write_text("dir/new", "mine");
	ck_assert(holds("home/work/merged/new", "mine"));
	ck_assert(holds("dir2/new", "mine"));
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(holds("dir2/new", "mine"));
	must(shale_layer_umount(store, "work", &err));
	ck_assert(!is_mounted("dir") && !is_mounted("dir2") && !exists("home/work/merged"));
	must(shale_layer_remove(store, "work", NULL, &err));
}
END_TEST

START_TEST(a_directory_that_others_use_is_not_unmounted)
{
	auto_free char *path = NULL;

	make_dirs();
	must(shale_layer_mount(store, "work", "dir", NULL, &err));
	must(shale_layer_get(store, "work", NULL, &path, &err));
	ck_assert_str_eq(strrchr(path, '/'), "/dir");
	must_fail(shale_layer_umount(store, "dir", &err), -EBUSY);
	must(shale_layer_put(store, "work", NULL, &err));
	must(shale_layer_put(store, "work", NULL, &err));
	ck_assert(is_mounted("dir"));
	must(shale_layer_umount(store, "dir", &err));
}
END_TEST

static int count_pair(const char *what, const char *name, void *arg)
{
	++*(int *)arg;
	return 0;
}

START_TEST(cleanup_unmounts_what_is_idle)
{
	int undone = 0;

	make_dirs();
	get("work");
	get("middle");
	must(shale_layer_mount(store, "work", "dir", NULL, &err));
	auto_close int fd = open("home/middle/merged", O_RDONLY | O_CLOEXEC);
	must(shale_store_cleanup(store, NULL, count_pair, &undone, &err));
	ck_assert_int_eq(undone, 2);
	ck_assert(!is_mounted("dir") && !exists("home/work/merged"));
	ck_assert(is_mounted("home/middle/merged"));
	close(steal_fd(&fd));
	must(shale_layer_put(store, "middle", NULL, &err));
	ck_assert(!exists("home/middle/merged"));
}
END_TEST

START_TEST(a_mount_in_another_namespace_is_not_made_twice)
{
	int ready[2], done[2], status;
	char *path, byte = 0;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(done), 0);
	pid_t child = fork();
	if (child == 0) {
		close(done[1]);
		/* Open descriptors and the working directory still lead to the old namespace. */
		if (unshare(CLONE_NEWNS) < 0 || chdir(store_dir) < 0)
			_exit(1);
		store = store_open_again();
		get("work");
		if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 0)
			_exit(2);
		_exit(0);
	}
	close(done[0]);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	must_fail(shale_layer_get(store, "work", NULL, &path, &err), -EBUSY);
	must_fail(shale_layer_remove(store, "work", NULL, &err), -EBUSY);
	close(done[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	/* The old namespace has ended, and the mount with it. */
	get("work");
	must(shale_layer_put(store, "work", NULL, &err));
	must(shale_layer_remove(store, "work", NULL, &err));
}
END_TEST

static void use_often(void)
{
	store = store_open_again();
	for (int i = 0; i < 25; i++) {
		get("work");
		if (!holds("home/work/merged/file", "text"))
			_exit(1);
		must(shale_layer_put(store, "work", NULL, &err));
	}
	_exit(0);
}

START_TEST(uses_are_counted_across_processes)
{
	pid_t children[4];

	for (size_t i = 0; i < N(children); i++) {
		children[i] = fork();
		if (children[i] == 0)
			use_often();
	}
	for (size_t i = 0; i < N(children); i++) {
		int status;

		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert(!exists("home/work/merged"));
	ck_assert(!exists("run/refs/work"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mounts of layers");
	TCase *tests = tcase_create("mounts");

	if (!store_may_mount())
		return suite_skip("only root can mount here");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, the_last_put_unmounts);
	tcase_add_test(tests, an_immutable_layer_is_mounted_read_only);
	tcase_add_test(tests, a_committed_layer_is_mounted_read_only);
	tcase_add_test(tests, a_mounted_layer_cannot_be_removed_replaced_or_built_upon);
	tcase_add_test(tests, a_busy_mount_keeps_its_last_use);
	tcase_add_test(tests, a_mount_whose_count_was_lost_is_found);
	tcase_add_test(tests, a_mount_that_nobody_was_given_has_no_use);
	tcase_add_test(tests, a_mount_that_nobody_was_given_ends_with_a_put);
	tcase_add_test(tests, a_count_whose_mount_was_lost_is_dropped);
	tcase_add_test(tests, a_layer_is_mounted_at_any_directory);
	tcase_add_test(tests, a_base_layer_is_mounted_at_a_directory_too);
	tcase_add_test(tests, two_views_of_a_writable_layer_are_one_mount);
	tcase_add_test(tests, a_directory_that_others_use_is_not_unmounted);
	tcase_add_test(tests, cleanup_unmounts_what_is_idle);
	tcase_add_test(tests, a_mount_in_another_namespace_is_not_made_twice);
	tcase_add_test(tests, uses_are_counted_across_processes);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
