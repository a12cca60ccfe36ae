/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams that are too large, that break off, or that are no archive. */
#include "tests/unit/apply_fixture.h"

#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- limits ---- */

static const char *const compressions[] = { "gzip", "zstd", "bzip2", "xz" };

static void add_many_xattrs(struct tarball *tar, size_t n, size_t size)
{
	char records[4096] = { 0 };
	char value[64] = { 0 };

	memset(value, 'v', size);
	for (size_t i = 0; i < n; i++)
		snprintf(records + strlen(records), sizeof(records) - strlen(records),
			"%sSCHILY.xattr.user.x%zu=%s", i ? "\n" : "", i, value);
	tarball_add(tar, &(struct tar_entry){ .name = "x", .pax = records });
}

static const struct {
	struct apply_limits limits;
	const char *words;
	int code;
} limited[] = {
	{ { .entries = 2 }, "more than 2 entries", -E2BIG },
	{ { .bytes = 9 }, "larger than the limit", -EFBIG },
	{ { .name = 5 }, "more than 5 bytes", -ENAMETOOLONG },
	{ { .xattrs = 3 }, "more than 3 xattrs", -E2BIG },
	{ { .xattr_bytes = 20 }, "more than 20 bytes", -E2BIG },
	{ { .entries = 3, .bytes = 10, .name = 6, .xattrs = 4, .xattr_bytes = 60, .ratio = 1 },
		NULL, 0 },
};

START_TEST(a_stream_may_ask_for_so_much_and_no_more)
{
	struct tarball tar = { 0 };

	add_many_xattrs(&tar, 4, 5);
	tarball_add(&tar, &(struct tar_entry){ .name = "sixsix", .data = "0123456789" });
	tarball_add(&tar, &(struct tar_entry){ .name = "y" });
	tarball_end(&tar);
	struct applied applied = apply_with(
		&tar, (struct apply_spec){ .class = XATTR_USER, .limits = &limited[_i].limits });
	ck_assert_msg(applied.code == limited[_i].code, "%d %s", applied.code, applied.err.text);
	if (limited[_i].words)
		ck_assert_msg(strstr(applied.err.text, limited[_i].words) != NULL, "%s",
			applied.err.text);
	tarball_free(&tar);
}
END_TEST

/* Tests zeros beyond the MiB that each stream may have: gzip makes them a thousand times
 * smaller. */
START_TEST(a_stream_may_unpack_to_so_many_times_its_size)
{
	struct apply_limits limits = { .ratio = 100 };
	struct apply_spec spec = { .class = XATTR_USER, .limits = &limits };
	char *zeros = calloc(1, 4 << 20);
	struct tarball tar = { 0 };

	memset(zeros, '0', (4 << 20) - 1);
	tarball_add(&tar, &(struct tar_entry){ .name = "x", .data = zeros });
	tarball_end(&tar);
	ck_assert_int_eq(apply_with(&tar, spec).code, 0);
	tarball_compress(&tar, compressions[_i]);
	struct applied applied = apply_with(&tar, spec);
	ck_assert_int_eq(applied.code, -EFBIG);
	ck_assert_ptr_nonnull(strstr(applied.err.text, "more than 100 times"));
	limits.ratio = 1000 * 1000;
	tar.at = 0;
	ck_assert_int_eq(apply_with(&tar, spec).code, 0);
	free(zeros);
	tarball_free(&tar);
}
END_TEST

START_TEST(a_huge_extended_header_is_refused)
{
	struct tarball tar = { 0 };
	size_t size = 2 << 20;
	char *value = calloc(1, size);

	tarball_add_pax(&tar, "SCHILY.xattr.user.x", value, size);
	tarball_add(&tar, &(struct tar_entry){ .name = "x" });
	tarball_end(&tar);
	ck_assert_int_eq(apply_tarball(&tar).code, -EBADMSG);
	free(value);
	tarball_free(&tar);
}
END_TEST

/* ---- streams that break ---- */

static const struct tar_entry small[] = {
	{ .name = "a", .data = "aaaa" },
	{ .name = "d/", .type = '5', .pax = "mtime=1.5" },
	{ .name = "d/b", .data = "bbbb" },
};

static void add_small(struct tarball *tar)
{
	for (size_t i = 0; i < COUNT(small); i++)
		tarball_add(tar, &small[i]);
}

/* Where to cut the stream: at each byte around the borders of blocks, and at some in between. */
/* Sanitizers take minutes for all of them, so try only some. */
#ifdef __SANITIZE_ADDRESS__
#define STEP 11
#else
#define STEP 1
#endif

/* Tells whether the stream is cut where one of the first N entries of SMALL ends, without the
 * padding. */
