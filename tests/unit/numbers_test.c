/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests times and owners at the ends of their ranges, through apply and diff. */
#include "common/archive/diff/diff.h"
#include "common/base/scope.h"
#include "tests/unit/apply_fixture.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct stat applied_stat(const char *pax)
{
	const struct tar_entry entry = { .name = "file", .pax = pax };
	struct applied applied = apply_entries(&entry, 1, 0);
	struct stat st;

	ck_assert_int_eq(fstatat(applied.root, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
	close(applied.root);
	return st;
}

/* ---- times ---- */

static const struct {
	const char *text;
	struct timespec time;
	bool also_written;
} times[] = {
	{ "mtime=-1.5", { -2, 500000000 }, true },
	{ "mtime=-1.000000001", { -2, 999999999 }, true },
	{ "mtime=-1.999999999", { -2, 1 }, true },
	{ "mtime=-1", { -1, 0 }, true },
	{ "mtime=-86400.25", { -86401, 750000000 }, true },
	{ "mtime=-2.0", { -2, 0 }, false },
	{ "mtime=1.5", { 1, 500000000 }, true },
	{ "mtime=0.5", { 0, 500000000 }, true },
	{ "mtime=-0.5", { -1, 500000000 }, true },
	{ "mtime=-0.000000001", { -1, 999999999 }, true },
	{ "mtime=0.5\natime=-0.5", { 0, 500000000 }, false },
	{ "mtime=0.5\nmtime=-0.25", { -1, 750000000 }, false },
	{ "mtime=-0.25\nmtime=0.5", { 0, 500000000 }, false },
	{ "comment=x mtime=-0.5\nmtime=0.5", { 0, 500000000 }, false },
	{ "mtime=8589934592", { 8589934592, 0 }, true },
	{ "mtime=15000000000.000000001", { 15000000000, 1 }, true },
};

START_TEST(a_time_is_the_number_that_it_is_written_as)
{
	struct stat st = applied_stat(times[_i].text);

	ck_assert_int_eq(st.st_mtim.tv_sec, times[_i].time.tv_sec);
	ck_assert_int_eq(st.st_mtim.tv_nsec, times[_i].time.tv_nsec);
}
END_TEST

/* Cuts the stream at each place into two pieces. */
START_TEST(no_time_loses_its_sign_where_pieces_meet)
{
	enum { FILES = 600 };
	struct tarball tar = { 0 };
	char name[16];
	struct stat st;

	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%d", i);
		tarball_add(&tar, &(struct tar_entry){ .name = name, .pax = "mtime=-0.5" });
	}
	tarball_end(&tar);
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%d", i);
		ck_assert_int_eq(fstatat(applied.root, name, &st, 0), 0);
		ck_assert_msg(st.st_mtim.tv_sec == -1, "of %d", i);
	}
	tarball_free(&tar);
	close(applied.root);
}
END_TEST

/* Returns the diff of a layer with one file that has this time. */
static char *diff_of(const struct timespec *time)
{
	static char tar[4096];
	auto_close int root = scratch_dir();
	auto_close int out = memfd_create("tar", MFD_CLOEXEC);
	const struct diff_spec spec = { .layers = &root,
		.n_layers = 1,
		.n_above = 1,
		.class = XATTR_USER,
		.ownership = OWNERSHIP_REAL };
	const struct timespec both[] = { *time, *time };
	struct shale_error err = { 0 };

	scratch_write(root, "file", "");
	ck_assert_int_eq(utimensat(root, "file", both, 0), 0);
	int r = diff_tar(&spec, out, &err);
	ck_assert_msg(r == 0, "%s", err.text);
	ck_assert_int_gt(pread(out, tar, sizeof(tar) - 1, 0), 1024);
	return tar;
}

START_TEST(a_time_is_written_as_the_number_that_it_is)
{
	char *tar = diff_of(&times[_i].time);
	auto_free char *line = NULL;

	ck_assert_int_ge(asprintf(&line, "%s\n", times[_i].text), 0);
	/* Find the time: in a pax record, in the second block, or, if it is a whole number of 33
	 * bits, in the header. */
	if (tar[156] == 'x')
		ck_assert_msg(strstr(tar + 512, line) != NULL, "%s", tar + 512);
	else
		ck_assert_int_eq((long)strtoull(tar + 136, NULL, 8), times[_i].time.tv_sec);
}
END_TEST

START_TEST(half_a_second_before_1970_is_minus_a_half)
{
	char *tar = diff_of(&(struct timespec){ -1, 500000000 });

	ck_assert_msg(strstr(tar + 512, " mtime=-0.5\n") != NULL, "%s", tar + 512);
}
END_TEST

/* ---- owners ---- */

static const struct {
	const char *pax;
	uid_t uid;
	gid_t gid;
} owners[] = {
	{ "uid=-1\ngid=-1", 0, 0 },
	{ "uid=4294967295\ngid=4294967295", 0, 0 },
	{ "uid=-2\ngid=-2", (uid_t)-2, (gid_t)-2 },
	{ "uid=4294967294\ngid=4294967294", (uid_t)-2, (gid_t)-2 },
	{ "uid=-2147483648\ngid=2147483648", 2147483648, 2147483648 },
};

START_TEST(an_owner_is_what_the_engines_make_of_it)
{
	struct stat st = applied_stat(owners[_i].pax);

	ck_assert_uint_eq(st.st_uid, owners[_i].uid);
	ck_assert_uint_eq(st.st_gid, owners[_i].gid);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("numbers");
	TCase *tests = tcase_create("numbers");
	const bool all_ids = geteuid() == 0;

	if (!scratch_become_root())
		return 77;
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, a_time_is_the_number_that_it_is_written_as, 0, COUNT(times));
	tcase_add_test(tests, no_time_loses_its_sign_where_pieces_meet);
	for (int i = 0; i < (int)COUNT(times); i++)
		if (times[i].also_written)
			tcase_add_loop_test(
				tests, a_time_is_written_as_the_number_that_it_is, i, i + 1);
	tcase_add_test(tests, half_a_second_before_1970_is_minus_a_half);
	if (all_ids)
		tcase_add_loop_test(
			tests, an_owner_is_what_the_engines_make_of_it, 0, COUNT(owners));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
