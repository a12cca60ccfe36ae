/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests INIT, as kernels from 5.4 on send it, and in malformed forms. */
#include "tests/unit/fuse_fixture.h"

#include "fuse/daemon/readahead.h"
#include "fuse/merge/table/kept_state.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define ALWAYS                                                                                     \
	(FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_DONT_MASK | FUSE_MAX_PAGES |                     \
		FUSE_HANDLE_KILLPRIV_V2 | FUSE_DO_READDIRPLUS | FUSE_CACHE_SYMLINKS |              \
		FUSE_PARALLEL_DIROPS | FUSE_POSIX_ACL)

static struct fixture fixture;

static void set_up(void)
{
	fixture_open(&fixture);
}

static void tear_down(void)
{
	fixture_close(&fixture);
}

/* Offers the flags of each kernel: the daemon must take no flag that is not offered, and always the
 * same ones of those offered. */
START_TEST(each_minor_gets_what_it_offers)
{
	uint32_t minor = (uint32_t)_i;
	uint64_t offered = minor < 36 ? (uint32_t)EVERY_FLAG & ~FUSE_INIT_EXT : EVERY_FLAG;

	ck_assert_int_eq(fixture_init(&fixture, 7, minor, offered), 0);
	const struct fuse_init_out *out = fixture_init_answer(&fixture);
	ck_assert_uint_eq(out->major, 7);
	ck_assert_uint_eq(out->minor, minor < PROTOCOL_MINOR ? minor : PROTOCOL_MINOR);
	ck_assert_uint_eq(out->flags, ALWAYS | (minor < 36 ? 0 : FUSE_INIT_EXT));
	ck_assert_uint_eq(out->flags2, 0);
	ck_assert_uint_eq(out->time_gran, 1);
	ck_assert_uint_eq(out->max_write, MOST_DATA);
	ck_assert_uint_eq(out->max_pages, MOST_DATA / (size_t)sysconf(_SC_PAGESIZE));
	ck_assert_uint_eq(out->max_readahead, READAHEAD);
	ck_assert_int_eq(fixture.made_ready, 1);
}
END_TEST

/* Offers one flag at a time. */
START_TEST(a_flag_that_is_not_offered_is_not_taken)
{
	uint64_t offered = EVERY_FLAG & ~((uint64_t)1 << _i);

	ck_assert_int_eq(fixture_init(&fixture, 7, 40, offered), 0);
	const struct fuse_init_out *out = fixture_init_answer(&fixture);
	ck_assert_uint_eq((out->flags | (uint64_t)out->flags2 << 32) & ~offered, 0);
}
END_TEST

START_TEST(no_flag_is_needed)
{
	const struct fuse_open_in in = { .flags = 0 };

	ck_assert_int_eq(fixture_init(&fixture, 7, 31, 0), 0);
	const struct fuse_init_out *out = fixture_init_answer(&fixture);
	ck_assert_uint_eq(out->flags | out->flags2, 0);
	ck_assert_uint_eq(out->max_pages, 0);
	ck_assert_uint_eq(out->max_write, 32 * (unsigned long)sysconf(_SC_PAGESIZE));
	ck_assert_int_eq(fixture_send(&fixture, FUSE_OPENDIR, 1, &in, sizeof(in)), 0);
}
END_TEST

static uint64_t lookup(const char *name, size_t size)
{
	const struct fuse_entry_out *out = (const void *)fixture.answer.body;

	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, name, size), 0);
	return out->nodeid;
}

/* Before Linux 6.9 the kernel cannot send a request again, so a new worker could not answer a
 * request that its predecessor had read. */
START_TEST(whether_the_kernel_can_send_requests_again_is_noted)
{
	struct kept_state *kept = kept_private();

	ck_assert_ptr_nonnull(kept);
	fixture.connection.kept = kept;
	fixture_init(&fixture, 7, _i ? 40 : 39, _i ? EVERY_FLAG : EVERY_FLAG & ~FUSE_HAS_RESEND);
	ck_assert_uint_eq(kept->resends, (uint32_t)_i);
	fixture.connection.kept = NULL;
	kept_free(kept);
}
END_TEST

/* Without this flag the kernel would pass an ENOSYS on to the opening process, so OPEN must be
 * answered. */
START_TEST(without_no_open_support_files_are_opened)
{
	const struct fuse_open_in in = { .flags = 0 };

	fixture_init(&fixture, 7, 31, EVERY_FLAG & ~(uint64_t)FUSE_NO_OPEN_SUPPORT & UINT32_MAX);
	uint64_t file = lookup("file", sizeof("file"));
	ck_assert_int_eq(fixture_send(&fixture, FUSE_OPEN, file, &in, sizeof(in)), 0);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_OPENDIR, 1, &in, sizeof(in)), -ENOSYS);
}
END_TEST

