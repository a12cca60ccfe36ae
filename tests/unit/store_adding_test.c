/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests layers that are unpacked on layers which are not published yet. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "common/store/add_layer.h"
#include "tests/unit/suite.h"
#include "tests/unit/tarball.h"

#include <string.h>
#include <sys/stat.h>

/* A base whose directory d has a mode and a time of its own, which a layer above takes over. */
static const struct tar_entry base_entries[] = {
	{ .name = "d/", .type = '5', .mode = 0710, .mtime = 1234567 },
	{ .name = "d/below", .data = "1" },
};

static void fill(struct tarball *tar, const struct tar_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tarball_add(tar, &entries[i]);
	tarball_end(tar);
}

static struct adding *unpack(const char *id, const char *parent, const struct adding *below,
	const struct tar_entry *entries, size_t n)
{
	struct tarball tar = { 0 };
	const struct new_layer layer = {
		.id = id, .parent = parent, .read = tarball_read, .arg = &tar
	};
	struct adding *adding = NULL;

	fill(&tar, entries, n);
	must(adding_begin(store, &layer, below, &adding, &err));
	must(adding_unpack(adding, &err));
	tarball_free(&tar);
	return adding;
}

static struct adding *unpack_base(const char *id)
{
	return unpack(id, NULL, NULL, base_entries, 2);
}

static struct adding *unpack_above(const char *id, const struct adding *below)
{
	static const struct tar_entry entry = { .name = "d/above", .data = "2" };

	return unpack(id, NULL, below, &entry, 1);
}

START_TEST(a_layer_on_an_unpublished_one_is_what_it_is_on_a_published_one)
{
	auto_adding struct adding *one = unpack_base("one");
	auto_adding struct adding *two = unpack_above("two", one);
	auto_adding struct adding *three = NULL;
	char text[512] = "";
	struct stat st;

	ck_assert_int_eq(shale_layer_exists(store, "one", &err), 0);
	must(adding_publish(one, &err));
	three = unpack_above("three", two);
	must(adding_publish(two, &err));
	must(adding_publish(three, &err));
	adding_free(steal_ptr(&one));
	adding_free(steal_ptr(&two));
	adding_free(steal_ptr(&three));
	ck_assert_int_eq(stat("home/three/diff/d", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0710);
	ck_assert_int_eq(st.st_mtime, 1234567);
	ck_assert(!exists("home/three/diff/d/below"));
	ck_assert(exists("home/one/committed") && exists("home/two/committed"));
	store_reopen();
	ck_assert_int_eq(shale_store_check(store, NULL, keep_problem, text, &err), 1);
	ck_assert_str_eq(text, "");
	must(shale_layer_remove(store, "three", NULL, &err));
	must(shale_layer_remove(store, "two", NULL, &err));
	must(shale_layer_remove(store, "one", NULL, &err));
	assert_tidy();
}
END_TEST

START_TEST(a_whiteout_is_kept_only_if_the_unpublished_layer_has_its_directory)
{
	static const struct tar_entry whiteouts[] = { { .name = "d/.wh.below" },
		{ .name = "e/.wh.nothing" } };
	auto_adding struct adding *one = unpack_base("one");
	auto_adding struct adding *two = unpack("two", NULL, one, whiteouts, 2);

	must(adding_publish(one, &err));
	must(adding_publish(two, &err));
	ck_assert(exists("home/two/diff/d/below"));
	ck_assert(!exists("home/two/diff/e/nothing"));
}
END_TEST

START_TEST(a_layer_is_not_published_before_the_one_below)
{
	auto_adding struct adding *one = unpack_base("one");
	auto_adding struct adding *two = unpack_above("two", one);

	must_fail(adding_publish(two, &err), -ENOENT);
	adding_free(steal_ptr(&two));
	adding_free(steal_ptr(&one));
	ck_assert_int_eq(shale_layer_exists(store, "two", &err), 0);
	assert_tidy();
}
END_TEST

START_TEST(a_layer_is_not_published_on_another_one_of_the_same_id)
{
	auto_adding struct adding *one = unpack_base("one");
	auto_adding struct adding *two = unpack_above("two", one);

	make_layer("one", "", "file", "text");
	must_fail(adding_publish(one, &err), -EEXIST);
	must_fail(adding_publish(two, &err), -ESTALE);
	adding_free(steal_ptr(&two));
	adding_free(steal_ptr(&one));
	ck_assert(holds("home/one/diff/file", "text"));
	assert_tidy();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layers that are being added");
	TCase *tests = tcase_create("adding");

	tcase_add_checked_fixture(tests, store_set_up, store_tear_down);
	tcase_add_test(tests, a_layer_on_an_unpublished_one_is_what_it_is_on_a_published_one);
	tcase_add_test(tests, a_whiteout_is_kept_only_if_the_unpublished_layer_has_its_directory);
	tcase_add_test(tests, a_layer_is_not_published_before_the_one_below);
	tcase_add_test(tests, a_layer_is_not_published_on_another_one_of_the_same_id);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
