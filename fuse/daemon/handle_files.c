/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/handlers.h"

#include "fuse/daemon/caller.h"
#include "fuse/daemon/reply.h"
#include "fuse/merge/data/data.h"
#include "fuse/merge/attr/chattr.h"

#include <errno.h>
#include <fcntl.h>

#define WORTH_A_SPLICE ((size_t)64 * 1024)
/* The most bytes that one COPY_FILE_RANGE copies: the reply has 32 bits for their number. */
#define MOST_COPIED ((size_t)1 << 30)
#define FSYNC_DATA  1u /* bit in the flags of fuse_fsync_in: sync data alone */

static struct fs *fs_of(const struct request *request)
{
	return request->connection->fs;
}

/* Normally the answer is ENOSYS, and then the kernel opens and closes all files of the mount by
 * itself. If the kernel does send an OPEN for writing, the file is copied up now, as a kernel
 * overlay does at open. */
void handle_open(const struct request *request)
{
	const struct fuse_open_in *in = request->in;
	auto_ref struct ref ref = REF_NONE;
	int r = request->connection->opens ? 0 : -ENOSYS;

	if (r == 0 && (in->flags & O_ACCMODE) != O_RDONLY)
		r = fs_open_write(fs_of(request), request->node, &ref);
	if (r == 0 && request->connection->drops_pages)
		fs_read_anew(fs_of(request), request->node);
	if (r < 0)
		reply_code(request, r);
	else
		reply_open(request, request->connection->drops_pages ? 0 : FOPEN_KEEP_CACHE);
}

/* There is nothing to release, because a handle holds no state. */
void handle_release(const struct request *request)
{
	reply_code(request, 0);
}

/* Answers with the file's own pages, without a copy. */
static int reply_pages(const struct request *request, const struct fuse_read_in *in)
{
	auto_ref struct ref ref = REF_NONE;
	struct channel *channel = request->channel;
	int fd = fs_open_read(fs_of(request), request->node, &ref);

	if (fd < 0)
		return reply_code(request, fd);
	return channel->transport->ops->reply_file(channel, fd, (off_t)in->offset, in->size);
}

static void reply_copied(const struct request *request, const struct fuse_read_in *in)
{
	char *room = reply_room(request, in->size);
	ssize_t n = room ? fs_read(fs_of(request), request->node, room, in->size, (off_t)in->offset)
			 : -EINVAL;

	if (n < 0)
		reply_code(request, (int)n);
	else
		reply_filled(request, (size_t)n);
}

void handle_read(const struct request *request)
{
	const struct fuse_read_in *in = request->in;
	bool pages = in->size >= WORTH_A_SPLICE && in->size <= MOST_DATA &&
		     !(request->connection->without & OPTIMISATION_SPLICE);

	if (!pages || reply_pages(request, in) == -EOPNOTSUPP)
		reply_copied(request, in);
}

/* Writes for a caller. If the kernel asks for that (HANDLE_KILLPRIV_V2), the write clears setuid,
 * setgid and capabilities. */
static ssize_t write_for(const struct request *request, const struct fuse_write_in *in)
{
	struct caller caller = caller_of(request, 0);
	bool kill = in->write_flags & FUSE_WRITE_KILL_SUIDGID;
	int protects = in->flags & O_APPEND ? FS_IMMUTABLE_FL : PROTECTED_FL;
	int r = chattr_check(fs_of(request), request->node, protects);

	if (r < 0)
		return r;
	return fs_write(fs_of(request), request->node, request->data, request->size,
		(off_t)in->offset, kill ? &caller : NULL);
}

/* Writes pages that a program changed earlier, in a mapping or by a delayed write. Does not check
 * for immutable or append-only files: the flag may be newer than the change. The kernel takes all
 * bytes as written, so a short write must be an error. */
static ssize_t write_kept(const struct request *request, const struct fuse_write_in *in)
{
	ssize_t n = fs_write_kept(
		fs_of(request), request->node, request->data, request->size, (off_t)in->offset);

	return n >= 0 && (size_t)n < request->size ? -ENOSPC : n;
}

void handle_write(const struct request *request)
{
	const struct fuse_write_in *in = request->in;
	bool kept = in->write_flags & FUSE_WRITE_CACHE;

	reply_written(request, kept ? write_kept(request, in) : write_for(request, in));
}

void handle_fsync(const struct request *request)
{
	const struct fuse_fsync_in *in = request->in;

	reply_code(request, fs_sync(fs_of(request), request->node, in->fsync_flags & FSYNC_DATA));
}

void handle_fallocate(const struct request *request)
{
	const struct fuse_fallocate_in *in = request->in;
	struct caller caller = caller_of(request, 0);

	reply_code(request, fs_fallocate(fs_of(request), request->node, (int)in->mode,
				    (off_t)in->offset, (off_t)in->length, &caller));
}

void handle_lseek(const struct request *request)
{
	const struct fuse_lseek_in *in = request->in;
	off_t at = fs_seek(fs_of(request), request->node, (off_t)in->offset, (int)in->whence);
	const struct fuse_lseek_out out = { .offset = (uint64_t)at };

	if (at < 0)
		reply_code(request, (int)at);
	else
		reply_body(request, &out, sizeof(out));
}

void handle_copy_file_range(const struct request *request)
{
	const struct fuse_copy_file_range_in *in = request->in;
	struct caller caller = caller_of(request, 0);
	struct copy_range range = { .from = request->node,
		.to = (uint32_t)in->nodeid_out,
		.from_offset = (off_t)in->off_in,
		.to_offset = (off_t)in->off_out,
		.size = in->len < MOST_COPIED ? in->len : MOST_COPIED,
		.kill = &caller };

	reply_written(request, fs_copy_range(fs_of(request), &range));
}
