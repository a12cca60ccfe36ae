/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the keeper and its workers without a mount: on a kernel that can send requests once more,
 * and on an older one. */
#include "fuse/daemon/keeper.h"

#include "common/base/scope.h"
#include "fuse/daemon/process.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define STATUS 7 /* exit status of a worker that ends by itself */

static struct kept_state *kept;
static char said[4096]; /* text that the keeper and its workers have printed on standard error */

static void set_up(void)
{
	kept = kept_new();
	ck_assert_ptr_nonnull(kept);
	kept->serving = 1;
	said[0] = 0;
}

static void tear_down(void)
{
	kept_free(kept);
}

/* Returns the keeper's exit status. ANNOUNCED counts the workers. */
static int run_keeper(int (*work)(void *arg))
{
	char *const argv[] = { (char *)"shale-fuse", NULL };
	const struct keeper keeper = { .kept = kept,
		.target = "/nowhere",
		.work = work,
		.upgrade = { .kept = kept, .program = "/bin/true", .argv = argv } };
	auto_close int words = memfd_create("words", MFD_CLOEXEC);
	auto_close int before = dup(STDERR_FILENO);

	ck_assert_int_ge(dup2(words, STDERR_FILENO), 0);
	int status = keeper_run(&keeper);
	ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
	ssize_t n = pread(words, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = 0;
	return status;
}

static int die_at_first(void *arg)
{
	if (kept->announced++ == 0)
		raise(SIGKILL);
	return STATUS;
}

static int die_always(void *arg)
{
	kept->announced++;
	raise(SIGABRT);
	return STATUS;
}

static int ask_for_upgrade(void *arg)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	kept->announced++;
	kill(getppid(), SIGHUP);
	while (!kept->refused)
		nanosleep(&step, NULL);
	return STATUS;
}

START_TEST(another_worker_goes_on_where_requests_are_sent_again)
{
	kept->resends = 1;
	ck_assert_int_eq(run_keeper(die_at_first), STATUS);
	ck_assert_uint_eq(kept->announced, 2);
	ck_assert_uint_eq(kept->deaths, 1);
	ck_assert_int_eq(kept->last_signal, SIGKILL);
	ck_assert_ptr_nonnull(strstr(said, "another one goes on"));
}
END_TEST

START_TEST(a_death_ends_the_mount_where_requests_are_not_sent_again)
{
	ck_assert_int_eq(run_keeper(die_at_first), EXIT_FAILURE);
	ck_assert_uint_eq(kept->announced, 1);
	ck_assert_uint_eq(kept->deaths, 0);
	ck_assert_ptr_nonnull(strstr(said, "this kernel does not send requests again"));
	ck_assert_ptr_nonnull(strstr(said, "'/nowhere' is unmounted"));
}
END_TEST

START_TEST(a_death_ends_the_mount_where_the_upper_filesystem_lacks_too_much)
{
	kept->resends = 1;
	kept->poor = 1;
	ck_assert_int_eq(run_keeper(die_at_first), EXIT_FAILURE);
	ck_assert_uint_eq(kept->announced, 1);
	ck_assert_ptr_nonnull(strstr(said, "the upper filesystem lacks too much"));
}
END_TEST

START_TEST(no_worker_goes_on_with_a_mount_that_was_not_complete)
{
	kept->resends = 1;
	kept->serving = 0;
	ck_assert_int_eq(run_keeper(die_at_first), EXIT_FAILURE);
	ck_assert_uint_eq(kept->announced, 1);
	ck_assert_ptr_nonnull(strstr(said, "the daemon died of signal 9"));
}
END_TEST

START_TEST(workers_that_always_die_are_not_started_for_ever)
{
	kept->resends = 1;
	ck_assert_int_eq(run_keeper(die_always), EXIT_FAILURE);
	ck_assert_uint_eq(kept->deaths, kept->announced);
	ck_assert_int_eq(kept->last_signal, SIGABRT);
	ck_assert_ptr_nonnull(strstr(said, "as four others within a second"));
}
END_TEST

/* The worker is not killed: its requests would be lost. */
START_TEST(an_upgrade_is_refused_where_requests_are_not_sent_again)
{
	ck_assert_int_eq(run_keeper(ask_for_upgrade), STATUS);
	ck_assert_uint_eq(kept->announced, 1);
	ck_assert_uint_eq(kept->upgrades, 0);
	ck_assert_ptr_nonnull(strstr(said, "no other program can take over"));
}
END_TEST

/* An emulator of another processor has no such processes. */
static bool may_share_descriptors(void)
{
	pid_t pid = process_clone();

	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

int main(void)
{
	if (!may_share_descriptors())
		return suite_skip("a child cannot share descriptors here");
	Suite *suite = suite_create("keeper");
	TCase *tcase = tcase_create("workers");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, another_worker_goes_on_where_requests_are_sent_again);
	tcase_add_test(tcase, a_death_ends_the_mount_where_requests_are_not_sent_again);
	tcase_add_test(tcase, a_death_ends_the_mount_where_the_upper_filesystem_lacks_too_much);
	tcase_add_test(tcase, no_worker_goes_on_with_a_mount_that_was_not_complete);
	tcase_add_test(tcase, workers_that_always_die_are_not_started_for_ever);
	tcase_add_test(tcase, an_upgrade_is_refused_where_requests_are_not_sent_again);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
