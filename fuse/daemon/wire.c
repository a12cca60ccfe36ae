/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/wire.h"

#include "common/base/scope.h"
#include "fuse/merge/optimisations.h"
#include "fuse/daemon/readahead.h"
#include "fuse/daemon/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>

/* libfuse passes no argument of ours to the hooks that is not the session's own user data, and one
 * process serves one mount. */
static struct {
	struct fuse_session *se;
	struct wire_hooks hooks;
	uint64_t init_unique;
	uint32_t init_flags; /* what the kernel offers */
	bool initialised;
	int fd;
	int error;
	unsigned int without; /* sum of enum optimisation */
} wire;

/* The raw request of this thread, in libfuse's buffer, which it works on before it reads the next.
 */
static __thread const struct fuse_in_header *current;

static const void *body_of(const struct fuse_in_header *header, size_t size)
{
	return header->len >= sizeof(*header) + size ? header + 1 : NULL;
}

bool wire_write_kills_privileges(void)
{
	const struct fuse_write_in *in = current && current->opcode == FUSE_WRITE
						 ? body_of(current, sizeof(*in))
						 : NULL;

	return in && in->write_flags & FUSE_WRITE_KILL_SUIDGID;
}

bool wire_setattr_kills_privileges(void)
{
	const struct fuse_setattr_in *in = current && current->opcode == FUSE_SETATTR
						   ? body_of(current, sizeof(*in))
						   : NULL;

	return in && in->valid & FATTR_KILL_SUIDGID;
}

/* Whoever waits for a reply that was lost waits for ever. ENOENT: nobody waits any more. */
static ssize_t send(int fd, const struct iovec *iov, int count)
{
	enum { MOST_TRIES = 3 };
	ssize_t n = -1;

	for (int tries = 0; n < 0 && tries < MOST_TRIES; tries++) {
		n = writev(fd, iov, count);
		if (n < 0 && (errno == ENOENT || errno == ENODEV))
			break;
	}
	return n;
}

static ssize_t reply(int fd, uint64_t unique, int error, void *body, size_t size)
{
	struct fuse_out_header out = { .len = (uint32_t)(sizeof(out) + (error ? 0 : size)),
		.error = error,
		.unique = unique };
	struct iovec iov[] = { { &out, sizeof(out) }, { body, size } };

	return send(fd, iov, error ? 1 : 2);
}

static void put_times(const struct stat *st, struct fuse_attr *attr)
{
	attr->atime = (uint64_t)st->st_atim.tv_sec;
	attr->mtime = (uint64_t)st->st_mtim.tv_sec;
	attr->ctime = (uint64_t)st->st_ctim.tv_sec;
	attr->atimensec = (uint32_t)st->st_atim.tv_nsec;
	attr->mtimensec = (uint32_t)st->st_mtim.tv_nsec;
	attr->ctimensec = (uint32_t)st->st_ctim.tv_nsec;
}

static struct fuse_entry_out entry_of(const struct fuse_entry_param *e)
{
	const struct stat *st = &e->attr;
	struct fuse_entry_out out = { .nodeid = e->ino,
		.generation = e->generation,
		.entry_valid = (uint64_t)e->entry_timeout,
		.attr_valid = (uint64_t)e->attr_timeout };

	out.attr = (struct fuse_attr){ .ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.blocks = (uint64_t)st->st_blocks,
		.mode = st->st_mode,
		.nlink = (uint32_t)st->st_nlink,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.blksize = (uint32_t)st->st_blksize };
	put_times(st, &out.attr);
	return out;
}

/* The reply is that of CREATE: an entry, and an open file, which holds no state here. */
static void answer_tmpfile(int fd, const struct fuse_in_header *header)
{
	const struct fuse_create_in *in = body_of(header, sizeof(*in));
	struct fuse_entry_param entry = { 0 };
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = { 0 };
	int r = -EINVAL;

	if (in)
		r = wire.hooks.tmpfile(wire.hooks.arg, header->nodeid, in->mode, in->umask,
			header->uid, header->gid, &entry);
	if (r == 0)
		out.entry = entry_of(&entry);
	out.open.open_flags = FOPEN_KEEP_CACHE | FOPEN_NOFLUSH;
	if (reply(fd, header->unique, r, &out, sizeof(out)) < 0 && r == 0)
		wire.hooks.unanswered(wire.hooks.arg, entry.ino);
}

