/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/gzip.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <string.h>
#include <zlib.h>

enum { BLOCK = 256 * 1024 };

struct sink {
	unsigned char *data;
	size_t size;
	size_t fails_at; /* 0: never */
};

static int take(const void *data, size_t size, void *arg, struct shale_error *err)
{
	struct sink *sink = arg;

	if (sink->fails_at && sink->size + size > sink->fails_at)
		return error_fail(err, -ENOSPC, "the sink");
	sink->data = realloc(sink->data, sink->size + size);
	ck_assert_ptr_nonnull(sink->data);
	memcpy(sink->data + sink->size, data, size);
	sink->size += size;
	return 0;
}

/* Words that return after 20 KB, so that a dictionary helps, and a part that does not compress. */
static unsigned char *make_data(size_t size)
{
	unsigned char *data = malloc(size + 1);
	uint32_t state = 1;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < size; i++) {
		state = state * 1664525 + 1013904223;
		data[i] = (unsigned char)(i < 20000 || i / BLOCK == 2 ? state >> 24
								      : data[i - 20000]);
	}
	return data;
}

static struct sink pack(const unsigned char *data, size_t size, size_t piece, size_t threads)
{
	auto_gzip struct gzip *gzip = NULL;
	struct sink sink = { 0 };

	ck_assert_int_eq(gzip_new(take, &sink, threads, &gzip, NULL), 0);
	for (size_t at = 0; at < size; at += piece)
		ck_assert_int_eq(
			gzip_write(gzip, data + at, piece < size - at ? piece : size - at, NULL),
			0);
	ck_assert_int_eq(gzip_finish(gzip, NULL), 0);
	return sink;
}

/* Inflates exactly one member. */
static void check_member(const struct sink *sink, const unsigned char *data, size_t size)
{
	enum { ONLY_GZIP = 16, WINDOW_BITS = 15 };
	z_stream z = { .next_in = sink->data, .avail_in = (unsigned int)sink->size };
	auto_free unsigned char *plain = malloc(size + 1);

	ck_assert_int_eq(inflateInit2(&z, WINDOW_BITS + ONLY_GZIP), Z_OK);
	z.next_out = plain;
	z.avail_out = (unsigned int)size + 1;
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.avail_in, 0);
	ck_assert_uint_eq(z.total_out, size);
	ck_assert(memcmp(plain, data, size) == 0);
	inflateEnd(&z);
}

static const size_t sizes[] = { 0, 1, 20001, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK,
	40 * BLOCK + 7 };

START_TEST(each_stream_is_one_member_that_gives_its_data)
{
	auto_free unsigned char *data = make_data(sizes[_i]);
	struct sink sink = pack(data, sizes[_i], 100000, 3);

	check_member(&sink, data, sizes[_i]);
	free(sink.data);
}
END_TEST

START_TEST(bytes_depend_neither_on_threads_nor_on_pieces)
{
	static const struct {
		size_t piece, threads;
	} ways[] = { { BLOCK, 1 }, { BLOCK, 2 }, { 1000, 4 }, { 3 * BLOCK + 5, 64 }, { 77777, 0 } };
	const size_t size = 21 * BLOCK + 99;
	auto_free unsigned char *data = make_data(size);
	struct sink first = pack(data, size, size, 1);

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct sink other = pack(data, size, ways[i].piece, ways[i].threads);
		ck_assert_uint_eq(other.size, first.size);
		ck_assert(memcmp(other.data, first.data, first.size) == 0);
		free(other.data);
	}
	free(first.data);
}
END_TEST

START_TEST(a_block_uses_the_data_before_it)
{
	const size_t size = 2 * BLOCK;
	auto_free unsigned char *data = make_data(size);
	struct sink sink = pack(data, size, size, 2);

	/* The first 20 KB do not compress; without a dictionary each block has such a part. */
	ck_assert_uint_lt(sink.size, 30000);
	free(sink.data);
}
END_TEST

START_TEST(an_error_of_the_sink_ends_the_stream)
{
	const size_t size = 30 * BLOCK;
	auto_free unsigned char *data = make_data(size);
	auto_gzip struct gzip *gzip = NULL;
	struct sink sink = { .fails_at = 100000 };
	struct shale_error err = { 0 };

	ck_assert_int_eq(gzip_new(take, &sink, 1 + (size_t)_i, &gzip, &err), 0);
	int r = gzip_write(gzip, data, size, &err);
	if (r == 0)
		r = gzip_finish(gzip, &err);
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.text, "the sink"));
	free(sink.data);
}
END_TEST

START_TEST(a_stream_may_be_left_unfinished)
{
	auto_free unsigned char *data = make_data(5 * BLOCK);
	auto_gzip struct gzip *gzip = NULL;
	struct sink sink = { 0 };

	ck_assert_int_eq(gzip_new(take, &sink, 4, &gzip, NULL), 0);
	ck_assert_int_eq(gzip_write(gzip, data, 5 * BLOCK, NULL), 0);
	free(sink.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gzip");
	TCase *tests = tcase_create("gzip");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, each_stream_is_one_member_that_gives_its_data, 0,
		sizeof(sizes) / sizeof(*sizes));
	tcase_add_test(tests, bytes_depend_neither_on_threads_nor_on_pieces);
	tcase_add_test(tests, a_block_uses_the_data_before_it);
	tcase_add_loop_test(tests, an_error_of_the_sink_ends_the_stream, 0, 4);
	tcase_add_test(tests, a_stream_may_be_left_unfinished);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
