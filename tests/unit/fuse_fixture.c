/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/fuse_fixture.h"

#include "tests/unit/scratch.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int take_answer(struct channel *channel, const struct fuse_out_header *out, size_t size)
{
	struct fixture *fixture = (struct fixture *)channel->transport;

	ck_assert_uint_eq(out->len, size);
	ck_assert_uint_le(size, sizeof(fixture->answer));
	memcpy(&fixture->answer, out, size);
	fixture->answers++;
	return fixture->lost;
}

static int take_file(struct channel *channel, int fd, off_t offset, size_t size)
{
	return -EOPNOTSUPP;
}

static int take_note(struct transport *transport, const struct fuse_out_header *out, size_t size)
{
	return 0;
}

static void count_ready(void *arg)
{
	((struct fixture *)arg)->made_ready++;
}

static struct fs *open_fs(int home)
{
	char lower[64], upper[64], work[64];
	const char *const lowers[] = { lower };
	const struct fs_options options = { .lowers = lowers,
		.n_lowers = 1,
		.upper = upper,
		.work = work,
		.class = XATTR_USER,
		.no_sync = true };
	struct shale_error err = { 0 };
	struct fs *fs = NULL;

	snprintf(lower, sizeof(lower), "/proc/self/fd/%d/lower", home);
	snprintf(upper, sizeof(upper), "/proc/self/fd/%d/upper", home);
	snprintf(work, sizeof(work), "/proc/self/fd/%d/work", home);
	ck_assert_msg(fs_open(&options, &fs, &err) == 0, "%s", err.text);
	return fs;
}

void fixture_open(struct fixture *fixture)
{
	static const struct transport_ops ops = {
		.reply = take_answer, .reply_file = take_file, .notify = take_note
	};

	memset(fixture, 0, sizeof(*fixture));
	fixture->transport.ops = &ops;
	fixture->home = scratch_dir();
	scratch_mkdir(fixture->home, "lower");
	scratch_mkdir(fixture->home, "lower/dir");
	scratch_mkdir(fixture->home, "upper");
	scratch_mkdir(fixture->home, "work");
	scratch_write(fixture->home, "lower/file", "content");
	fixture->channel = (struct channel){ .transport = &fixture->transport,
		.buffer = aligned_alloc(REQUEST_ROOM, BUFFER_SIZE) };
	fixture->connection = (struct connection){ .fs = open_fs(fixture->home),
		.transport = &fixture->transport,
		.timeout = 1.5,
		.acls = true,
		.ready = count_ready,
		.arg = fixture };
}

void fixture_close(struct fixture *fixture)
{
	fs_close(fixture->connection.fs);
	free(fixture->channel.buffer);
	close(fixture->home);
}

/* Serves a request. Fills the buffer behind it with 'x', so that a decoder that reads behind the
 * request's end gets wrong bytes instead of zeros. */
static int serve(
	struct fixture *fixture, uint32_t opcode, uint64_t node, const void *body, size_t size)
{
	struct fuse_in_header *header = (void *)fixture->channel.buffer;

	memset(fixture->channel.buffer, 'x', REQUEST_ROOM);
	*header = (struct fuse_in_header){ .len = (uint32_t)(sizeof(*header) + size),
		.opcode = opcode,
		.unique = 77,
		.nodeid = node,
		.uid = fixture->uid };
	if (size)
		memcpy(header + 1, body, size);
	fixture->answers = 0;
	return request_serve(&fixture->connection, &fixture->channel, header->len);
}

int fixture_init(struct fixture *fixture, uint32_t major, uint32_t minor, uint64_t flags)
{
	const struct fuse_init_in in = { .major = major,
		.minor = minor,
		.max_readahead = 131072,
		.flags = (uint32_t)flags,
		.flags2 = (uint32_t)(flags >> 32) };

	return serve(fixture, FUSE_INIT, 0, &in, minor < 36 ? INIT_IN_OLD : sizeof(in));
}

const struct fuse_init_out *fixture_init_answer(const struct fixture *fixture)
{
	ck_assert_int_eq(fixture->answers, 1);
	ck_assert_int_eq(fixture->answer.header.error, 0);
	ck_assert_uint_eq(fixture->answer.header.len,
		sizeof(fixture->answer.header) + sizeof(struct fuse_init_out));
	return (const void *)fixture->answer.body;
}

int fixture_send(
	struct fixture *fixture, uint32_t opcode, uint64_t node, const void *body, size_t size)
{
	ck_assert_int_eq(serve(fixture, opcode, node, body, size), 0);
	ck_assert_int_eq(fixture->answers, 1);
	ck_assert_uint_eq(fixture->answer.header.unique, 77);
	return fixture->answer.header.error;
}
