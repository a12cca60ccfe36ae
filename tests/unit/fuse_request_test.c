/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests malformed requests, and answers with faults that no client of a mount could see. */
#include "fuse/mount_upgrade.h"
#include "tests/unit/fuse_fixture.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct fixture fixture;

static void set_up(void)
{
	fixture_open(&fixture);
	ck_assert_int_eq(fixture_init(&fixture, 7, 38, EVERY_FLAG), 0);
}

static void tear_down(void)
{
	fixture_close(&fixture);
}

#define TEXT(text) .body = text, .size = sizeof(text)
/* the text without its NUL, as a request's body */
#define CUT(text) .body = text, .size = sizeof(text) - 1

static const struct malformed {
	const char *what;
	uint32_t opcode;
	uint64_t node;
	const char *body;
	size_t size;
	int code;
} malformed[] = {
	{ "no name", FUSE_LOOKUP, 1, "", 0, -EINVAL },
	{ "an empty name", FUSE_LOOKUP, 1, TEXT(""), -EINVAL },
	{ "a name without its end", FUSE_LOOKUP, 1, CUT("file"), -EINVAL },
	{ "a way out", FUSE_LOOKUP, 1, TEXT(".."), -EINVAL },
	{ "a path", FUSE_LOOKUP, 1, TEXT("dir/file"), -EINVAL },
	{ "a node that is not known", FUSE_LOOKUP, 99, TEXT("file"), -ESTALE },
	{ "a node that no number has", FUSE_GETATTR, (1ull << 32) + 1, "0123456789abcdef", 16,
		-ESTALE },
	{ "half a body", FUSE_GETATTR, 1, "01234567", 8, -EINVAL },
	{ "half a body", FUSE_STATX_REQUEST, 1, "0123456789abcdef", 16, -EINVAL },
	{ "a node that is not known", FUSE_STATX_REQUEST, 99, "0123456789abcdef01234567", 24,
		-ESTALE },
	{ "no target", FUSE_SYMLINK, 1, TEXT("name"), -EINVAL },
	{ "a target without its end", FUSE_SYMLINK, 1, CUT("name\0target"), -EINVAL },
	{ "one name of two", FUSE_RENAME, 1, CUT("\1\0\0\0\0\0\0\0name\0"), -EINVAL },
	{ "a new parent that is not known", FUSE_RENAME, 1, TEXT("\7\0\0\0\0\0\0\0old\0new"),
		-ESTALE },
	{ "a link to an unknown node", FUSE_LINK, 1, TEXT("\7\0\0\0\0\0\0\0name"), -ESTALE },
	{ "more data than there is", FUSE_SETXATTR, 1, CUT("\7\0\0\0\0\0\0\0user.a\0abc"),
		-EINVAL },
	{ "an operation that was never one", 0, 1, "", 0, -ENOSYS },
	{ "an operation without a number", 7, 1, "", 0, -ENOSYS },
	{ "an operation of the future", 60, 1, "", 0, -ENOSYS },
	{ "an operation out of the table", 4096, 1, "", 0, -ENOSYS },
	{ "an operation of another kind", UINT32_MAX, 1, "", 0, -ENOSYS },
	{ "an interrupt", FUSE_INTERRUPT, 0, "\1\0\0\0\0\0\0\0", 8, -ENOSYS },
};

START_TEST(malformed_requests_are_refused)
{
	const struct malformed *one = &malformed[_i];
	int code = fixture_send(&fixture, one->opcode, one->node, one->body, one->size);

	ck_assert_msg(code == one->code, "%s: %d", one->what, code);
	ck_assert_uint_eq(fixture.answer.header.len, sizeof(fixture.answer.header));
}
END_TEST

START_TEST(a_name_is_at_most_255_bytes_long)
{
	char name[NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = 0;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, name, sizeof(name)), -ENAMETOOLONG);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, name + 1, sizeof(name) - 1), 0);
}
END_TEST

START_TEST(a_length_that_is_not_what_was_read_is_refused)
{
	struct fuse_in_header *header = (void *)fixture.channel.buffer;
	static const uint32_t lengths[] = { 0, 39, 41, 4096, UINT32_MAX };

	*header = (struct fuse_in_header){ .len = lengths[_i], .opcode = FUSE_STATFS, .nodeid = 1 };
	fixture.answers = 0;
	ck_assert_int_eq(request_serve(&fixture.connection, &fixture.channel, sizeof(*header)), 0);
	ck_assert_int_eq(fixture.answers, 1);
	ck_assert_int_eq(fixture.answer.header.error, -EINVAL);
}
END_TEST

START_TEST(a_request_without_a_header_is_ignored)
{
	fixture.answers = 0;
	ck_assert_int_eq(request_serve(&fixture.connection, &fixture.channel, 39), 0);
	ck_assert_int_eq(fixture.answers, 0);
}
END_TEST

