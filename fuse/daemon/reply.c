/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/reply.h"

#include "fuse/daemon/trace.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

/* The kernel refuses an answer with a larger errno, and the client would wait for ever. */
#define MOST_ERRNO 511

static struct fuse_out_header *header_of(const struct request *request)
{
	return (void *)(request->channel->buffer + REQUEST_ROOM - sizeof(struct fuse_out_header));
}

static void *body_of(const struct request *request)
{
	return request->channel->buffer + REQUEST_ROOM;
}

static int send(const struct request *request, int error, size_t size)
{
	struct fuse_out_header *out = header_of(request);
	struct channel *channel = request->channel;

	*out = (struct fuse_out_header){ .len = (uint32_t)(sizeof(*out) + size),
		.error = error,
		.unique = request->header->unique };
	if (request->connection->debug)
		trace_reply(out);
	return channel->transport->ops->reply(channel, out, out->len);
}

int reply_code(const struct request *request, int r)
{
	if (r > 0)
		r = 0;
	if (request->no_space && (r == -ENOSPC || r == -EDQUOT)) {
		*request->no_space = r;
		return 0;
	}
	return send(request, r < -MOST_ERRNO ? -EIO : r, 0);
}

void *reply_room(const struct request *request, size_t size)
{
	size_t most = REQUEST_ROOM - sizeof(struct fuse_out_header);

	return size > MOST_DATA || request->header->len > most ? NULL : body_of(request);
}

int reply_filled(const struct request *request, size_t size)
{
	return send(request, 0, size);
}

int reply_body(const struct request *request, const void *body, size_t size)
{
	memcpy(body_of(request), body, size);
	return send(request, 0, size);
}

int reply_open(const struct request *request, uint32_t flags)
{
	const struct fuse_open_out out = { .open_flags = flags };

	return reply_body(request, &out, sizeof(out));
}

int reply_written(const struct request *request, ssize_t n)
{
	const struct fuse_write_out out = { .size = (uint32_t)n };

	return n < 0 ? reply_code(request, (int)n) : reply_body(request, &out, sizeof(out));
}

void put_attr(const struct stat *st, struct fuse_attr *ret)
{
	*ret = (struct fuse_attr){ .ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.blocks = (uint64_t)st->st_blocks,
		.atime = (uint64_t)st->st_atim.tv_sec,
		.mtime = (uint64_t)st->st_mtim.tv_sec,
		.ctime = (uint64_t)st->st_ctim.tv_sec,
		.atimensec = (uint32_t)st->st_atim.tv_nsec,
		.mtimensec = (uint32_t)st->st_mtim.tv_nsec,
		.ctimensec = (uint32_t)st->st_ctim.tv_nsec,
		.mode = st->st_mode,
		.nlink = (uint32_t)st->st_nlink,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.rdev = (uint32_t)st->st_rdev, /* no conversion: the kernel uses the same form of
						  device numbers */
		.blksize = (uint32_t)st->st_blksize };
}

static void put_timeout(double timeout, uint64_t *ret_seconds, uint32_t *ret_nanoseconds)
{
	*ret_seconds = (uint64_t)timeout;
	*ret_nanoseconds = (uint32_t)((timeout - (double)*ret_seconds) * 1e9);
}

void put_entry(
	const struct connection *connection, const struct entry *entry, struct fuse_entry_out *ret)
{
	ret->nodeid = entry->node;
	ret->generation = entry->generation;
	put_timeout(connection->timeout, &ret->attr_valid, &ret->attr_valid_nsec);
	put_timeout(entry->fleeting ? 0 : connection->timeout, &ret->entry_valid,
		&ret->entry_valid_nsec);
	put_attr(&entry->st, &ret->attr);
}

int reply_attr(const struct request *request, int r, const struct stat *st)
{
	struct fuse_attr_out *out = body_of(request);

	if (r < 0)
		return reply_code(request, r);
	put_timeout(request->connection->timeout, &out->attr_valid, &out->attr_valid_nsec);
	out->dummy = 0;
	put_attr(st, &out->attr);
	return send(request, 0, sizeof(*out));
}

static void put_statx(const struct stat *st, struct statx_reply *ret)
{
	ret->mask = STATX_BASIC_STATS;
	ret->blksize = (uint32_t)st->st_blksize;
	ret->nlink = (uint32_t)st->st_nlink;
	ret->uid = st->st_uid;
	ret->gid = st->st_gid;
	ret->mode = (uint16_t)st->st_mode;
	ret->ino = st->st_ino;
	ret->size = (uint64_t)st->st_size;
	ret->blocks = (uint64_t)st->st_blocks;
	ret->rdev_major = major(st->st_rdev);
	ret->rdev_minor = minor(st->st_rdev);
}

static struct statx_time time_of(const struct timespec *time)
{
	return (struct statx_time){ .seconds = time->tv_sec,
		.nanoseconds = (uint32_t)time->tv_nsec };
}

int reply_statx(const struct request *request, const struct stat *st, const struct timespec *birth)
{
	struct statx_reply *out = body_of(request);

	memset(out, 0, sizeof(*out));
	put_timeout(request->connection->timeout, &out->valid, &out->valid_nsec);
	put_statx(st, out);
	out->atime = time_of(&st->st_atim);
	out->mtime = time_of(&st->st_mtim);
	out->ctime = time_of(&st->st_ctim);
	if (birth) {
		out->mask |= STATX_BTIME;
		out->btime = time_of(birth);
	}
	return send(request, 0, sizeof(*out));
}

static void forget_unsent(const struct request *request, int sent, const struct entry *entry)
{
	if (sent < 0)
		fs_forget(request->connection->fs, entry->node, 1);
}

void reply_entry(const struct request *request, int r, const struct entry *entry)
{
	struct fuse_entry_out *out = body_of(request);

	if (r < 0) {
		reply_code(request, r);
		return;
	}
	put_entry(request->connection, entry, out);
	forget_unsent(request, send(request, 0, sizeof(*out)), entry);
}

void reply_absent(const struct request *request)
{
	struct fuse_entry_out *out = body_of(request);

	memset(out, 0, sizeof(*out));
	put_timeout(request->connection->timeout, &out->entry_valid, &out->entry_valid_nsec);
	send(request, 0, sizeof(*out));
}

void reply_created(const struct request *request, int r, const struct entry *entry, uint32_t flags)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} *out = body_of(request);

	if (r < 0) {
		reply_code(request, r);
		return;
	}
	put_entry(request->connection, entry, &out->entry);
	out->open = (struct fuse_open_out){ .open_flags = flags };
	forget_unsent(request, send(request, 0, sizeof(*out)), entry);
}
