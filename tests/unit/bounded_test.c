/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that lists which are too long for memory, and so go to a file, give back all that was
 * added. */
#include "common/archive/diff/seen_links.h"
#include "common/archive/apply/pathlog.h"
#include "common/base/scope.h"
#include "common/base/sorter.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <string.h>

#define MANY 1000000u /* number of names; a sorter has less than half of them in memory */

/* Returns each number below MANY once, in a random order. */
static unsigned int shuffled(unsigned int i)
{
	return (unsigned int)((uint64_t)i * 7919 % MANY);
}

static void check_sorted(struct sorter *sorter, unsigned int n)
{
	struct sorted got;
	char want[64];

	for (unsigned int i = 0; i < 2 * n; i++) {
		snprintf(want, sizeof(want), "a name of some length %09u", i / 2);
		ck_assert_int_eq(sorter_next(sorter, &got), 1);
		ck_assert_str_eq(got.text, want);
		ck_assert_uint_eq(got.number, i / 2);
		ck_assert_uint_eq(got.tag, i % 2);
		ck_assert_int_eq(got.repeated, i % 2);
		if (i % 4096 == 0)
			sorter_rest(sorter);
	}
	ck_assert_int_eq(sorter_next(sorter, &got), 0);
	ck_assert_int_eq(sorter_next(sorter, &got), 0);
}

static const unsigned int sizes[] = { 0, 1, 1000, MANY };

START_TEST(strings_come_in_order_in_memory_and_in_a_file)
{
	auto_sorter_pool struct sorter_pool pool = SORTER_POOL;
	auto_sorter struct sorter sorter = { .pool = &pool };
	unsigned int n = sizes[_i];
	char name[64];

	for (unsigned int i = 0; i < MANY; i++) {
		unsigned int number = shuffled(i);
		snprintf(name, sizeof(name), "a name of some length %09u", number);
		for (uint32_t tag = 2; number < n && tag-- > 0;)
			ck_assert_int_eq(sorter_add(&sorter, name, number, tag), 0);
	}
	ck_assert_int_eq(sorter_finish(&sorter), 0);
	ck_assert_int_eq(pool.file >= 0, n == MANY);
	ck_assert_uint_le(pool.held, 64 * 1024 * 1024);
	check_sorted(&sorter, n);
}
END_TEST

START_TEST(the_first_name_of_a_file_is_known_again)
{
	struct links links = LINKS;
	char name[64];
	int r;

	for (unsigned int i = 0; i < 2 * MANY; i++) {
		unsigned int number = i < MANY ? i : shuffled(i - MANY);
		const struct stat st = { .st_dev = 7, .st_ino = number + 1, .st_nlink = 2 };
		snprintf(name, sizeof(name), "%s/%09u", i < MANY ? "first" : "second", number);
		const char *first = seen_links_note(&links, &st, name, &r);
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq(first != NULL, i >= MANY);
		snprintf(name, sizeof(name), "first/%09u", number);
		if (first)
			ck_assert_str_eq(first, name);
	}
	ck_assert_uint_le(links.room * sizeof(*links.slots), 16 * 1024 * 1024);
	seen_links_free(&links);
}
END_TEST

START_TEST(paths_come_back_as_they_came)
{
	enum { LEVELS = 20000, EACH = 300 };
	struct pathlog log = PATHLOG;
	struct pathlog_entry entry;
	auto_free char *path = calloc(1, 2 * LEVELS + 1);

	for (int i = 0; i < LEVELS; i++) {
		char extra[EACH] = { (char)i };
		memcpy(path + 2 * i, "/d", 3);
		ck_assert_int_eq(pathlog_add(&log, path, extra, i % 2 ? EACH : 0), 0);
	}
	ck_assert_uint_le(spill_end(&log.spill), LEVELS * EACH);
	pathlog_rewind(&log);
	for (int i = 0; i < LEVELS; i++) {
		ck_assert_int_eq(pathlog_next(&log, &entry), 1);
		ck_assert_uint_eq(strlen(entry.path), (size_t)(2 * i + 2));
		ck_assert_uint_eq(entry.size, i % 2 ? EACH : 0);
		if (entry.size)
			ck_assert_int_eq(((const char *)entry.extra)[0], (char)i);
	}
	ck_assert_int_eq(pathlog_next(&log, &entry), 0);
	pathlog_free(&log);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bounded");
	TCase *tests = tcase_create("bounded");

	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, strings_come_in_order_in_memory_and_in_a_file, 0,
		sizeof(sizes) / sizeof(*sizes));
	tcase_add_test(tests, the_first_name_of_a_file_is_known_again);
	tcase_add_test(tests, paths_come_back_as_they_came);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
