/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives requests to the decoder: as the kernel sends them, almost so, or not at all. The input is a
 * list of requests: opcode, node, flags, the length of the body in two bytes, the body. The kernel
 * must be able to accept the answers.
 */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"
#include "fuse/daemon/decode.h"
#include "fuse/merge/fs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define MOST     ((uint32_t)64 * 1024) /* limit in bytes of a body, and of an answer */
#define FLAG_UID 1                     /* the caller is a user, not root */
#define FLAG_RAW 2                     /* the body's first eight bytes are the node's number */
#define FLAG_LEN 4                     /* the body's first four bytes are the header's length */

struct daemon {
	struct transport transport; /* must be first */
	struct connection connection;
	struct channel channel;
	uint64_t unique;
	int answers; /* number of answers to the current request */
};

/* Where each operation has a size in its body. The size is limited: the test must not make huge
 * sparse files. */
static const struct limit {
	uint32_t opcode;
	size_t at, width;
	uint32_t most;
} limits[] = {
	{ FUSE_FALLOCATE, offsetof(struct fuse_fallocate_in, length), 8, MOST },
	{ FUSE_COPY_FILE_RANGE, offsetof(struct fuse_copy_file_range_in, len), 8, MOST },
};

static void keep_limits(uint32_t opcode, char *body)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		uint64_t value = 0;
		if (limits[i].opcode != opcode)
			continue;
		memcpy(&value, body + limits[i].at, limits[i].width);
		value %= limits[i].most + 1;
		memcpy(body + limits[i].at, &value, limits[i].width);
	}
}

static void check(int holds)
{
	if (!holds)
		abort();
}

static int answer(struct channel *channel, const struct fuse_out_header *out, size_t size)
{
	struct daemon *daemon = (struct daemon *)channel->transport;
	const struct fuse_in_header *in = (const void *)channel->buffer;

	check(out->len == size && size >= sizeof(*out) && size <= sizeof(*out) + MOST_DATA);
	check(out->unique == in->unique && out->error <= 0 && out->error > -512);
	check(out->error == 0 || size == sizeof(*out));
	check(++daemon->answers == 1);
	return daemon->unique % 8 ? 0 : -ENOENT; /* sometimes answer as if the client had gone */
}

static int answer_file(struct channel *channel, int fd, off_t offset, size_t size)
{
	(void)channel, (void)fd, (void)offset, (void)size;
	return -EOPNOTSUPP;
}

static int note(struct transport *transport, const struct fuse_out_header *out, size_t size)
{
	(void)transport;
	check(out->len == size && out->unique == 0 && out->error > 0);
	return 0;
}

static bool is_mute(uint32_t opcode)
{
	return opcode == FUSE_FORGET || opcode == FUSE_BATCH_FORGET || opcode == FUSE_NOTIFY_REPLY;
}

/* Every request must get exactly one answer, except the kinds that get none. */
static void serve(struct daemon *daemon, size_t size)
{
	const struct fuse_in_header *in = (const void *)daemon->channel.buffer;

	daemon->answers = 0;
	check(request_serve(&daemon->connection, &daemon->channel, size) == 0);
	check(daemon->answers == 1 || (daemon->answers == 0 && is_mute(in->opcode)));
}

static void send_init(struct daemon *daemon)
{
	const struct {
		struct fuse_in_header header;
		struct fuse_init_in init;
	} request = { .header = { .len = sizeof(request), .opcode = FUSE_INIT, .unique = 1 },
		.init = { .major = 7,
			.minor = 38,
			.max_readahead = MOST,
			.flags = 0x7fffffff,
			.flags2 = 0xffffffff } };

	daemon->unique = 1;
	memcpy(daemon->channel.buffer, &request, sizeof(request));
	serve(daemon, sizeof(request));
}

