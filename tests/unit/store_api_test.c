/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests options, results, progress and cancellation, as shale.h promises them. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* ---- opening ---- */

START_TEST(nothing_is_made_where_a_store_must_exist)
{
	struct shale_store_options options = { .size = sizeof(options),
		.home = "nowhere",
		.run = "run",
		.flags = SHALE_OPEN_EXISTING };
	struct shale_store *other;

	must_fail(shale_store_open(&options, &other, &err), -ENOENT);
	ck_assert(!exists("nowhere"));
	ck_assert_int_eq(mkdir("empty", 0700), 0);
	options.home = "empty";
	must_fail(shale_store_open(&options, &other, &err), -ENOENT);
	ck_assert(!exists("empty/shale.json") && !exists("empty/staging"));
	options.home = "home";
	must(shale_store_open(&options, &other, &err));
	shale_store_close(other);
	options.flags = 1ul << 31;
	must_fail(shale_store_open(&options, &other, &err), -EINVAL);
}
END_TEST

static void keep_line(int level, const char *text, void *arg)
{
	char *log = arg;

	snprintf(log + strlen(log), 1024 - strlen(log), "<%d>%s\n", level, text);
}

START_TEST(a_log_function_hears_what_is_done)
{
	char log[1024] = "";
	const struct shale_store_options options = { .size = sizeof(options),
		.home = "home",
		.run = "run",
		.log = keep_line,
		.log_arg = log };
	struct shale_store *other;

	ck_assert_int_eq(mkdir("home/staging/LEFTOVER", 0700), 0);
	must(shale_store_open(&options, &other, &err));
	must(shale_layer_create(other, "a", NULL, &err));
	must(shale_layer_remove(other, "a", NULL, &err));
	shale_store_close(other);
	ck_assert_msg(strstr(log, "<6>removed a leftover: staging/LEFTOVER\n"), "%s", log);
	ck_assert_msg(strstr(log, "<6>layer 'a' is made\n"), "%s", log);
	ck_assert_msg(strstr(log, "<6>layer 'a' is removed\n"), "%s", log);
}
END_TEST

START_TEST(the_library_tells_the_version_of_its_header)
{
	ck_assert_uint_eq(shale_version(), SHALE_VERSION);
}
END_TEST

/* ---- apply ---- */

START_TEST(apply_tells_what_it_read)
{
	auto_close int tar = tar_of("file", "four");
	auto_free struct shale_apply_result *result = NULL;
	auto_free struct shale_layer_info *info = NULL;

	must(shale_layer_create(store, "a", NULL, &err));
	must(shale_layer_apply(store, "a", tar, NULL, &result, &err));
	ck_assert_uint_eq(result->bytes, 4);
	ck_assert_uint_eq(result->entries, 1);
	ck_assert_int_eq(strncmp(result->diff_id, "sha256:", 7), 0);
	ck_assert_uint_eq(result->warnings, 0);
	must(shale_layer_info(store, "a", &info, &err));
	ck_assert_str_eq(info->id, "a");
	ck_assert_str_eq(info->kind, "layer");
	ck_assert_str_eq(info->parent, "");
	ck_assert_str_eq(info->diff_id, result->diff_id);
	ck_assert_uint_eq(info->bytes, 4);
	ck_assert_int_eq(info->committed, 1);
	ck_assert_int_eq(info->mounted, 0);
	must_fail(shale_layer_info(store, "nobody", &info, &err), -ENOENT);
}
END_TEST

START_TEST(a_tar_without_an_end_is_taken_with_a_warning)
{
	auto_close int tar = tar_of("file", "four");
	auto_free struct shale_apply_result *result = NULL;
	auto_free struct shale_layer_info *info = NULL;

	must(shale_layer_create(store, "a", NULL, &err));
	ck_assert_int_eq(ftruncate(tar, 1024), 0);
	must(shale_layer_apply(store, "a", tar, NULL, &result, &err));
	ck_assert_uint_eq(result->warnings, SHALE_WARN_NO_END);
	must(shale_layer_info(store, "a", &info, &err));
	ck_assert_uint_eq(info->warnings, SHALE_WARN_NO_END);
}
END_TEST

