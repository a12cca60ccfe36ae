/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests layers in a store, without mounts. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "common/store/layer.h"
#include "tests/unit/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define N(array) (sizeof(array) / sizeof(*array))

START_TEST(a_layer_has_the_files_of_an_overlay2_layer)
{
	auto_layer struct layer base = LAYER_NONE, child = LAYER_NONE;
	char text[64];

	make_layer("base", "", "file", "text");
	make_rw("child", "base");
	must(layer_open(store, "base", &base, &err));
	must(layer_open(store, "child", &child, &err));
	ck_assert(holds("home/base/diff/file", "text"));
	ck_assert(holds("home/base/link", base.link));
	ck_assert(!exists("home/base/lower") && !exists("home/base/work"));
	ck_assert(exists("home/base/committed"));
	snprintf(text, sizeof(text), "l/%s", base.link);
	ck_assert(holds("home/child/lower", text));
	ck_assert(exists("home/child/work") && !exists("home/child/merged"));
	ck_assert(!exists("home/child/committed"));
	snprintf(text, sizeof(text), "home/l/%s/file", base.link);
	ck_assert(holds(text, "text"));
	ck_assert(layer_is_immutable(&base) && !layer_is_immutable(&child));
	assert_tidy();
}
END_TEST

START_TEST(the_root_of_a_layer_is_like_that_of_its_parent)
{
	struct stat parent, child;

	make_layer("base", "", "file", "text");
	ck_assert_int_eq(chmod("home/base/diff", 0751), 0);
	make_rw("child", "base");
	ck_assert_int_eq(stat("home/base/diff", &parent), 0);
	ck_assert_int_eq(stat("home/child/diff", &child), 0);
	ck_assert_uint_eq(parent.st_mode, child.st_mode);
	ck_assert_int_eq(parent.st_mtim.tv_sec, child.st_mtim.tv_sec);
	ck_assert_int_eq(parent.st_mtim.tv_nsec, child.st_mtim.tv_nsec);
}
END_TEST

static const struct {
	const char *id, *parent, *option;
	bool rw;
	int code;
} refused[] = { { "base", "", NULL, false, -EEXIST }, { "new", "nobody", NULL, false, -ENOENT },
	{ "a/b", "", NULL, false, -EINVAL }, { "new", "a/b", NULL, false, -EINVAL },
	{ "new", "new", NULL, false, -ENOENT }, { "new", "", "cat=1", true, -EINVAL },
	{ "new", "", "size=10G", false, -EINVAL }, { "new", "", "size=ten", true, -EINVAL } };

START_TEST(a_failed_create_leaves_nothing)
{
	const struct shale_layer_options options = { .size = sizeof(options),
		.parent = refused[_i].parent,
		.options = &refused[_i].option,
		.n_options = refused[_i].option != NULL,
		.flags = refused[_i].rw ? SHALE_CREATE_RW : 0 };

	make_layer("base", "", "file", "text");
	must_fail(shale_layer_create(store, refused[_i].id, &options, &err), refused[_i].code);
	ck_assert(!exists("home/new"));
	ck_assert(!exists("home/base/committed"));
	assert_tidy();
}
END_TEST

START_TEST(applying_takes_the_place_of_all_that_was_there)
{
	auto_close int tar = tar_of("second", "two");
	auto_free char *size = NULL;
	auto_free struct shale_apply_result *result = NULL;

	make_layer("a", "", "first", "one");
	must(shale_layer_apply(store, "a", tar, NULL, &result, &err));
	ck_assert_uint_eq(result->bytes, 3);
	ck_assert_uint_eq(result->entries, 1);
	ck_assert_uint_eq(result->warnings, 0);
	ck_assert(!exists("home/a/diff/first"));
	ck_assert(holds("home/a/diff/second", "two"));
	must(store_layer_get_field(store, "a", "size", &size, &err));
	ck_assert_str_eq(size, "3");
	assert_tidy();
}
END_TEST

