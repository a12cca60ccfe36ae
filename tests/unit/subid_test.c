/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/subid.h"

#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <string.h>

static char *map_of(const char *grants)
{
	struct id_map map = { .ranges = { { 0, 1000, 1 } }, .n = 1 };
	auto_fclose FILE *file = fmemopen((void *)grants, strlen(grants), "r");

	ck_assert_ptr_nonnull(file);
	subid_add_grants(&map, file, "ada", 1000);
	return subid_map_text(&map);
}

static const struct {
	const char *grants, *map;
} cases[] = {
	{ "ada:100000:65536\n", "0 1000 1\n1 100000 65536\n" },
	{ "bob:100000:65536\nada:165536:65536\n", "0 1000 1\n1 165536 65536\n" },
	{ "ada:100000:10\n1000:200000:20\n", "0 1000 1\n1 100000 10\n11 200000 20\n" },
	{ "ada:100000:65536", "0 1000 1\n1 100000 65536\n" },
	{ "adam:100000:65536\nad:1:1\n", "0 1000 1\n" },
	{ "# ada\n\nada\nada:x:y\nada:5\nada:7:0\n", "0 1000 1\n" },
	{ "ada:4294967295:1\nada:4294967000:1000\n", "0 1000 1\n" },
	{ "\n", "0 1000 1\n" },
	{ "ada:100000:65536\n1000:100000:65536\n", "0 1000 1\n1 100000 65536\n" },
	{ "ada:100000:10\nada:100009:5\nada:100010:5\n", "0 1000 1\n1 100000 10\n11 100010 5\n" },
	{ "ada:1000:5\nada:999:2\n", "0 1000 1\n" },
};

START_TEST(grants_follow_the_callers_own_id)
{
	auto_free char *map = map_of(cases[_i].grants);
	ck_assert_str_eq(map, cases[_i].map);
}
END_TEST

START_TEST(root_keeps_each_id_that_it_has)
{
	static char table[] = "         0     100000      65536\n     65536       7         1\n";
	struct id_map map = { .n = 0 };
	auto_fclose FILE *file = fmemopen(table, strlen(table), "r");

	subid_add_identity(&map, file);
	auto_free char *text = subid_map_text(&map);
	ck_assert_str_eq(text, "0 0 65536\n65536 65536 1\n");
}
END_TEST

START_TEST(more_ranges_than_the_kernel_takes_are_left_out)
{
	char *grants = NULL;
	size_t size;
	FILE *file = open_memstream(&grants, &size);
	struct id_map map = { .n = 0 };

	for (int i = 0; i < 1000; i++)
		fprintf(file, "ada:%d:1\n", 100000 + 2 * i);
	fclose(file);
	auto_fclose FILE *in = fmemopen(grants, size, "r");
	subid_add_grants(&map, in, "ada", 1000);
	ck_assert_uint_eq(map.n, ID_RANGES_MAX);
	free(grants);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subid");
	TCase *tests = tcase_create("subid");

	tcase_add_loop_test(
		tests, grants_follow_the_callers_own_id, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(tests, root_keeps_each_id_that_it_has);
	tcase_add_test(tests, more_ranges_than_the_kernel_takes_are_left_out);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