static void note_init(const struct fuse_in_header *header)
{
	const struct fuse_init_in *in = body_of(header, 16); /* as old kernels send it */

	wire.init_unique = header->unique;
	wire.init_flags = in ? in->flags : 0;
}

static ssize_t read_request(int fd, void *buf, size_t size, void *userdata)
{
	const struct fuse_in_header *header = buf;
	ssize_t n = read(fd, buf, size);

	if (n < (ssize_t)sizeof(*header))
		return n;
	stats_count(header->opcode);
	if (header->opcode == FUSE_INIT)
		note_init(header);
	current = header;
	return n;
}

/* Nobody waits for an answer to these. */
static bool is_mute(uint32_t opcode)
{
	return opcode == FUSE_FORGET || opcode == FUSE_BATCH_FORGET || opcode == FUSE_INTERRUPT ||
	       opcode == FUSE_NOTIFY_REPLY;
}

bool wire_answer(const void *request)
{
	const struct fuse_in_header *header = request;
	int r = wire.hooks.admit(wire.hooks.arg, header);

	if (r < 0 && !is_mute(header->opcode))
		reply(wire.fd, header->unique, r, NULL, 0);
	if (r < 0)
		return true;
	if (header->opcode != FUSE_TMPFILE)
		return false;
	answer_tmpfile(wire.fd, header);
	return true;
}

/* Flags that libfuse 3.14 leaves out of its reply though it was asked for them, or never knew. */
static ssize_t send_init(int fd, const struct iovec *iov, int count)
{
	bool parallel = !(wire.without & OPTIMISATION_PARALLEL);
	uint32_t wanted = FUSE_HANDLE_KILLPRIV_V2 | (parallel ? FUSE_PARALLEL_DIROPS : 0);
	struct iovec patched[8];
	struct fuse_init_out out;

	wire.initialised = true;
	if (count < 2 || count > 8 || iov[1].iov_len < 24 || iov[1].iov_len > sizeof(out))
		return send(fd, iov, count);
	memcpy(patched, iov, (size_t)count * sizeof(*iov));
	memcpy(&out, iov[1].iov_base, iov[1].iov_len);
	out.flags |= wanted & wire.init_flags;
	out.flags &= ~(uint32_t)(FUSE_HANDLE_KILLPRIV | FUSE_ATOMIC_O_TRUNC);
	/* The kernel takes no more than the device of the mount is set to. */
	if (!(wire.without & OPTIMISATION_READAHEAD))
		out.max_readahead = READAHEAD;
	patched[1].iov_base = &out;
	return send(fd, patched, count);
}

/* Without this answer the mount lets nobody in, nor out. */
static ssize_t answer_init(int fd, const struct iovec *iov, int count)
{
	ssize_t n = send_init(fd, iov, count);

	if (n >= 0) {
		wire.hooks.initialised(wire.hooks.arg);
		return n;
	}
	wire.error = -errno;
	fuse_session_exit(wire.se);
	return n;
}

static ssize_t write_reply(int fd, struct iovec *iov, int count, void *userdata)
{
	const struct fuse_out_header *out = iov[0].iov_base;

	if (!wire.initialised && out->unique == wire.init_unique && out->error == 0)
		return answer_init(fd, iov, count);
	return send(fd, iov, count);
}

/* The whole reply is in the pipe, and gone from it after an error: it can only be said that there
 * was one. */
static ssize_t splice_reply(int from, off_t *from_offset, int to, off_t *to_offset, size_t size,
	unsigned int flags, void *userdata)
{
	ssize_t n = splice(from, from_offset, to, to_offset, size, flags);
	int code = errno;

	if (n < 0 && code != ENOENT && code != ENODEV && current)
		reply(to, current->unique, -EIO, NULL, 0);
	errno = code;
	return n;
}

int wire_error(void)
{
	return wire.error;
}

int wire_attach(struct fuse_session *se, const struct wire_hooks *hooks, unsigned int without)
{
	static const struct fuse_custom_io io = {
		.read = read_request, .writev = write_reply, .splice_send = splice_reply
	};

	wire.se = se;
	wire.hooks = *hooks;
	wire.without = without;
	wire.fd = fuse_session_fd(se);
	return fuse_session_custom_io(se, &io, wire.fd);
}