START_TEST(a_tar_that_breaks_off_changes_nothing)
{
	auto_free char *before = NULL;
	auto_free char *after = NULL;
	auto_close int tar = tar_of("second", "something long enough to be cut");

	make_layer("a", "", "first", "one");
	must(store_layer_get_field(store, "a", "diff-id", &before, &err));
	ck_assert_int_eq(ftruncate(tar, 530), 0);
	ck_assert_int_lt(shale_layer_apply(store, "a", tar, NULL, NULL, &err), 0);
	ck_assert_str_ne(err.text, "");
	err = (struct shale_error){ 0 };
	ck_assert(holds("home/a/diff/first", "one"));
	must(store_layer_get_field(store, "a", "diff-id", &after, &err));
	ck_assert_str_eq(before, after);
	assert_tidy();
}
END_TEST

START_TEST(a_layer_with_children_cannot_be_changed_or_removed)
{
	auto_close int tar = tar_of("second", "two");

	make_layer("base", "", "file", "text");
	make_rw("one", "base");
	make_rw("two", "base");
	must_fail(shale_layer_apply(store, "base", tar, NULL, NULL, &err), -EBUSY);
	int r = shale_layer_remove(store, "base", NULL, &err);
	ck_assert(strstr(err.text, "one") && strstr(err.text, "two"));
	must_fail(r, -EBUSY);
	must(shale_layer_remove(store, "one", NULL, &err));
	must(shale_layer_remove(store, "two", NULL, &err));
	must(shale_layer_remove(store, "base", NULL, &err));
	ck_assert_int_eq(shale_layer_exists(store, "base", &err), 0);
	assert_tidy();
}
END_TEST

START_TEST(a_layer_of_an_image_cannot_be_changed_or_removed)
{
	auto_close int tar = tar_of("second", "two");

	make_layer("top", "", "file", "text");
	write_text(
		"home/images/name", "{\"name\": \"the image\", \"top\": \"top\", \"layers\": []}");
	must_fail(shale_layer_apply(store, "top", tar, NULL, NULL, &err), -EBUSY);
	int r = shale_layer_remove(store, "top", NULL, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "the image"));
	must_fail(r, -EBUSY);
	ck_assert_int_eq(unlink("home/images/name"), 0);
	must(shale_layer_remove(store, "top", NULL, &err));
}
END_TEST

START_TEST(a_missing_layer_is_enoent)
{
	auto_close int tar = tar_of("file", "text");
	char *path;

	must_fail(shale_layer_get(store, "nobody", NULL, &path, &err), -ENOENT);
	must_fail(shale_layer_put(store, "nobody", NULL, &err), -ENOENT);
	must_fail(shale_layer_remove(store, "nobody", NULL, &err), -ENOENT);
	must_fail(shale_layer_apply(store, "nobody", tar, NULL, NULL, &err), -ENOENT);
	must_fail(shale_layer_commit(store, "nobody", "new", NULL, &err), -ENOENT);
	ck_assert_int_eq(shale_layer_exists(store, "nobody", &err), 0);
	assert_tidy();
}
END_TEST

START_TEST(a_base_layer_is_its_own_view)
{
	auto_free char *path = NULL;
	char expected[128];

	make_layer("base", "", "file", "text");
	must(shale_layer_get(store, "base", NULL, &path, &err));
	snprintf(expected, sizeof(expected), "%s/home/base/diff", store_dir);
	ck_assert_str_eq(path, expected);
	must(shale_layer_put(store, "base", NULL, &err));
	must(shale_layer_put(store, "base", NULL, &err));
}
END_TEST

START_TEST(a_lost_link_is_made_again)
{
	auto_layer struct layer base = LAYER_NONE, top = LAYER_NONE;
	char link[64];

	make_layer("base", "", "file", "text");
	make_layer("middle", "base", "file2", "text");
	make_rw("top", "middle");
	must(layer_open(store, "base", &base, &err));
	must(layer_open(store, "top", &top, &err));
	snprintf(link, sizeof(link), "home/l/%s", base.link);
	ck_assert_int_eq(unlink(link), 0);
	must(layer_mend_links(store, &top, &err));
	ck_assert(exists("%s/file", link));
	assert_tidy();
}
END_TEST

static const struct {
	const char *damage; /* a shell command, which runs in HOME */
	const char *found;
} damages[] = { { "rm l/*", "layer base" }, { "rm base/link", "link" },
	{ "echo >base/layer.json", "layer.json" }, { "rm -r base/diff", "diff/" },
	{ "rm base/committed", "not committed" }, { "rm -r base", "parent 'base'" },
	{ "echo -n l/ABCDEFGHIJKLMNOPQRSTUVWXYZ >child/lower", "lower" },
	{ "ln -s /etc l/odd", "file l/odd" }, { "touch strange", "strange" },
	{ "echo '{\"top\": \"gone\"}' >images/name", "image name" } };

