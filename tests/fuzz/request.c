/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests as the kernel sends them, or nearly, to a daemon without a mount: its session reads them
 * from a socket. The input is one request after the other: opcode, node, flags, the length of the
 * body in two bytes, the body.
 */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"
#include "fuse/daemon/handlers.h"
#include "fuse/merge/fs.h"
#include "fuse/daemon/wire.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define MOST     ((uint32_t)64 * 1024) /* bytes: of a body, and of what one asks for */
#define PADDING  128                   /* zeros: libfuse looks at no length */
#define FLAG_UID 1                     /* a user asks, not root */
#define FLAG_RAW 2                     /* the node's number is the body's first eight bytes */

struct daemon {
	struct handlers handlers;
	struct fuse_session *se;
	struct fuse_buf buf;
	int kernel; /* our end of the socket */
	uint64_t unique;
};

/* Where a body of OPCODE has the number of bytes (or of items) that it asks for or brings. */
static const struct limit {
	uint32_t opcode;
	size_t at, width;
	uint32_t most;
} limits[] = {
	{ FUSE_READ, offsetof(struct fuse_read_in, size), 4, MOST },
	{ FUSE_READDIR, offsetof(struct fuse_read_in, size), 4, MOST },
	{ FUSE_READDIRPLUS, offsetof(struct fuse_read_in, size), 4, MOST },
	{ FUSE_WRITE, offsetof(struct fuse_write_in, size), 4, PADDING / 2 },
	{ FUSE_GETXATTR, offsetof(struct fuse_getxattr_in, size), 4, MOST },
	{ FUSE_LISTXATTR, offsetof(struct fuse_getxattr_in, size), 4, MOST },
	{ FUSE_SETXATTR, offsetof(struct fuse_setxattr_in, size), 4, PADDING / 4 },
	{ FUSE_BATCH_FORGET, offsetof(struct fuse_batch_forget_in, count), 4, 4 },
	{ FUSE_IOCTL, offsetof(struct fuse_ioctl_in, in_size), 4, PADDING / 4 },
	{ FUSE_IOCTL, offsetof(struct fuse_ioctl_in, out_size), 4, MOST },
	{ FUSE_FALLOCATE, offsetof(struct fuse_fallocate_in, length), 8, MOST },
	{ FUSE_COPY_FILE_RANGE, offsetof(struct fuse_copy_file_range_in, len), 8, MOST },
};

/* Where the names of a body begin, each of which ends with a NUL. */
static const struct named {
	uint32_t opcode;
	size_t at;
	int names;
} named[] = {
	{ FUSE_LOOKUP, 0, 1 },
	{ FUSE_SYMLINK, 0, 1 }, /* and its target, which is any */
	{ FUSE_MKNOD, sizeof(struct fuse_mknod_in), 1 },
	{ FUSE_MKDIR, sizeof(struct fuse_mkdir_in), 1 },
	{ FUSE_UNLINK, 0, 1 },
	{ FUSE_RMDIR, 0, 1 },
	{ FUSE_RENAME, sizeof(struct fuse_rename_in), 2 },
	{ FUSE_RENAME2, sizeof(struct fuse_rename2_in), 2 },
	{ FUSE_LINK, sizeof(struct fuse_link_in), 1 },
	{ FUSE_CREATE, sizeof(struct fuse_create_in), 1 },
};

/* The kernel sends the first once, the second at the end, and the third only where it was asked for
 * data; of the fourth libfuse keeps a note until its request comes. */
static bool is_of_session(uint32_t opcode)
{
	return opcode == FUSE_INIT || opcode == FUSE_DESTROY || opcode == FUSE_NOTIFY_REPLY ||
	       opcode == FUSE_INTERRUPT;
}

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

/* No lookup of the kernel asks for such a name: it would lead out of the directory. */
static bool is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/') &&
	       strlen(name) <= 1024;
}