static uint64_t lookup(const char *name)
{
	const struct fuse_entry_out *out = (const void *)fixture.answer.body;

	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, name, strlen(name) + 1), 0);
	ck_assert_uint_eq(fixture.answer.header.len, 16 + sizeof(*out));
	return out->nodeid;
}

START_TEST(an_entry_shows_the_file_and_how_long_it_is_valid)
{
	const struct fuse_entry_out *out = (const void *)fixture.answer.body;

	ck_assert_uint_gt(lookup("file"), 1);
	ck_assert_uint_eq(out->attr.size, strlen("content"));
	ck_assert_uint_eq(out->attr.mode & S_IFMT, S_IFREG);
	ck_assert_uint_eq(out->entry_valid, 1);
	ck_assert_uint_eq(out->entry_valid_nsec, 500000000);
	ck_assert_uint_eq(out->attr_valid, 1);
	ck_assert_uint_eq(out->attr_valid_nsec, 500000000);
}
END_TEST

START_TEST(an_absent_name_is_an_entry_without_a_node)
{
	const struct fuse_entry_out *out = (const void *)fixture.answer.body;

	ck_assert_uint_eq(lookup("absent"), 0);
	ck_assert_uint_eq(out->entry_valid, 1);
	fixture.connection.without = OPTIMISATION_NEGATIVE;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, "absent", 7), -ENOENT);
}
END_TEST

/* The kernel did not get the answer with the node, so it will send no FORGET: the daemon must
 * forget the lookup itself. */
START_TEST(an_entry_that_did_not_arrive_is_forgotten)
{
	const struct fuse_getattr_in in = { 0 };

	fixture.lost = -ENOENT;
	uint64_t node = lookup("file");
	ck_assert_int_eq(fixture_send(&fixture, FUSE_GETATTR, node, &in, sizeof(in)), -ESTALE);
}
END_TEST

START_TEST(a_forget_is_not_answered_and_frees_the_node)
{
	const struct fuse_getattr_in getattr = { 0 };
	struct {
		struct fuse_batch_forget_in in;
		struct fuse_forget_one one[3];
	} forget = { .in = { .count = 3 } };
	struct fuse_in_header *header = (void *)fixture.channel.buffer;

	uint64_t node = lookup("file");
	forget.one[0] = (struct fuse_forget_one){ .nodeid = node | 1ull << 32, .nlookup = 1 };
	forget.one[1] = (struct fuse_forget_one){ .nodeid = 4242, .nlookup = 1 };
	ck_assert_int_eq(fixture_send(&fixture, FUSE_GETATTR, node, &getattr, sizeof(getattr)), 0);
	forget.one[2] = (struct fuse_forget_one){ .nodeid = node, .nlookup = 1 };
	*header = (struct fuse_in_header){ .len = sizeof(*header) + sizeof(forget),
		.opcode = FUSE_BATCH_FORGET };
	memcpy(header + 1, &forget, sizeof(forget));
	fixture.answers = 0;
	ck_assert_int_eq(request_serve(&fixture.connection, &fixture.channel, header->len), 0);
	ck_assert_int_eq(fixture.answers, 0);
	ck_assert_int_eq(
		fixture_send(&fixture, FUSE_GETATTR, node, &getattr, sizeof(getattr)), -ESTALE);
}
END_TEST

START_TEST(statx_tells_what_getattr_does)
{
	const struct statx_request in = { 0 };
	const struct statx_reply *out = (const void *)fixture.answer.body;
	uint64_t node = lookup("file");

	ck_assert_int_eq(fixture_send(&fixture, FUSE_STATX_REQUEST, node, &in, sizeof(in)), 0);
	ck_assert_uint_eq(fixture.answer.header.len, 16 + sizeof(*out));
	ck_assert_uint_eq(out->size, strlen("content"));
	ck_assert_uint_eq(out->mode & S_IFMT, S_IFREG);
	ck_assert_uint_eq(out->nlink, 1);
	ck_assert_uint_eq(out->mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
}
END_TEST

START_TEST(a_mount_without_a_keeper_is_not_upgraded)
{
	struct fuse_ioctl_in in = { .cmd = MOUNT_UPGRADE,
		.out_size = sizeof(struct mount_upgrades) };

	ck_assert_int_eq(fixture_send(&fixture, FUSE_IOCTL, 1, &in, sizeof(in)), -EOPNOTSUPP);
	in.out_size--;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_IOCTL, 1, &in, sizeof(in)), -EINVAL);
}
END_TEST

START_TEST(a_read_ends_where_the_file_ends)
{
	struct fuse_read_in in = { .size = 65536, .offset = 3 };
	uint64_t node = lookup("file");

	ck_assert_int_eq(fixture_send(&fixture, FUSE_READ, node, &in, sizeof(in)), 0);
	ck_assert_uint_eq(fixture.answer.header.len, 16 + 4);
	ck_assert_mem_eq(fixture.answer.body, "tent", 4);
	in.offset = 7;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_READ, node, &in, sizeof(in)), 0);
	ck_assert_uint_eq(fixture.answer.header.len, 16);
}
END_TEST

