/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the small parts of the store: names, times, trees, links, staging, trash, the run
 * directory. */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "common/store/id.h"
#include "common/store/link.h"
#include "common/store/files/lock.h"
#include "common/store/staging.h"
#include "common/store/files/timestamp.h"
#include "common/store/trash.h"
#include "common/store/files/tree.h"
#include "common/store/sums/namestat.h"
#include "common/store/layer_lock.h"
#include "tests/unit/refuse.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define N(array) (sizeof(array) / sizeof(*array))

#define TEN   "0123456789"
#define A_128 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "12345678"

static const struct {
	const char *id;
	bool valid;
} ids[] = { { "a", true }, { "9", true }, { "a.b-c_D", true }, { "a..", true }, { A_128, true },
	{ A_128 "9", false }, { "", false }, { ".", false }, { "..", false }, { ".a", false },
	{ "-a", false }, { "_a", false }, { "a/b", false }, { "a b", false }, { "a:b", false },
	{ "\xc3\xa4", false }, { "a\n", false }, { "l", false }, { "staging", false },
	{ "trash", false }, { "images", false }, { "shale.json", false }, { "L", true },
	{ "stagings", true } };

START_TEST(an_id_is_letters_digits_and_three_signs_and_not_reserved)
{
	ck_assert_int_eq(id_is_valid(ids[_i].id), ids[_i].valid);
	ck_assert_int_eq(id_check(ids[_i].id, NULL), ids[_i].valid ? 0 : -EINVAL);
}
END_TEST

START_TEST(short_names_are_26_characters_of_base32_and_never_the_same)
{
	char one[SHORT_LEN + 1], two[SHORT_LEN + 1];

	ck_assert_int_eq(short_make(one), 0);
	ck_assert_int_eq(short_make(two), 0);
	ck_assert(short_valid(one) && short_valid(two));
	ck_assert_str_ne(one, two);
	ck_assert(!short_valid("ABC"));
	ck_assert(!short_valid("ABCDEFGHIJKLMNOPQRSTUVWXY1"));
}
END_TEST

static const struct {
	const char *text;
	int64_t seconds;
} times[] = { { "1970-01-01T00:00:00Z", 0 }, { "2026-11-24T10:00:00Z", 1795514400 },
	{ "2026-11-24", -1 }, { "", -1 }, { "2026-11-24T10:00:00", -1 } };

START_TEST(times_are_read_as_rfc_3339_in_utc)
{
	ck_assert_int_eq(timestamp_parse(times[_i].text), times[_i].seconds);
}
END_TEST