/* Serves one request, made of DATA. Returns how many bytes of DATA are left after it. */
static size_t send_request(struct daemon *daemon, const uint8_t *data, size_t size)
{
	struct fuse_in_header *header = (void *)daemon->channel.buffer;
	char *room = (char *)(header + 1);
	size_t length = data[3] | (size_t)data[4] << 8, skip = 0;
	const uint8_t *body = data + 5;

	length = length < size - 5 ? length : size - 5;
	*header = (struct fuse_in_header){ .opcode = data[0],
		.unique = ++daemon->unique,
		.nodeid = data[1],
		.uid = data[2] & FLAG_UID ? 1000 : 0,
		.gid = data[2] & FLAG_UID ? 1000 : 0 };
	if (data[2] & FLAG_RAW && length >= skip + 8) {
		memcpy(&header->nodeid, body + skip, 8);
		skip += 8;
	}
	header->len = (uint32_t)(sizeof(*header) + length - skip);
	if (data[2] & FLAG_LEN && length >= skip + 4) {
		memcpy(&header->len, body + skip, 4);
		skip += 4;
	}
	memcpy(room, body + skip, length - skip);
	/* Puts bytes that are no NULs behind the request, where a decoder that reads too far finds
	 * them. */
	memset(room + length - skip, 'x', 64);
	keep_limits(data[0], room);
	serve(daemon, sizeof(*header) + length - skip);
	return size - 5 - length;
}

/* ---- the layers ---- */

static void put_file(int dirfd, const char *name, const char *text, mode_t mode)
{
	auto_close int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
		fchmod(fd, mode) < 0)
		abort();
}

static void fill_layers(int home)
{
	static const char *const dirs[] = { "low", "mid", "up", "work", "low/d", "low/d/e", "mid/d",
		"mid/o", "up/d" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (mkdirat(home, dirs[i], 0755) < 0)
			abort();
	put_file(home, "low/f", "lower data", 04755);
	put_file(home, "low/d/g", "more", 0644);
	put_file(home, "mid/d/g", "hides", 0600);
	put_file(home, "up/u", "upper", 0644);
	if (linkat(home, "low/f", home, "low/d/hard", 0) < 0 ||
		symlinkat("d/g", home, "low/s") < 0 || mkfifoat(home, "low/p", 0644) < 0 ||
		mknodat(home, "up/d/e", S_IFCHR, 0) < 0)
		abort();
}

static char *path_of(int home, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "/proc/self/fd/%d/%s", home, name) < 0)
		abort();
	return path;
}

static struct fs *open_fs(int home)
{
	auto_free char *low = path_of(home, "low");
	auto_free char *mid = path_of(home, "mid");
	auto_free char *up = path_of(home, "up");
	auto_free char *work = path_of(home, "work");
	const char *const lowers[] = { mid, low };
	const struct fs_options options = { .lowers = lowers,
		.n_lowers = 2,
		.upper = up,
		.work = work,
		.class = XATTR_USER,
		.redirect = REDIRECT_MAKE,
		.no_sync = true };
	struct fs *fs;

	if (fs_open(&options, &fs, NULL) < 0)
		abort();
	return fs;
}

/* ---- the daemon ---- */

static void be_ready(void *arg)
{
	(void)arg;
}

/* Removes the immutable flag, or this process could not remove the file. */
static void drop_immutable(void)
{
	const cap_value_t immutable = CAP_LINUX_IMMUTABLE;
	cap_t caps = cap_get_proc();

	if (!caps || cap_set_flag(caps, CAP_EFFECTIVE, 1, &immutable, CAP_CLEAR) < 0 ||
		cap_set_proc(caps) < 0)
		abort();
	cap_free(caps);
}

static void begin(struct daemon *daemon, int home)
{
	static const struct transport_ops ops = {
		.reply = answer, .reply_file = answer_file, .notify = note
	};

	*daemon = (struct daemon){ .transport = { .ops = &ops } };
	daemon->connection = (struct connection){ .fs = open_fs(home),
		.transport = &daemon->transport,
		.timeout = 1,
		.acls = true,
		.ready = be_ready };
	daemon->channel = (struct channel){ .transport = &daemon->transport,
		.buffer = aligned_alloc(REQUEST_ROOM, BUFFER_SIZE) };
	check(daemon->channel.buffer != NULL);
	send_init(daemon);
}

static void end(struct daemon *daemon)
{
	free(daemon->channel.buffer);
	fs_close(daemon->connection.fs);
}

void fuzz_request(const uint8_t *data, size_t size)
{
	struct daemon daemon;
	int home = fuzz_dir();

	umask(0);
	drop_immutable();
	fill_layers(home);
	begin(&daemon, home);
	for (int n = 0; size >= 5 && n < 64; n++) {
		size_t left = send_request(&daemon, data, size);
		data += size - left;
		size = left;
	}
	end(&daemon);
	fuzz_dir_empty(home);
}