static bool is_behind_an_entry(size_t size)
{
	return size == 0 || (size >= 512 + 4 && size <= 1024) || size >= 2560;
}

START_TEST(a_tar_cut_short_is_never_taken_for_a_whole_one)
{
	struct tarball tar = { 0 };

	for (size_t i = 0; i < 2; i++)
		tarball_add(&tar, &small[i]);
	ck_assert_uint_eq(tar.size, 2560);
	size_t whole = tar.size + 512;
	tarball_end(&tar);
	for (size_t size = 0; size < whole; size += STEP) {
		struct tarball cut = { .data = tar.data, .size = size };
		struct apply_spec spec = { .root = scratch_dir(),
			.read = tarball_read,
			.arg = &cut,
			.class = XATTR_USER };
		struct apply_result result;
		struct shale_error err = { 0 };
		int r = apply_tar(&spec, &result, &err);
		ck_assert_msg(r == (is_behind_an_entry(size) ? 0 : -EBADMSG), "%zu bytes: %d %s",
			size, r, err.text);
		ck_assert(r == 0 ? result.lacks_end : strlen(err.text) > 0);
		close(spec.root);
		scratch_remove();
	}
	tarball_free(&tar);
}
END_TEST

/* Tests data that an unpacker does not use: a symbolic link has no data, and a whiteout's data are
 * not read. */
START_TEST(data_that_nobody_wants_must_be_there_too)
{
	static const struct tar_entry whiteout = { .name = ".wh.gone", .data = "0123456789" };
	struct tarball tar = { 0 };

	tarball_add(&tar, &whiteout);
	for (size_t size = 512; size <= 1024; size += size < 540 ? 1 : 97) {
		struct tarball cut = { .data = tar.data, .size = size };
		struct applied applied = apply_tarball(&cut);
		ck_assert_msg(applied.code == (size < 522 ? -EBADMSG : 0), "%zu bytes: %d", size,
			applied.code);
		close(applied.root);
		scratch_remove();
	}
	tarball_free(&tar);
}
END_TEST

START_TEST(the_end_may_lack_in_each_compression)
{
	struct tarball tar = { 0 };

	if (_i % 2)
		tarball_add(&tar, &(struct tar_entry){ .name = "a", .data = "aaaa" });
	tar.size = _i % 2 ? 516 : 0;
	if (_i >= 2)
		tarball_compress(&tar, compressions[_i / 2 - 1]);
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	ck_assert(applied.result.lacks_end);
	auto_free char *names = scratch_names(applied.root);
	ck_assert_str_eq(names, _i % 2 ? "a f\n" : "");
	tarball_free(&tar);
}
END_TEST

START_TEST(each_compression_gives_the_same_layer)
{
	struct tarball tar = { 0 };

	add_small(&tar);
	tarball_end(&tar);
	struct applied plain = apply_tarball(&tar);
	tarball_compress(&tar, compressions[_i]);
	tar.step = 7;
	tar.interrupts = 3;
	struct applied packed = apply_tarball(&tar);
	ck_assert_msg(packed.code == 0, "%s", packed.err.text);
	ck_assert_str_eq(plain.result.diff_id, packed.result.diff_id);
	ck_assert_uint_eq(tar.at, tar.size);
	scratch_assert_same(packed.root, plain.root, NULL);
	tarball_free(&tar);
}
END_TEST

/* Cuts and changes streams: xz, bzip2 and zstd end with a checksum or an index, gzip with a
 * checksum and a length. */
START_TEST(a_compressed_stream_cut_short_or_altered_is_damaged)
{
	struct tarball tar = { 0 };

	add_small(&tar);
	tarball_end(&tar);
	tarball_compress(&tar, compressions[_i]);
	for (size_t lost = 1; lost < tar.size; lost += STEP) {
		struct tarball cut = { .data = tar.data, .size = tar.size - lost };
		struct applied applied = apply_tarball(&cut);
		ck_assert_msg(applied.code == -EBADMSG, "%zu bytes lost: %d", lost, applied.code);
		close(applied.root);
		scratch_remove();
	}
	/* A change of the last byte need not be found: bzip2 has unused padding bits there, and the
	 * zstd here has no checksum. */
	bool checked = strcmp(compressions[_i], "zstd") != 0;
	for (size_t i = 2; checked && i <= 8; i++) {
		tar.data[tar.size - i] ^= 1;
		struct applied applied = apply_tarball(&tar);
		ck_assert_msg(applied.code == -EBADMSG, "byte -%zu: %d", i, applied.code);
		tar.data[tar.size - i] ^= 1;
		close(applied.root);
	}
	tarball_free(&tar);
}
END_TEST

