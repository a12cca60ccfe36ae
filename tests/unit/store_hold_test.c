/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests holds: notes on layers, which keep the layers from being removed. */
#include "tests/unit/store_fixture.h"
#include "tests/unit/suite.h"

#include <stdio.h>
#include <string.h>

static int tell(const struct shale_hold *hold, void *arg)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s:%s=%s%s ", hold->layer, hold->name, hold->data,
		hold->immutable ? "" : "(rw)");
	return 0;
}

static void assert_holds(const char *wanted)
{
	char text[512] = "";

	must(shale_layer_list_holds(store, tell, text, &err));
	ck_assert_str_eq(text, wanted);
}

START_TEST(a_held_layer_stays_until_its_last_hold_ends)
{
	const struct shale_remove_options one = { .size = sizeof(one), .hold = "one" };
	const struct shale_remove_options two = { .size = sizeof(two), .hold = "two" };

	make_layer("base", "", "file", "text");
	must(shale_layer_hold(store, "base", "one", "first", &err));
	must(shale_layer_hold(store, "base", "two", "x", &err));
	must(shale_layer_hold(store, "base", "one", "second", &err));
	assert_holds("base:one=second base:two=x ");
	must_fail(shale_layer_remove(store, "base", NULL, &err), -EBUSY);
	must_fail(shale_layer_remove(store, "base", &one, &err), -EBUSY);
	must_fail(shale_layer_apply(store, "base", tar_of("a", "b"), NULL, NULL, &err), -EBUSY);
	must(shale_layer_hold(store, "base", "one", NULL, &err));
	must(shale_layer_hold(store, "base", "one", NULL, &err));
	must(shale_layer_remove(store, "base", &two, &err));
	assert_holds("");
	assert_tidy();
}
END_TEST

START_TEST(a_layer_can_be_held_from_its_beginning_and_when_it_is_frozen)
{
	const struct shale_layer_options options = {
		.size = sizeof(options), .flags = SHALE_CREATE_RW, .hold = "x", .hold_data = "made"
	};
	const struct shale_commit_options move = {
		.size = sizeof(move), .flags = SHALE_COMMIT_MOVE, .hold = "x", .hold_data = "moved"
	};
	const struct shale_commit_options copy = {
		.size = sizeof(copy), .hold = "y", .hold_data = "copied"
	};

	must(shale_layer_create(store, "work", &options, &err));
	assert_holds("work:x=made(rw) ");
	must(shale_layer_commit(store, "work", "work", &move, &err));
	assert_holds("work:x=moved ");
	must(shale_layer_create(store, "other", &options, &err));
	must(shale_layer_commit(store, "other", "new", &move, &err));
	assert_holds("new:x=moved work:x=moved ");
	must(shale_layer_create(store, "last", &options, &err));
	must(shale_layer_commit(store, "last", "copy", &copy, &err));
	assert_holds("copy:y=copied last:x=made(rw) new:x=moved work:x=moved ");
	assert_tidy();
}
END_TEST

START_TEST(a_layer_that_another_program_holds_keeps_its_id)
{
	const struct shale_layer_options options = {
		.size = sizeof(options), .flags = SHALE_CREATE_RW, .hold = "x", .hold_data = "made"
	};
	const struct shale_commit_options move = {
		.size = sizeof(move), .flags = SHALE_COMMIT_MOVE, .hold = "y", .hold_data = "moved"
	};

	must(shale_layer_create(store, "work", &options, &err));
	must_fail(shale_layer_commit(store, "work", "new", &move, &err), -EBUSY);
	assert_holds("work:x=made(rw) ");
	must(shale_layer_commit(store, "work", "work", &move, &err));
	assert_holds("work:x=made work:y=moved ");
}
END_TEST

START_TEST(a_hold_has_a_layer_a_name_and_text)
{
	make_layer("base", "", "file", "text");
	must_fail(shale_layer_hold(store, "none", "one", "x", &err), -ENOENT);
	must_fail(shale_layer_hold(store, "base", "a/b", "x", &err), -EINVAL);
	must_fail(shale_layer_hold(store, "base", "one", "\xff", &err), -EINVAL);
	must_fail(shale_layer_remove(store, "none", NULL, &err), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("holds");
	TCase *tests = tcase_create("holds");

	tcase_add_checked_fixture(tests, store_set_up, store_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_held_layer_stays_until_its_last_hold_ends);
	tcase_add_test(tests, a_layer_can_be_held_from_its_beginning_and_when_it_is_frozen);
	tcase_add_test(tests, a_layer_that_another_program_holds_keeps_its_id);
	tcase_add_test(tests, a_hold_has_a_layer_a_name_and_text);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