static bool has_names(uint32_t opcode, const char *body)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		const char *name = body + named[i].at;
		if (named[i].opcode != opcode)
			continue;
		for (int n = 0; n < named[i].names; n++, name += strlen(name) + 1)
			if (!is_name(name))
				return false;
	}
	return true;
}

static void drain(const struct daemon *daemon)
{
	static char reply[2 * 1024 * 1024];

	while (recv(daemon->kernel, reply, sizeof(reply), MSG_DONTWAIT) > 0)
		;
}

static void serve(struct daemon *daemon, const void *request, size_t size)
{
	if (send(daemon->kernel, request, size, 0) != (ssize_t)size)
		abort();
	if (fuse_session_receive_buf(daemon->se, &daemon->buf) <= 0)
		abort();
	if (!wire_answer(daemon->buf.mem))
		fuse_session_process_buf(daemon->se, &daemon->buf);
	drain(daemon);
}

static void send_init(struct daemon *daemon)
{
	struct {
		struct fuse_in_header header;
		struct fuse_init_in init;
	} request = { .header = { .len = sizeof(request), .opcode = FUSE_INIT, .unique = 1 },
		.init = { .major = 7, .minor = 38, .max_readahead = MOST, .flags = 0x7fffffff } };

	daemon->unique = 2;
	serve(daemon, &request, sizeof(request));
}

/* Returns the size of the input that is left behind the request. */
static size_t send_request(struct daemon *daemon, const uint8_t *data, size_t size)
{
	struct {
		struct fuse_in_header header;
		char body[MOST + PADDING];
	} *request = calloc(1, sizeof(*request));
	size_t length = data[3] | (size_t)data[4] << 8;
	const uint8_t *body = data + 5;

	if (!request)
		abort();
	length = length < size - 5 ? length : size - 5;
	request->header = (struct fuse_in_header){ .opcode = data[0],
		.unique = daemon->unique++,
		.nodeid = data[1],
		.uid = data[2] & FLAG_UID ? 1000 : 0,
		.gid = data[2] & FLAG_UID ? 1000 : 0 };
	if (data[2] & FLAG_RAW && length >= 8) {
		memcpy(&request->header.nodeid, body, 8);
		memcpy(request->body, body + 8, length - 8);
	} else {
		memcpy(request->body, body, length);
	}
	request->header.len = (uint32_t)(sizeof(request->header) + length + PADDING);
	keep_limits(data[0], request->body);
	if (!is_of_session(data[0]) && has_names(data[0], request->body))
		serve(daemon, request, request->header.len);
	free(request);
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

/* No file may become immutable: this process could not remove it any more. */
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
	char *argv[] = { (char *)"fuzz", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	const struct wire_hooks hooks = { .initialised = handle_initialised,
		.admit = handle_admit,
		.tmpfile = handle_tmpfile,
		.unanswered = handle_unanswered,
		.arg = &daemon->handlers };
	int ends[2], size = 4 * 1024 * 1024;
	char place[32];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	daemon->kernel = ends[0];
	daemon->handlers = (struct handlers){
		.fs = open_fs(home), .timeout = 1, .acls = true, .ready = be_ready
	};
	daemon->se = fuse_session_new(&args, &fuse_ops, sizeof(fuse_ops), &daemon->handlers);
	fuse_opt_free_args(&args);
	snprintf(place, sizeof(place), "/dev/fd/%d", ends[1]);
	if (!daemon->se || fuse_session_mount(daemon->se, place) < 0 ||
		wire_attach(daemon->se, &hooks, 0) < 0)
		abort();
	send_init(daemon);
}

static void end(struct daemon *daemon)
{
	fuse_session_unmount(daemon->se);
	fuse_session_destroy(daemon->se);
	free(daemon->buf.mem);
	close(daemon->kernel);
	fs_close(daemon->handlers.fs);
}

void fuzz_request(const uint8_t *data, size_t size)
{
	struct daemon daemon = { .kernel = -1 };
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