START_TEST(gzip_may_have_members_and_padding_but_nothing_else_behind)
{
	struct tarball tar = { 0 }, rest = { 0 };
	static const char zeros[100];

	add_small(&tar);
	tarball_end(&rest);
	tarball_compress(&tar, "gzip");
	tarball_compress(&rest, "gzip");
	tarball_put(&tar, rest.data, rest.size);
	tarball_put(&tar, zeros, sizeof(zeros));
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	tarball_put(&tar, "x", 1);
	ck_assert_int_eq(apply_tarball(&tar).code, -EBADMSG);
	tarball_free(&tar);
	tarball_free(&rest);
}
END_TEST

/* Tests a frame that asks for a window of 256 MiB, and has one empty block. */
START_TEST(a_window_that_is_too_large_is_named)
{
	static const char frame[] = { 0x28, (char)0xb5, 0x2f, (char)0xfd, 0, (char)0x90, 1, 0, 0 };
	struct tarball tar = { 0 };

	tarball_put(&tar, frame, sizeof(frame));
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == -EFBIG, "%d %s", applied.code, applied.err.text);
	ck_assert_ptr_nonnull(strstr(applied.err.text, "window is larger than 128 MiB"));
	tarball_free(&tar);
}
END_TEST

START_TEST(data_compressed_twice_are_refused)
{
	struct tarball tar = { 0 };

	add_small(&tar);
	tarball_end(&tar);
	tarball_compress(&tar, _i ? "gzip" : "zstd");
	tarball_compress(&tar, "zstd");
	struct applied applied = apply_tarball(&tar);
	ck_assert_int_eq(applied.code, -EBADMSG);
	tarball_free(&tar);
}
END_TEST

START_TEST(the_stream_is_read_to_its_end)
{
	struct tarball tar = { 0 };
	char trailer[5000];

	add_small(&tar);
	tarball_end(&tar);
	char *short_id = apply_tarball(&tar).result.diff_id;
	ck_assert_uint_eq(strlen(short_id), 71);
	memset(trailer, 'x', sizeof(trailer));
	tarball_put(&tar, trailer, sizeof(trailer));
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	ck_assert_uint_eq(tar.at, tar.size);
	tarball_free(&tar);
}
END_TEST

START_TEST(the_readers_error_is_reported)
{
	struct tarball tar = { .fail_with = -EIO };

	add_small(&tar);
	if (_i)
		tarball_compress(&tar, "gzip");
	if (_i)
		tar.size -= 10;
	struct applied applied = apply_tarball(&tar);
	ck_assert_int_eq(applied.code, -EIO);
	ck_assert_ptr_nonnull(strstr(applied.err.text, "read the stream: Input/output error"));
	tarball_free(&tar);
}
END_TEST

START_TEST(a_file_that_is_no_archive_is_refused)
{
	static const char *const streams[] = { "x", "hello, this is no archive at all\n",
		"\x1f\x8b", "BZh9", "\x28\xb5\x2f\xfd", "\3757zXZ" };
	struct tarball tar = { 0 };

	tarball_put(&tar, streams[_i], strlen(streams[_i]));
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == -EBADMSG, "%d %s", applied.code, applied.err.text);
	tarball_free(&tar);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply streams");
	TCase *tests = tcase_create("streams");

	if (!scratch_become_root())
		return 77;
	tcase_set_timeout(tests, 240);
	tcase_add_loop_test(tests, a_stream_may_ask_for_so_much_and_no_more, 0, COUNT(limited));
	tcase_add_loop_test(
		tests, a_stream_may_unpack_to_so_many_times_its_size, 0, COUNT(compressions));
	tcase_add_test(tests, a_huge_extended_header_is_refused);
	tcase_add_test(tests, a_tar_cut_short_is_never_taken_for_a_whole_one);
	tcase_add_test(tests, data_that_nobody_wants_must_be_there_too);
	tcase_add_loop_test(
		tests, the_end_may_lack_in_each_compression, 0, 2 + 2 * COUNT(compressions));
	tcase_add_loop_test(tests, each_compression_gives_the_same_layer, 0, COUNT(compressions));
	tcase_add_loop_test(
		tests, a_compressed_stream_cut_short_or_altered_is_damaged, 0, COUNT(compressions));
	tcase_add_test(tests, gzip_may_have_members_and_padding_but_nothing_else_behind);
	tcase_add_test(tests, a_window_that_is_too_large_is_named);
	tcase_add_loop_test(tests, data_compressed_twice_are_refused, 0, 2);
	tcase_add_test(tests, the_stream_is_read_to_its_end);
	tcase_add_loop_test(tests, the_readers_error_is_reported, 0, 2);
	tcase_add_loop_test(tests, a_file_that_is_no_archive_is_refused, 0, 6);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
