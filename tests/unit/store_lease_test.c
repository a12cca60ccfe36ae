/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests leases, which end the gets of their holder. Needs root; runs in a mount namespace of its
 * own. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "common/store/mount/mountpoint.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void set_up(void)
{
	ck_assert_int_eq(setenv("SHALE_BACKEND", "kernel", 1), 0);
	store_set_up();
	make_layer("base", "", "file", "text");
	make_rw("work", "base");
	make_rw("other", "base");
}

static void tear_down(void)
{
	umount2("home/work/merged", MNT_DETACH);
	umount2("home/other/merged", MNT_DETACH);
	store_tear_down();
}

static bool is_mounted(const char *id)
{
	char path[64];

	snprintf(path, sizeof(path), "home/%s/merged", id);
	return mountpoint_state(path) == MOUNTPOINT_YES;
}

static void get(const char *id, const struct shale_lease *lease)
{
	const struct shale_mount_options options = { .size = sizeof(options), .lease = lease };
	auto_free char *path = NULL;

	must(shale_layer_get(store, id, &options, &path, &err));
}

static int put(const char *id, const struct shale_lease *lease)
{
	const struct shale_put_options options = { .size = sizeof(options), .lease = lease };

	return shale_layer_put(store, id, &options, &err);
}

static struct shale_lease *lease_open(void)
{
	struct shale_lease *lease;

	must(shale_lease_open(store, -1, &lease, &err));
	return lease;
}

static void sweep(void)
{
	const struct shale_cleanup_options options = { .size = sizeof(options),
		.flags = SHALE_CLEANUP_LEASES };

	must(shale_store_cleanup(store, &options, NULL, NULL, &err));
}

static int users(const char *id)
{
	auto_free struct shale_layer_info *info = NULL;

	must(shale_layer_info(store, id, &info, &err));
	return info->mounted;
}

START_TEST(closing_a_lease_ends_its_uses_and_no_others)
{
	struct shale_lease *lease = lease_open();

	get("work", lease);
	get("work", lease);
	get("other", lease);
	get("other", NULL);
	ck_assert_int_eq(users("work"), 2);
	ck_assert_int_eq(users("other"), 2);
	shale_lease_close(lease);
	ck_assert(!is_mounted("work"));
	ck_assert(is_mounted("other"));
	ck_assert_int_eq(users("other"), 1);
	must(put("other", NULL));
	ck_assert(!is_mounted("other"));
}
END_TEST

START_TEST(a_put_ends_a_use_of_the_lease_that_it_names)
{
	struct shale_lease *one = lease_open(), *two = lease_open();

	get("work", one);
	get("work", two);
	must(put("work", NULL));
	ck_assert_int_eq(users("work"), 2);
	must(put("work", one));
	must(put("work", one));
	ck_assert_int_eq(users("work"), 1);
	must(put("work", two));
	ck_assert(!is_mounted("work"));
	shale_lease_close(one);
	shale_lease_close(two);
}
END_TEST

/* Takes a lease in another process, which is then killed. */
static void get_and_be_killed(void)
{
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		store_reopen();
		get("work", lease_open());
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert(is_mounted("work"));
	sweep();
	ck_assert_msg(is_mounted("work"), "the holder still lives");
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(ready[1]);
}

START_TEST(a_mount_ends_with_the_killed_holder_of_its_lease)
{
	get_and_be_killed();
	if (_i == 0) {
		shale_store_close(store_open_again());
		ck_assert_msg(is_mounted("work"), "opening a store undoes nothing");
		shale_lease_close(lease_open());
		ck_assert(!is_mounted("work"));
	} else if (_i == 1) {
		get("other", NULL);
		ck_assert(!is_mounted("work")); /* this get has unmounted "work" */
		sweep();
		ck_assert(is_mounted("other"));
		must(put("other", NULL));
	} else {
		must(shale_layer_remove(store, "work", NULL, &err));
		ck_assert(!exists("home/work"));
	}
	ck_assert_int_ne(rmdir("run/leases"), -1);
}
END_TEST

START_TEST(a_busy_mount_of_a_lost_lease_ends_when_it_is_idle)
{
	get_and_be_killed();
	auto_close int inside = open("home/work/merged/file", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(inside, 0);
	sweep();
	ck_assert(is_mounted("work"));
	ck_assert_int_eq(users("work"), 1);
	close(steal_fd(&inside));
	sweep();
	ck_assert(!is_mounted("work"));
}
END_TEST

START_TEST(a_copy_of_the_descriptor_holds_the_lease)
{
	struct shale_lease *lease = lease_open(), *taken;
	int copy = fcntl(shale_lease_fd(lease), F_DUPFD_CLOEXEC, 0);

	get("work", lease);
	shale_lease_close(lease);
	ck_assert(is_mounted("work"));
	must(shale_lease_open(store, copy, &taken, &err));
	close(copy);
	sweep();
	ck_assert(is_mounted("work"));
	must(put("work", taken));
	ck_assert(!is_mounted("work"));
	shale_lease_close(taken);
	must_fail(shale_lease_open(store, 0, &taken, &err), -EBADF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leases");
	TCase *tests = tcase_create("leases");

	if (!store_may_mount())
		return suite_skip("only root can mount here");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, closing_a_lease_ends_its_uses_and_no_others);
	tcase_add_test(tests, a_put_ends_a_use_of_the_lease_that_it_names);
	tcase_add_loop_test(tests, a_mount_ends_with_the_killed_holder_of_its_lease, 0, 3);
	tcase_add_test(tests, a_busy_mount_of_a_lost_lease_ends_when_it_is_idle);
	tcase_add_test(tests, a_copy_of_the_descriptor_holds_the_lease);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