START_TEST(check_finds_what_is_damaged)
{
	char command[256], problem[512] = "";

	make_layer("base", "", "file", "text");
	make_rw("child", "base");
	ck_assert_int_eq(shale_store_check(store, NULL, keep_problem, problem, &err), 1);
	ck_assert_str_eq(problem, "");
	snprintf(command, sizeof(command), "cd home && %s", damages[_i].damage);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(shale_store_check(store, NULL, keep_problem, problem, &err), 0);
	ck_assert_msg(strstr(problem, damages[_i].found), "'%s'", problem);
}
END_TEST

START_TEST(a_stack_has_a_limit)
{
	struct shale_layer_options deepest = { .size = sizeof(deepest), .parent = "l499" };
	char id[16], parent[16] = "";
	struct layer_roots roots = { 0 };

	for (int i = 0; i < 500; i++) {
		const struct shale_layer_options options = { .size = sizeof(options),
			.parent = parent };

		snprintf(id, sizeof(id), "l%d", i);
		must(shale_layer_create(store, id, &options, &err));
		strcpy(parent, id);
	}
	must_fail(shale_layer_create(store, "more", &deepest, &err), -E2BIG);
	deepest.flags = SHALE_CREATE_RW;
	must(shale_layer_create(store, "top", &deepest, &err));
	must(store_layer_roots(store, "top", &roots, &err));
	ck_assert_uint_eq(roots.n, 501);
	ck_assert_str_eq(roots.ids[500], "l0");
	layer_roots_free(&roots);
}
END_TEST

/* ---- add_layer ---- */

struct feed {
	int fd;
	int verdict;
	bool read;
};

static int64_t feed_read(void *arg, void *buf, size_t size)
{
	struct feed *feed = arg;

	feed->read = true;
	return read(feed->fd, buf, size);
}

static int feed_verify(const struct apply_result *result, void *arg, struct shale_error *e)
{
	return ((struct feed *)arg)->verdict;
}

START_TEST(a_layer_whose_digest_is_wrong_does_not_come_into_being)
{
	auto_close int tar = tar_of("file", "text");
	struct feed feed = { .fd = tar, .verdict = -EBADMSG };
	const struct new_layer layer = {
		.id = "new", .read = feed_read, .verify = feed_verify, .arg = &feed
	};

	must_fail(store_add_layer(store, &layer, NULL, &err), -EBADMSG);
	ck_assert_int_eq(shale_layer_exists(store, "new", &err), 0);
	assert_tidy();
	feed.verdict = 0;
	lseek(tar, 0, SEEK_SET);
	must(store_add_layer(store, &layer, NULL, &err));
	feed.read = false;
	must_fail(store_add_layer(store, &layer, NULL, &err), -EEXIST);
	ck_assert(!feed.read);
}
END_TEST