START_TEST(without_no_opendir_support_directories_are_opened)
{
	const struct fuse_open_in in = { .flags = 0 };

	fixture_init(&fixture, 7, 31, EVERY_FLAG & ~(uint64_t)FUSE_NO_OPENDIR_SUPPORT & UINT32_MAX);
	uint64_t file = lookup("file", sizeof("file"));
	ck_assert_int_eq(fixture_send(&fixture, FUSE_OPEN, file, &in, sizeof(in)), -ENOSYS);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_OPENDIR, 1, &in, sizeof(in)), 0);
}
END_TEST

START_TEST(every_optimisation_can_be_left_out)
{
	fixture.connection.without = OPTIMISATION_PLUS | OPTIMISATION_LINKS |
				     OPTIMISATION_PARALLEL | OPTIMISATION_READAHEAD;
	fixture.connection.acls = false;
	fixture.connection.writeback = true;
	fixture_init(&fixture, 7, 40, EVERY_FLAG);
	const struct fuse_init_out *out = fixture_init_answer(&fixture);
	ck_assert_uint_eq(out->flags & (FUSE_DO_READDIRPLUS | FUSE_CACHE_SYMLINKS |
					       FUSE_PARALLEL_DIROPS | FUSE_POSIX_ACL),
		0);
	ck_assert_uint_ne(out->flags & FUSE_WRITEBACK_CACHE, 0);
	ck_assert_uint_eq(out->max_readahead, 131072);
}
END_TEST

/* Sends an INIT that announces a second half, and is too short for it. */
START_TEST(a_short_init_has_no_second_half)
{
	fixture_init(&fixture, 7, 35, EVERY_FLAG);
	const struct fuse_init_out *out = fixture_init_answer(&fixture);
	ck_assert_uint_eq(out->flags & FUSE_INIT_EXT, 0);
	ck_assert_uint_eq(out->flags2, 0);
}
END_TEST

START_TEST(a_newer_major_asks_again)
{
	ck_assert_int_eq(fixture_init(&fixture, 8, 0, EVERY_FLAG), 0);
	ck_assert_uint_eq(fixture_init_answer(&fixture)->major, 7);
	ck_assert_uint_eq(fixture_init_answer(&fixture)->flags, 0);
	ck_assert_int_eq(fixture.made_ready, 0);
	ck_assert_int_eq(fixture_init(&fixture, 7, 38, EVERY_FLAG), 0);
	ck_assert_int_eq(fixture.made_ready, 1);
}
END_TEST

START_TEST(an_older_kernel_is_refused)
{
	static const uint32_t versions[][2] = { { 6, 99 }, { 7, 22 } };

	ck_assert_int_eq(fixture_init(&fixture, versions[_i][0], versions[_i][1], 0), -EPROTO);
	ck_assert_int_eq(fixture.answer.header.error, -EPROTO);
	ck_assert_int_eq(fixture.made_ready, 0);
}
END_TEST

START_TEST(an_answer_that_is_lost_ends_the_connection)
{
	fixture.lost = -ENOMEM;
	ck_assert_int_eq(fixture_init(&fixture, 7, 38, EVERY_FLAG), -ENOMEM);
	ck_assert_int_eq(fixture.made_ready, 0);
}
END_TEST

START_TEST(init_comes_first_and_once)
{
	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, "file", 5), -EIO);
	ck_assert_int_eq(fixture_init(&fixture, 7, 38, EVERY_FLAG), 0);
	ck_assert_int_eq(fixture_init(&fixture, 7, 38, EVERY_FLAG), 0);
	ck_assert_int_eq(fixture.answer.header.error, -EIO);
	ck_assert_int_eq(fixture.made_ready, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuse init");
	TCase *tcase = tcase_create("init");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, each_minor_gets_what_it_offers, 31, 46);
	tcase_add_loop_test(tcase, a_flag_that_is_not_offered_is_not_taken, 0, 43);
	tcase_add_test(tcase, no_flag_is_needed);
	tcase_add_loop_test(tcase, whether_the_kernel_can_send_requests_again_is_noted, 0, 2);
	tcase_add_test(tcase, without_no_open_support_files_are_opened);
	tcase_add_test(tcase, without_no_opendir_support_directories_are_opened);
	tcase_add_test(tcase, every_optimisation_can_be_left_out);
	tcase_add_test(tcase, a_short_init_has_no_second_half);
	tcase_add_test(tcase, a_newer_major_asks_again);
	tcase_add_loop_test(tcase, an_older_kernel_is_refused, 0, 2);
	tcase_add_test(tcase, an_answer_that_is_lost_ends_the_connection);
	tcase_add_test(tcase, init_comes_first_and_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