START_TEST(more_than_the_buffer_holds_is_not_read)
{
	const struct fuse_read_in in = { .size = MOST_DATA + 1 };
	const struct fuse_getxattr_in xattr = { .size = UINT32_MAX };
	char body[16] = { 0 };
	uint64_t node = lookup("file");

	memcpy(body, &xattr, sizeof(xattr));
	strcpy(body + sizeof(xattr), "user.a");
	ck_assert_int_eq(fixture_send(&fixture, FUSE_READ, node, &in, sizeof(in)), -EINVAL);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_READDIR, 1, &in, sizeof(in)), -EINVAL);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_GETXATTR, node, body, sizeof(body)), -EINVAL);
}
END_TEST

/* Every entry must begin at a multiple of eight, and none may be cut off. */
START_TEST(a_list_holds_whole_entries)
{
	struct fuse_read_in in = { .size = (uint32_t)(24 + 8) * 2 };
	const struct fuse_dirent *first = (const void *)fixture.answer.body;

	ck_assert_int_eq(fixture_send(&fixture, FUSE_READDIR, 1, &in, sizeof(in)), 0);
	ck_assert_uint_eq(fixture.answer.header.len, 16 + 64);
	ck_assert_uint_eq(first->namelen, 1);
	ck_assert_int_eq(first->name[0], '.');
	in.offset = ((const struct fuse_dirent *)(fixture.answer.body + 32))->off;
	in.size = 8;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_READDIR, 1, &in, sizeof(in)), 0);
	ck_assert_uint_eq(fixture.answer.header.len, 16);
	in.size = 4096;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_READDIRPLUS, 1, &in, sizeof(in)), 0);
	ck_assert_uint_eq(fixture.answer.header.len, 16 + 2 * (128 + 24 + 8));
}
END_TEST

/* FLUSH and RELEASE can change nothing, because a handle has no state. */
START_TEST(nothing_hangs_on_a_handle)
{
	const struct fuse_open_in open = { 0 };
	const struct fuse_release_in release = { .fh = 42 };
	const struct fuse_flush_in flush = { .fh = 42 };
	uint64_t node = lookup("file");

	ck_assert_int_eq(fixture_send(&fixture, FUSE_OPEN, node, &open, sizeof(open)), -ENOSYS);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_FLUSH, node, &flush, sizeof(flush)), -ENOSYS);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_RELEASE, node, &release, sizeof(release)), 0);
}
END_TEST

START_TEST(with_allow_root_others_are_shut_out)
{
	const struct fuse_getattr_in getattr = { 0 };
	const struct fuse_read_in read = { .size = 4096 };
	const struct fuse_open_in open = { 0 };
	uint64_t node = lookup("file");

	fixture.connection.no_others = true;
	fixture.connection.owner = 1000;
	fixture.uid = 1000;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, "file", 5), 0);
	fixture.uid = 1001;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, "file", 5), -EACCES);
	ck_assert_int_eq(
		fixture_send(&fixture, FUSE_GETATTR, 1, &getattr, sizeof(getattr)), -EACCES);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_OPENDIR, 1, &open, sizeof(open)), -EACCES);
	ck_assert_int_eq(fixture_send(&fixture, FUSE_UNLINK, 1, "file", 5), -EACCES);
	/* Reading is allowed, because the file is open. */
	ck_assert_int_eq(fixture_send(&fixture, FUSE_READ, node, &read, sizeof(read)), 0);
	fixture.uid = 0;
	ck_assert_int_eq(fixture_send(&fixture, FUSE_LOOKUP, 1, "file", 5), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuse requests");
	TCase *tcase = tcase_create("requests");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(
		tcase, malformed_requests_are_refused, 0, sizeof(malformed) / sizeof(*malformed));
	tcase_add_test(tcase, a_name_is_at_most_255_bytes_long);
	tcase_add_loop_test(tcase, a_length_that_is_not_what_was_read_is_refused, 0, 5);
	tcase_add_test(tcase, a_request_without_a_header_is_ignored);
	tcase_add_test(tcase, an_entry_shows_the_file_and_how_long_it_is_valid);
	tcase_add_test(tcase, an_absent_name_is_an_entry_without_a_node);
	tcase_add_test(tcase, an_entry_that_did_not_arrive_is_forgotten);
	tcase_add_test(tcase, a_forget_is_not_answered_and_frees_the_node);
	tcase_add_test(tcase, statx_tells_what_getattr_does);
	tcase_add_test(tcase, a_mount_without_a_keeper_is_not_upgraded);
	tcase_add_test(tcase, a_read_ends_where_the_file_ends);
	tcase_add_test(tcase, more_than_the_buffer_holds_is_not_read);
	tcase_add_test(tcase, a_list_holds_whole_entries);
	tcase_add_test(tcase, nothing_hangs_on_a_handle);
	tcase_add_test(tcase, with_allow_root_others_are_shut_out);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