START_TEST(apply_keeps_to_the_digest_that_was_asked_for)
{
	auto_close int tar = tar_of("file", "four");
	auto_free struct shale_apply_result *result = NULL;
	struct shale_apply_options options = { .size = sizeof(options) };

	must(shale_layer_create(store, "a", NULL, &err));
	must(shale_layer_apply(store, "a", tar, NULL, &result, &err));
	options.diff_id = result->diff_id;
	lseek(tar, 0, SEEK_SET);
	must(shale_layer_apply(store, "a", tar, &options, NULL, &err));
	auto_close int other = tar_of("other", "text");
	must_fail(shale_layer_apply(store, "a", other, &options, NULL, &err), -EBADMSG);
	ck_assert(holds("home/a/diff/file", "four"));
	options.diff_id = "md5:00";
	must_fail(shale_layer_apply(store, "a", other, &options, NULL, &err), -EINVAL);
	assert_tidy();
}
END_TEST

static const struct shale_limits limits[] = { { .bytes = 3 }, { .entries = 1 } };

START_TEST(apply_keeps_to_the_limits_of_the_call)
{
	auto_close int tar = tar_of("file", "four");
	struct shale_limits mine = limits[_i];
	const struct shale_apply_options options = { .size = sizeof(options), .limits = &mine };

	mine.size = sizeof(mine);
	must(shale_layer_create(store, "a", NULL, &err));
	int r = shale_layer_apply(store, "a", tar, &options, NULL, &err);
	if (mine.bytes)
		must_fail(r, -EFBIG);
	else
		must(r);
	ck_assert_int_eq(exists("home/a/diff/file"), !mine.bytes);
}
END_TEST

/* ---- progress ---- */

struct watch {
	unsigned int calls, stop_at; /* STOP_AT 0: never stop */
	uint64_t done;
};

static int watch(const char *what, uint64_t done, uint64_t total, void *arg)
{
	struct watch *watch = arg;

	ck_assert_ptr_nonnull(what);
	watch->done = done;
	return ++watch->calls == watch->stop_at;
}

static int ignore_change(const struct shale_change *change, void *arg)
{
	return 0;
}

static int apply_again(struct watch *w)
{
	auto_close int tar = tar_of("file", "new text");
	const struct shale_apply_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_layer_apply(store, "lone", tar, &options, NULL, &err);
}

static int diff_layer(struct watch *w)
{
	auto_close int out = memfd_create("out", MFD_CLOEXEC);
	const struct shale_diff_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_layer_diff(store, "top", &options, out, &err);
}

static int diff_tree(struct watch *w)
{
	auto_close int out = memfd_create("out", MFD_CLOEXEC);
	const struct shale_diff_options options = {
		.size = sizeof(options), .parent = "", .progress = watch, .progress_arg = w
	};

	return shale_layer_diff(store, "top", &options, out, &err);
}

static int size_layer(struct watch *w)
{
	const struct shale_diff_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};
	uint64_t bytes;

	return shale_layer_diff_size(store, "top", &options, &bytes, &err);
}

static int change_layer(struct watch *w)
{
	const struct shale_diff_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_layer_changes(store, "top", &options, ignore_change, NULL, &err);
}

static int commit_layer(struct watch *w)
{
	const struct shale_commit_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_layer_commit(store, "work", "frozen", &options, &err);
}

static int export_layer(struct watch *w)
{
	const struct shale_export_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_image_export(store, "top", "oci-archive:out.tar:name", &options, &err);
}

static int export_tree(struct watch *w)
{
	const struct shale_export_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_image_export(store, "top", "tar:tree.tar", &options, &err);
}

static int import_tree(struct watch *w)
{
	const struct shale_import_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};
	char *id;
	int r = shale_image_import(store, "tar:in.tar", &options, &id, &err);

	if (r >= 0)
		free(id);
	return r;
}

static int check_store(struct watch *w)
{
	const struct shale_check_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_store_check(store, &options, NULL, NULL, &err);
}

