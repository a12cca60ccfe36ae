/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hostile streams: no file outside the root may change, no program may run, and no memory may be
 * allocated for data that the stream does not have. */
#include "tests/unit/apply_fixture.h"

#include "common/base/beneath.h"
#include "common/archive/apply/remove_tree.h"
#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- links out of the root, in every order ---- */

/* The files out/canary and canary are beside the root. */
static const struct tar_entry hostile[] = {
	{ .name = "l", .type = '2', .link = ".." },
	{ .name = "l", .type = '2', .link = "/proc/self/cwd" },
	{ .name = "d/l", .type = '2', .link = "../../out" },
	{ .name = "l/", .type = '5', .mode = 0777 },
	{ .name = "l/canary", .data = "broken", .mode = 04777 },
	{ .name = "d/l/canary", .data = "broken" },
	{ .name = "canary", .type = '2', .link = "../canary" },
	{ .name = "canary", .data = "broken", .mode = 04777 },
	{ .name = "canary", .type = '1', .link = "l/canary" },
	{ .name = "h", .type = '1', .link = "l" },
	{ .name = "h/canary", .data = "broken" },
	{ .name = "l/.wh.canary" },
	{ .name = "l/.wh..wh..opq" },
	{ .name = "l", .data = "a file" },
};

static int make_outside(void)
{
	int outside = scratch_dir();

	scratch_mkdir(outside, "out");
	scratch_write(outside, "out/canary", "whole");
	scratch_write(outside, "canary", "whole");
	ck_assert_int_eq(fchdir(outside), 0);
	return outside;
}