START_TEST(a_field_is_read_and_a_missing_one_is_null)
{
	auto_free char *kind = NULL;
	char *none = (char *)"something";

	make_layer("a", "", "file", "text");
	store_reopen();
	must(store_layer_get_field(store, "a", "kind", &kind, &err));
	ck_assert_str_eq(kind, "layer");
	must(store_layer_get_field(store, "a", "nothing", &none, &err));
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(commit_makes_an_immutable_copy_beside_the_original)
{
	auto_free char *parent = NULL;

	make_layer("base", "", "file", "text");
	make_rw("work", "base");
	write_text("home/work/diff/mine", "new");
	must(shale_layer_commit(store, "work", "frozen", NULL, &err));
	ck_assert(holds("home/frozen/diff/mine", "new"));
	must(store_layer_get_field(store, "frozen", "parent", &parent, &err));
	ck_assert_str_eq(parent, "base");
	must_fail(shale_layer_commit(store, "work", "frozen", NULL, &err), -EEXIST);
	must_fail(shale_layer_commit(store, "work", "a/b", NULL, &err), -EINVAL);
	must(shale_layer_remove(store, "work", NULL, &err));
	assert_tidy();
}
END_TEST

static int keep_change(const struct shale_change *change, void *arg)
{
	char *text = arg;

	snprintf(text + strlen(text), 256 - strlen(text), "%c%s ", change->kind, change->path);
	return 0;
}

static const struct {
	const char *parent;
	const char *changes;
} comparisons[] = { { NULL, "A/c " }, { "middle", "A/c " }, { "base", "A/b A/c " },
	{ "", "A/a A/b A/c " } };

START_TEST(a_layer_is_compared_with_any_ancestor)
{
	struct shale_diff_options diff = { .size = sizeof(diff) };
	char text[256] = "";

	make_layer("base", "", "a", "1");
	make_layer("middle", "base", "b", "2");
	make_layer("top", "middle", "c", "3");
	diff.parent = comparisons[_i].parent;
	must(shale_layer_changes(store, "top", &diff, keep_change, text, &err));
	ck_assert_str_eq(text, comparisons[_i].changes);
	diff.parent = "top";
	must_fail(shale_layer_changes(store, "base", &diff, keep_change, text, &err), -EINVAL);
	must_fail(shale_layer_changes(store, "top", &diff, keep_change, text, &err), -EINVAL);
}
END_TEST

START_TEST(gc_removes_layers_of_former_images_only)
{
	auto_close int tar = tar_of("file", "text");
	struct feed feed = { .fd = tar };
	struct new_layer layer = { .id = "one", .read = feed_read, .arg = &feed };
	const struct shale_gc_options all = { .size = sizeof(all), .flags = SHALE_GC_LAYERS };
	char last[512] = "";

	make_layer("mine", "", "file", "text");
	must(store_add_layer(store, &layer, NULL, &err));
	lseek(tar, 0, SEEK_SET);
	layer.id = "two";
	layer.parent = "one";
	must(store_add_layer(store, &layer, NULL, &err));
	write_text("home/images/name", "{\"top\": \"two\"}");
	must(shale_store_gc(store, &all, keep_pair, last, &err));
	ck_assert_int_eq(shale_layer_exists(store, "two", &err), 1);
	ck_assert_int_eq(unlink("home/images/name"), 0);
	must(shale_store_gc(store, NULL, keep_pair, last, &err));
	ck_assert_int_eq(shale_layer_exists(store, "two", &err), 1);
	must(shale_store_gc(store, &all, keep_pair, last, &err));
	ck_assert_int_eq(shale_layer_exists(store, "two", &err), 0);
	ck_assert_int_eq(shale_layer_exists(store, "one", &err), 0);
	ck_assert_int_eq(shale_layer_exists(store, "mine", &err), 1);
	assert_tidy();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layers");
	TCase *tests = tcase_create("layers");

	tcase_add_checked_fixture(tests, store_set_up, store_tear_down);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, a_layer_has_the_files_of_an_overlay2_layer);
	tcase_add_test(tests, the_root_of_a_layer_is_like_that_of_its_parent);
	tcase_add_loop_test(tests, a_failed_create_leaves_nothing, 0, N(refused));
	tcase_add_test(tests, applying_takes_the_place_of_all_that_was_there);
	tcase_add_test(tests, a_tar_that_breaks_off_changes_nothing);
	tcase_add_test(tests, a_layer_with_children_cannot_be_changed_or_removed);
	tcase_add_test(tests, a_layer_of_an_image_cannot_be_changed_or_removed);
	tcase_add_test(tests, a_missing_layer_is_enoent);
	tcase_add_test(tests, a_base_layer_is_its_own_view);
	tcase_add_test(tests, a_lost_link_is_made_again);
	tcase_add_loop_test(tests, check_finds_what_is_damaged, 0, N(damages));
	tcase_add_test(tests, a_stack_has_a_limit);
	tcase_add_test(tests, a_layer_whose_digest_is_wrong_does_not_come_into_being);
	tcase_add_test(tests, a_field_is_read_and_a_missing_one_is_null);
	tcase_add_test(tests, commit_makes_an_immutable_copy_beside_the_original);
	tcase_add_loop_test(tests, a_layer_is_compared_with_any_ancestor, 0, N(comparisons));
	tcase_add_test(tests, gc_removes_layers_of_former_images_only);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
