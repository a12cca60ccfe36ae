/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests when a reader thread waits without sleeping for the next request, and for how long. */
#include "common/base/scope.h"
#include "fuse/daemon/awake.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define MICROSECOND 1000LL
#define SECOND      1000000000LL

static struct awake awake;
static int ends[2];

/* Lets the machine look as if it had RUNNABLE threads to run. */
static void set_load(unsigned int runnable)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "0.20 0.18 0.12 %u/80 11206\n", runnable);

	ck_assert_int_eq(ftruncate(awake.load, 0), 0);
	ck_assert_int_eq(pwrite(awake.load, text, (size_t)n, 0), n);
}

static void set_up(void)
{
	awake = (struct awake){ .possible = true, .most_runnable = 3 };
	awake.load = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_ge(awake.load, 0);
	ck_assert_int_eq(pipe(ends), 0);
}

static void tear_down(void)
{
	close(ends[0]);
	close(ends[1]);
	awake_close(&awake);
	ck_assert_int_eq(awake.load, -1);
}

/* Looks as often as it takes to call the machine busy. */
static void look_at_busy_machine(void)
{
	for (int i = 0; i < 3; i++)
		awake_look(&awake);
}

static int64_t learn(int64_t nanoseconds, int times)
{
	for (int i = 0; i < times; i++)
		awake_learn(&awake, nanoseconds);
	return awake.window;
}

START_TEST(the_window_grows_while_requests_come_soon)
{
	int64_t first = learn(30 * MICROSECOND, 1);

	ck_assert_int_gt(first, 0);
	ck_assert_int_gt(learn(30 * MICROSECOND, 1), first);
	ck_assert_int_ge(learn(30 * MICROSECOND, 20), 30 * MICROSECOND);
	ck_assert_int_le(learn(90 * MICROSECOND, 20), 100 * MICROSECOND);
	ck_assert_int_ge(awake.window, 90 * MICROSECOND);
}
END_TEST

START_TEST(the_window_shrinks_to_nothing_when_they_do_not)
{
	int64_t open = learn(90 * MICROSECOND, 20);

	ck_assert_int_lt(learn(SECOND, 1), open);
	ck_assert_int_eq(learn(SECOND, 20), 0);
}
END_TEST

START_TEST(nobody_waits_awake_on_a_busy_machine)
{
	learn(90 * MICROSECOND, 20);
	set_load(3);
	awake_look(&awake);
	ck_assert_int_eq(awake.busy_until, 0);
	/* One or two looks at a busy machine in a row are not enough. */
	for (int i = 0; i < 9; i++) {
		set_load(i % 3 == 2 ? 3 : 4);
		awake_look(&awake);
	}
	ck_assert_int_eq(awake.busy_until, 0);
	set_load(4);
	look_at_busy_machine();
	ck_assert_int_gt(awake.busy_until, 0);
	int64_t rest = awake.rest;
	/* The time that it waits awake stays: only a wait without a request makes it shorter. */
	awake_wait(&awake, ends[0]);
	ck_assert_int_gt(awake.window, 0);
	look_at_busy_machine();
	ck_assert_int_eq(awake.rest, rest);
}
END_TEST

START_TEST(a_machine_that_stays_busy_is_left_alone_for_longer)
{
	int64_t last = 0;

	set_load(9);
	for (int i = 0; i < 9; i++) {
		look_at_busy_machine();
		ck_assert_int_ge(awake.rest, last);
		last = awake.rest;
		awake.busy_until -= awake.rest + awake.rest / 2; /* let this time pass */
	}
	ck_assert_int_ge(last, SECOND);
	ck_assert_int_le(last, 4 * SECOND);
	awake.busy_until -= 3 * awake.rest;
	look_at_busy_machine();
	ck_assert_int_lt(awake.rest, SECOND);
}
END_TEST

START_TEST(a_request_that_is_there_ends_the_wait)
{
	awake.window = 100 * SECOND;
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	/* The wait must return, or the test runs into its time limit. */
	awake_wait(&awake, ends[0]);
	ck_assert(!awake.taken);
}
END_TEST

START_TEST(one_reader_waits_awake_at_a_time)
{
	awake.window = 100 * SECOND;
	awake.taken = true;
	awake_wait(&awake, ends[0]);
	ck_assert(awake.taken);
}
END_TEST

START_TEST(it_takes_two_processors)
{
	struct awake other;
	cpu_set_t set;
	cpu_set_t one;
	int cpu = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	awake_open(&other, false);
	ck_assert_int_eq(other.possible, CPU_COUNT(&set) > 1);
	awake_close(&other);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	awake_open(&other, false);
	ck_assert(!other.possible);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(set), &set), 0);
	awake_open(&other, true);
	ck_assert(!other.possible);
	other.window = 100 * SECOND;
	awake_wait(&other, ends[0]);
	awake_learn(&other, 30 * MICROSECOND);
	awake_look(&other);
	ck_assert_int_eq(other.window, 100 * SECOND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("awake");
	TCase *tests = tcase_create("awake");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_window_grows_while_requests_come_soon);
	tcase_add_test(tests, the_window_shrinks_to_nothing_when_they_do_not);
	tcase_add_test(tests, nobody_waits_awake_on_a_busy_machine);
	tcase_add_test(tests, a_machine_that_stays_busy_is_left_alone_for_longer);
	tcase_add_test(tests, a_request_that_is_there_ends_the_wait);
	tcase_add_test(tests, one_reader_waits_awake_at_a_time);
	tcase_add_test(tests, it_takes_two_processors);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