/* Uses a new root each time, so that no stream can use what another one left. */
static void apply_beside(int outside, const size_t *order, size_t n)
{
	struct tarball tar = { 0 };
	struct apply_result result;
	unsigned long counter = 0;

	scratch_mkdir(outside, "root");
	struct apply_spec spec = { .class = XATTR_USER,
		.root = openat(outside, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.read = tarball_read,
		.arg = &tar };
	for (size_t i = 0; i < n; i++)
		tarball_add(&tar, &hostile[order[i]]);
	tarball_end(&tar);
	apply_tar(&spec, &result, NULL);
	tarball_free(&tar);
	close(spec.root);
	ck_assert_int_eq(remove_tree(outside, "root", outside, &counter), 0);
}

START_TEST(no_order_of_links_leads_out)
{
	int outside = make_outside();
	struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	size_t order[3] = { (size_t)_i };

	ck_assert_int_eq(utimensat(outside, "out", long_ago, 0), 0);
	auto_free char *before = scratch_dump(outside, NULL);
	for (order[1] = 0; order[1] < COUNT(hostile); order[1]++)
		for (order[2] = 0; order[2] < COUNT(hostile); order[2]++) {
			apply_beside(outside, order, COUNT(order));
			auto_free char *after = scratch_dump(outside, NULL);
			ck_assert_msg(!strcmp(before, after), "entries %zu, %zu, %zu:\n%s",
				order[0], order[1], order[2], after);
		}
	close(outside);
}
END_TEST

/* ---- strange names ---- */

#define N63 "012345678901234567890123456789012345678901234567890123456789012"

static const char *const odd_names[] = { "new\nline", "tab\tand \x01\x7f", "-rf", "...", "..x", " ",
	"\\", "*", "\xff\xfe", "\xc3\xa4", "a\\..\\b", ".whx", "wh.x", N63 N63 N63 N63 "abc" };

START_TEST(a_name_is_whatever_bytes_it_has)
{
	struct tarball tar = { 0 };
	struct stat st;

	tarball_add_pax(&tar, "path", odd_names[_i], strlen(odd_names[_i]));
	tarball_add(&tar, &(struct tar_entry){ .name = "x", .data = "text" });
	tarball_end(&tar);
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	ck_assert_int_eq(fstatat(applied.root, odd_names[_i], &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(st.st_size, 4);
	tarball_free(&tar);
}
END_TEST

/* Tests a path that is longer than a system call takes. */
START_TEST(a_path_may_be_longer_than_4096_bytes)
{
	const size_t depth = 30;
	char *path = calloc(depth + 1, 201);
	struct tarball tar = { 0 };

	for (size_t i = 0; i < depth; i++)
		sprintf(path + strlen(path), "%.200s/", N63 N63 N63 N63);
	strcat(path, "file");
	tarball_add_pax(&tar, "path", path, strlen(path));
	tarball_add(&tar, &(struct tar_entry){ .name = "x", .data = "deep" });
	tarball_end(&tar);
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	auto_free char *names = scratch_names(applied.root);
	ck_assert_uint_gt(strlen(names), 4096);
	ck_assert_ptr_nonnull(strstr(names, "/file f\n"));
	tarball_free(&tar);
	free(path);
}
END_TEST

/* ---- streams that claim more data than they have ---- */

static long peak_memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* A tar followed by an almost endless run of zeros. */
struct padded {
	struct tarball tar;
	int64_t zeros;
};

static int64_t read_padded(void *arg, void *buf, size_t size)
{
	struct padded *padded = arg;
	int64_t n = tarball_read(&padded->tar, buf, size);

	if (n != 0 || padded->zeros == 0)
		return n;
	if ((int64_t)size > padded->zeros)
		size = (size_t)padded->zeros;
	memset(buf, 0, size);
	padded->zeros -= (int64_t)size;
	return (int64_t)size;
}

START_TEST(padding_takes_no_memory)
{
	struct padded padded = { .zeros = 256 << 20 };
	struct apply_spec spec = { .class = XATTR_USER,
		.root = scratch_dir(),
		.digest_as = "sha256:",
		.read = read_padded,
		.arg = &padded };
	struct apply_result result;
	struct shale_error err = { 0 };

	tarball_add(&padded.tar, &(struct tar_entry){ .name = "x", .data = "text" });
	tarball_end(&padded.tar);
	long before = peak_memory();
	int r = apply_tar(&spec, &result, &err);
	ck_assert_msg(r == 0, "%s", err.text);
	ck_assert_int_eq(padded.zeros, 0);
	ck_assert_int_lt(peak_memory() - before, 64 * 1024);
	tarball_free(&padded.tar);
	close(spec.root);
}
END_TEST

#define SPARSE                                                                                     \
	"GNU.sparse.major=1\nGNU.sparse.minor=0\nGNU.sparse.name=sparse\nGNU.sparse.realsize="

static const struct {
	struct tar_entry entry;
	const char *words;
} bombs[] = {
	{ { .name = "x", .pax = SPARSE "9223372036854775807", .data = "1\n0\n0\n" }, "" },
	{ { .name = "x", .pax = SPARSE "99999999999999999999", .data = "1\n0\n0\n" }, "" },
	{ { .name = "x", .pax = SPARSE "4096", .data = "99999999999999\n0\n0\n" }, "" },
	{ { .name = "x", .pax = SPARSE "4096", .data = "1\n9223372036854775807\n4096\n" }, "" },
	{ { .name = "x", .pax = SPARSE "4096", .data = "-1\n" }, "" },
	{ { .name = "sparse", .pax = "GNU.sparse.size=9223372036854775807\nGNU.sparse.map=0,0" },
		"sparse" },
	{ { .name = "sparse", .pax = "size=9223372036854775807" }, "" },
	{ { .name = "sparse", .pax = "size=1099511627776" }, "" },
};

START_TEST(a_size_that_is_not_there_is_refused)
{
	const struct apply_limits limits = { .bytes = 1 << 30 };
	struct tarball tar = { 0 };

	tarball_add(&tar, &bombs[_i].entry);
	tarball_end(&tar);
	long before = peak_memory();
	struct applied applied = apply_with(
		&tar, (struct apply_spec){ .class = XATTR_USER, .limits = &limits });
	ck_assert_msg(applied.code < 0, "it was taken");
	ck_assert_msg(strstr(applied.err.text, bombs[_i].words) != NULL, "%s", applied.err.text);
	ck_assert_int_lt(peak_memory() - before, 64 * 1024);
	tarball_free(&tar);
}
END_TEST

/* ---- programs that unpack ---- */

/* For these streams libarchive would run a program from PATH if it was allowed to. */
static const struct {
	const char *bytes, *program;
} packed[] = { { "\x1f\x9d\x90", "uncompress" }, { "\x04\x22\x4d\x18", "lz4" },
	{ "LRZI\0\6", "lrzip" }, { "\x89LZO\0\r\n\x1a\n", "lzop" }, { "GRZipII\0\2\4:)", "grzip" },
	{ "begin 644 x\n", "uudecode" }, { "\xed\xab\xee\xdb\3\0", "rpm2cpio" },
	{ "\x1f\x8b\x08\0", "gzip" }, { "BZh91AY&SY", "bzip2" }, { "\x28\xb5\x2f\xfd", "zstd" },
	{ "\xfd"
	  "7zXZ\0",
		"xz" },
	{ "\x5d\0\0\x80\0", "lzma" }, { "LZIP\1", "lzip" } };

START_TEST(no_program_is_run_to_unpack)
{
	int dir = scratch_dir();
	auto_free char *path = NULL;
	char noise[4096] = { 0 };
	struct tarball tar = { 0 };

	scratch_write(dir, packed[_i].program, "#!/bin/sh\n: >\"${0%/*}/ran\"\n");
	ck_assert_int_eq(fchmodat(dir, packed[_i].program, 0755, 0), 0);
	ck_assert_int_ge(asprintf(&path, "/proc/%d/fd/%d", getpid(), dir), 0);
	setenv("PATH", path, 1);
	memset(noise, 'x', sizeof(noise));
	memcpy(noise, packed[_i].bytes, strlen(packed[_i].bytes));
	tarball_put(&tar, noise, sizeof(noise));
	ck_assert_int_eq(apply_tarball(&tar).code, -EBADMSG);
	ck_assert_int_lt(faccessat(dir, "ran", F_OK, 0), 0);
	tarball_free(&tar);
	close(dir);
}
END_TEST

static void resolve_by_hand(void)
{
	beneath_set_way(BENEATH_BY_HAND);
}

static TCase *links(const char *name)
{
	TCase *tests = tcase_create(name);

	tcase_set_timeout(tests, 240);
	tcase_add_loop_test(tests, no_order_of_links_leads_out, 0, COUNT(hostile));
	tcase_add_test(tests, a_path_may_be_longer_than_4096_bytes);
	return tests;
}

static TCase *streams(void)
{
	TCase *tests = tcase_create("streams");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, a_name_is_whatever_bytes_it_has, 0, COUNT(odd_names));
	tcase_add_test(tests, padding_takes_no_memory);
	tcase_add_loop_test(tests, a_size_that_is_not_there_is_refused, 0, COUNT(bombs));
	tcase_add_loop_test(tests, no_program_is_run_to_unpack, 0, COUNT(packed));
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("apply breakout");
	TCase *by_hand = links("without openat2");

	if (!scratch_become_root())
		return 77;
	suite_add_tcase(suite, links("with openat2"));
	tcase_add_checked_fixture(by_hand, resolve_by_hand, NULL);
	suite_add_tcase(suite, by_hand);
	suite_add_tcase(suite, streams());
	return suite_run(suite);
}