START_TEST(a_tree_of_any_depth_is_removed)
{
	auto_close int at = sys(openat(store->trash, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	for (int i = 0; i < 500; i++) {
		ck_assert_int_eq(mkdirat(at, "directory", 0755), 0);
		int below = sys(openat(at, "directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		ck_assert_int_ge(below, 0);
		close(at);
		at = below;
	}
	must(trash_sweep(store, true, NULL, NULL));
	assert_tidy();
}
END_TEST

START_TEST(a_directory_that_may_not_be_entered_is_removed)
{
	ck_assert_int_eq(mkdir("home/trash/locked", 0700), 0);
	ck_assert_int_eq(mkdir("home/trash/locked/in", 0700), 0);
	ck_assert_int_eq(symlink("/", "home/trash/locked/in/link"), 0);
	ck_assert_int_eq(chmod("home/trash/locked/in", 0), 0);
	ck_assert_int_eq(chmod("home/trash/locked", 0), 0);
	must(trash_sweep(store, true, NULL, NULL));
	assert_tidy();
}
END_TEST

START_TEST(hard_links_take_their_place_once)
{
	struct tree_size one, two;
	char data[65536];

	memset(data, 'x', sizeof(data));
	ck_assert_int_eq(mkdir("tree", 0755), 0);
	auto_close int fd = open("tree/a", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_eq(write(fd, data, sizeof(data)), sizeof(data));
	ck_assert_int_eq(tree_size(AT_FDCWD, "tree", &one), 0);
	ck_assert_int_eq(link("tree/a", "tree/b"), 0);
	ck_assert_int_eq(tree_size(AT_FDCWD, "tree", &two), 0);
	ck_assert_uint_ge(one.bytes, sizeof(data));
	ck_assert_uint_eq(one.bytes, two.bytes);
	ck_assert_uint_eq(two.inodes, 2);
}
END_TEST

START_TEST(the_draft_of_a_killed_process_goes_at_the_next_open)
{
	ck_assert_int_eq(mkdir("home/staging/LEFTOVER", 0700), 0);
	ck_assert_int_eq(mkdir("home/staging/LEFTOVER/layer", 0700), 0);
	write_text("home/staging/LEFTOVER/lock", "");
	write_text("home/staging/LEFTOVER/layer/link", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	write_text("home/staging/HALF-A-FILE", "x");
	must(link_make(store, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "unborn"));
	store_reopen();
	assert_tidy();
}
END_TEST

START_TEST(the_draft_of_a_living_process_stays)
{
	auto_staging struct staging staging = STAGING_NONE;

	must(staging_begin(store, &staging, &err));
	shale_store_close(store_open_again());
	ck_assert(exists("home/staging/%s", staging.name));
	staging_end(&staging);
	assert_tidy();
}
END_TEST

START_TEST(a_half_removed_layer_goes_away_with_its_link_at_the_next_open)
{
	make_layer("a", "", "file", "text");
	ck_assert_int_eq(rename("home/a", "home/trash/REMOVED"), 0);
	store_reopen();
	assert_tidy();
}
END_TEST

START_TEST(a_link_that_a_layer_has_is_not_dropped)
{
	char link[SHORT_LEN + 1];

	make_layer("a", "", "file", "text");
	auto_close int dir = open("home/a", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(link_of(dir, link), 0);
	ck_assert_int_eq(link_drop_stale(store, link), 0);
	ck_assert(exists("home/l/%s", link));
}
END_TEST

START_TEST(a_lock_file_that_was_removed_is_made_anew)
{
	auto_close int first = layer_lock(store, "a", &err);

	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(lock_take(store->locks, "a", LOCK_EX | LOCK_NB), -EWOULDBLOCK);
	layer_lock_forget(store, "a");
	auto_close int second = lock_take(store->locks, "a", LOCK_EX | LOCK_NB);
	ck_assert_int_ge(second, 0);
}
END_TEST

START_TEST(a_run_directory_serves_one_store)
{
	const struct shale_store_options options = {
		.size = sizeof(options), .home = "other", .run = "run"
	};
	struct shale_store *other;

	must_fail(shale_store_open(&options, &other, &err), -EBUSY);
	/* The store is removed, so another store can use its RUN. */
	shale_store_close(store);
	ck_assert_int_eq(rename("home", "moved"), 0);
	ck_assert_int_eq(tree_remove(AT_FDCWD, "moved", AT_FDCWD), 0);
	must(shale_store_open(&options, &other, &err));
	shale_store_close(other);
	ck_assert_int_eq(tree_remove(AT_FDCWD, "other", AT_FDCWD), 0);
	store = store_open_again();
}
END_TEST

START_TEST(a_run_directory_that_others_may_write_to_is_refused)
{
	const struct shale_store_options options = {
		.size = sizeof(options), .home = "home", .run = "open"
	};
	struct shale_store *other;

	ck_assert_int_eq(mkdir("open", 0700), 0);
	ck_assert_int_eq(chmod("open", 0777), 0);
	must_fail(shale_store_open(&options, &other, &err), -EPERM);
}
END_TEST

START_TEST(a_directory_with_other_things_is_no_store)
{
	const struct shale_store_options options = {
		.size = sizeof(options), .home = "full", .run = "run2"
	};
	struct shale_store *other;

	ck_assert_int_eq(mkdir("full", 0755), 0);
	write_text("full/letter", "dear");
	must_fail(shale_store_open(&options, &other, &err), -ENOTEMPTY);
	ck_assert(!exists("full/staging"));
}
END_TEST

static const struct {
	const char *text;
	int code;
} configs[] = { { "{", -EINVAL }, { "[]", -EINVAL }, { "{}", -EINVAL },
	{ "{\"version\": 99, \"uuid\": \"u\", \"xattr-class\": \"user\", \"ownership\": \"real\"}",
		-EINVAL },
	{ "{\"version\": 1, \"uuid\": \"u\", \"xattr-class\": \"cat\", \"ownership\": \"real\"}",
		-EINVAL } };

START_TEST(a_shale_json_that_cannot_be_understood_is_refused)
{
	const struct shale_store_options options = {
		.size = sizeof(options), .home = "home", .run = "run"
	};
	struct shale_store *other;

	write_text("home/shale.json", configs[_i].text);
	must_fail(shale_store_open(&options, &other, &err), configs[_i].code);
}
END_TEST

static const char *const bad_options[] = { "ownership=cat", "size=1", "" };

START_TEST(an_unknown_store_option_is_refused)
{
	const struct shale_store_options options = { .size = sizeof(options),
		.home = "new",
		.run = "run3",
		.options = &bad_options[_i],
		.n_options = 1 };
	struct shale_store *other;

	must_fail(shale_store_open(&options, &other, &err), -EINVAL);
}
END_TEST

static const char *const labels[] = { "security.apparmor", "security.SMACK64EXEC" };

START_TEST(a_relabelled_file_is_not_damaged_nor_is_one_whose_label_was_counted)
{
	const struct treewalk_name at = { .dirfd = AT_FDCWD, .name = "file", .path = "file" };
	struct namestat before, now;
	uint32_t counted;

	write_text("file", "text");
	ck_assert_int_eq(setxattr("file", "user.kept", "x", 1, 0), 0);
	ck_assert_int_eq(namestat_get(&at, &before, &counted), 0);
	ck_assert_int_eq(setxattr("file", labels[_i], "one", 3, 0), 0);
	ck_assert_int_eq(namestat_get(&at, &now, &counted), 0);
	ck_assert_ptr_null(namestat_differs(&before, &now, counted));
	before.xattrs = counted;
	ck_assert_uint_ne(before.xattrs, now.xattrs);
	ck_assert_ptr_null(namestat_differs(&before, &now, counted));
	ck_assert_int_eq(setxattr("file", "user.kept", "y", 1, 0), 0);
	ck_assert_int_eq(namestat_get(&at, &now, &counted), 0);
	ck_assert_ptr_nonnull(namestat_differs(&before, &now, counted));
}
END_TEST

/* Measures and reads from the working directory, and with calls that every kernel has. */
START_TEST(calls_of_newer_kernels_are_not_needed)
{
	static const int calls[] = { SYS_openat2, 464, 465 }; /* getxattrat and listxattrat */
	const struct treewalk_name at = { .dirfd = AT_FDCWD, .name = "tree", .path = "tree" };
	struct namestat stat;
	struct tree_size size;
	uint32_t counted;

	ck_assert_int_eq(mkdir("tree", 0755), 0);
	write_text("tree/file", "text");
	ck_assert_int_eq(refuse_calls(calls, 3, ENOSYS), 0);
	ck_assert_int_eq(namestat_get(&at, &stat, &counted), 0);
	ck_assert_int_eq(tree_size(AT_FDCWD, "tree", &size), 0);
	ck_assert_int_eq(tree_remove(AT_FDCWD, "tree", AT_FDCWD), 0);
	ck_assert_int_eq(access("tree", F_OK), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("the parts of the store");
	TCase *tests = tcase_create("parts");

	tcase_add_checked_fixture(tests, store_set_up, store_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(
		tests, an_id_is_letters_digits_and_three_signs_and_not_reserved, 0, N(ids));
	tcase_add_test(tests, short_names_are_26_characters_of_base32_and_never_the_same);
	tcase_add_loop_test(tests, times_are_read_as_rfc_3339_in_utc, 0, N(times));
	tcase_add_test(tests, a_tree_of_any_depth_is_removed);
	tcase_add_test(tests, a_directory_that_may_not_be_entered_is_removed);
	tcase_add_test(tests, hard_links_take_their_place_once);
	tcase_add_test(tests, the_draft_of_a_killed_process_goes_at_the_next_open);
	tcase_add_test(tests, the_draft_of_a_living_process_stays);
	tcase_add_test(tests, a_half_removed_layer_goes_away_with_its_link_at_the_next_open);
	tcase_add_test(tests, a_link_that_a_layer_has_is_not_dropped);
	tcase_add_test(tests, a_lock_file_that_was_removed_is_made_anew);
	if (suite_must_run() || refuse_is_possible())
		tcase_add_test(tests, calls_of_newer_kernels_are_not_needed);
	if (geteuid() == 0)
		tcase_add_loop_test(tests,
			a_relabelled_file_is_not_damaged_nor_is_one_whose_label_was_counted, 0,
			N(labels));
	tcase_add_test(tests, a_run_directory_serves_one_store);
	tcase_add_test(tests, a_run_directory_that_others_may_write_to_is_refused);
	tcase_add_test(tests, a_directory_with_other_things_is_no_store);
	tcase_add_loop_test(
		tests, a_shale_json_that_cannot_be_understood_is_refused, 0, N(configs));
	tcase_add_loop_test(tests, an_unknown_store_option_is_refused, 0, N(bad_options));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