static int repair_store(struct watch *w)
{
	const struct shale_check_options options = { .size = sizeof(options),
		.flags = SHALE_CHECK_REPAIR,
		.progress = watch,
		.progress_arg = w };

	return shale_store_check(store, &options, NULL, NULL, &err);
}

static int collect(struct watch *w)
{
	const struct shale_gc_options options = { .size = sizeof(options),
		.flags = SHALE_GC_LAYERS,
		.progress = watch,
		.progress_arg = w };

	return shale_store_gc(store, &options, NULL, NULL, &err);
}

static int convert_layer(struct watch *w)
{
	const struct shale_convert_options options = {
		.size = sizeof(options), .progress = watch, .progress_arg = w
	};

	return shale_layer_convert(store, "lone", &options, &err);
}

static const struct {
	const char *name;
	int (*run)(struct watch *watch);
	bool mounts;
} calls[] = { { "apply", apply_again, false }, { "diff", diff_layer, false },
	{ "diff of a tree", diff_tree, false }, { "diff_size", size_layer, false },
	{ "changes", change_layer, false }, { "commit", commit_layer, false },
	{ "export", export_layer, false }, { "export of a tree", export_tree, false },
	{ "import", import_tree, false }, { "check", check_store, false },
	{ "repair", repair_store, false }, { "gc", collect, false },
	{ "convert", convert_layer, true } };

static void make_world(void)
{
	const struct shale_export_options plain = { .size = sizeof(plain) };

	make_layer("lone", "", "file", "old text");
	make_layer("base", "", "a", "1");
	make_layer("top", "base", "b", "2");
	make_rw("work", "base");
	write_text("home/work/diff/c", "3");
	must(shale_image_export(store, "base", "tar:in.tar", &plain, &err));
}

static void assert_world(void)
{
	char problem[512] = "";

	assert_tidy();
	ck_assert_int_eq(shale_store_check(store, NULL, keep_problem, problem, &err), 1);
	ck_assert(holds("home/lone/diff/file", "old text"));
	ck_assert(!exists("home/frozen") && !exists("out.tar") && !exists("tree.tar"));
	ck_assert_int_eq(shale_layer_exists(store, "top", &err), 1);
}

START_TEST(each_long_call_tells_its_progress_and_can_be_cancelled_anywhere)
{
	make_world();
	/* Cancels the call at each point at which that is possible, then runs it to its end. */
	for (unsigned int at = 1; at < 1000; at++) {
		struct watch w = { .stop_at = at };
		int r = calls[_i].run(&w);
		if (w.calls < at) {
			must(r);
			ck_assert_msg(at > 1, "%s tells no progress", calls[_i].name);
			return;
		}
		ck_assert_uint_eq(w.calls, at);
		ck_assert_msg(err.text[0] || r != -ECANCELED, "%s", calls[_i].name);
		must_fail(r, -ECANCELED);
		assert_world();
	}
	ck_abort_msg("%s never ends", calls[_i].name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("API");
	TCase *tests = tcase_create("api");

	tcase_add_checked_fixture(tests, store_set_up, store_tear_down);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, nothing_is_made_where_a_store_must_exist);
	tcase_add_test(tests, a_log_function_hears_what_is_done);
	tcase_add_test(tests, the_library_tells_the_version_of_its_header);
	tcase_add_test(tests, apply_tells_what_it_read);
	tcase_add_test(tests, a_tar_without_an_end_is_taken_with_a_warning);
	tcase_add_test(tests, apply_keeps_to_the_digest_that_was_asked_for);
	tcase_add_loop_test(tests, apply_keeps_to_the_limits_of_the_call, 0, 2);
	/* Only root can mount, so leave out the calls that mount for other users. */
	for (int i = 0; i < (int)(sizeof(calls) / sizeof(*calls)); i++)
		if (!calls[i].mounts || geteuid() == 0)
			tcase_add_loop_test(tests,
				each_long_call_tells_its_progress_and_can_be_cancelled_anywhere, i,
				i + 1);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
