/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/decode.h"

#include "fuse/daemon/operations.h"
#include "fuse/daemon/reply.h"
#include "fuse/daemon/stats.h"
#include "fuse/daemon/trace.h"

#include "common/base/thread.h"
#include "fuse/merge/descriptors/unlinked.h"
#include "fuse/merge/state.h"
#include "fuse/merge/table/kept_state.h"
#include "fuse/mount_snapshot.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define MOST_AGAIN 2000000000 /* ns: how long to repeat a request that lacks space on the disk */

static int check_node(struct fs *fs, uint64_t node, bool as_dir)
{
	uint32_t type = fs_type(fs, node);

	if (!type)
		return -ESTALE;
	return as_dir && type != S_IFDIR ? -ENOTDIR : 0;
}

static int check_nodes(const struct request *request, const struct operation *operation)
{
	struct fs *fs = request->connection->fs;
	uint64_t other;

	if (operation->no_node)
		return 0;
	int r = check_node(fs, request->header->nodeid, operation->in_dir);
	if (r < 0 || !operation->has_other)
		return r;
	memcpy(&other, (const char *)request->in + operation->other_at, sizeof(other));
	return check_node(fs, other, operation->other_is_dir);
}

static int check_name(const char *name, size_t length)
{
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") || memchr(name, '/', length))
		return -EINVAL;
	return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Notes the strings of the request, and moves *AT past them. */
static int take_texts(struct request *request, const struct operation *operation, const char **at,
	const char *end)
{
	for (int i = 0; i < operation->names + operation->texts; i++) {
		const char *nul = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;
		if (!nul)
			return -EINVAL;
		int r = i < operation->names ? check_name(*at, (size_t)(nul - *at)) : 0;
		if (r < 0)
			return r;
		request->texts[i] = *at;
		*at = nul + 1;
	}
	return 0;
}

/* Returns how many bytes of data follow the strings. Some operations count them in their struct;
 * for the others all bytes are data. */
static uint64_t count_data(uint32_t opcode, const void *in, uint64_t all)
{
	switch (opcode) {
	case FUSE_WRITE:
		return ((const struct fuse_write_in *)in)->size;
	case FUSE_SETXATTR:
		return ((const struct fuse_setxattr_in *)in)->size;
	case FUSE_IOCTL:
		return ((const struct fuse_ioctl_in *)in)->in_size;
	case FUSE_BATCH_FORGET:
		return ((const struct fuse_batch_forget_in *)in)->count *
		       (uint64_t)sizeof(struct fuse_forget_one);
	default:
		return all;
	}
}

static int take_apart(struct request *request, const struct operation *operation)
{
	const struct fuse_in_header *header = request->header;
	const char *end = (const char *)header + header->len;
	const char *at = (const char *)(header + 1) + operation->fixed;

	if (header->len < sizeof(*header) + operation->fixed)
		return -EINVAL;
	request->in = header + 1;
	request->node = (uint32_t)header->nodeid;
	int r = take_texts(request, operation, &at, end);
	if (r < 0)
		return r;
	uint64_t left = (uint64_t)(end - at);
	uint64_t size = count_data(header->opcode, request->in, left);
	if (size > left)
		return -EINVAL;
	request->data = at;
	request->size = size;
	return check_nodes(request, operation);
}

/* Checks that the kernel may send this request now: INIT must be the first request, and come
 * once. */
static int check_turn(const struct request *request)
{
	bool first = request->header->opcode == FUSE_INIT;

	return atomic_load_explicit(&request->connection->initialised, memory_order_relaxed) ==
			       first
		       ? -EIO
		       : 0;
}

/* With allow_root, lets only root and the owner in. The kernel can admit only the owner, or every
 * user, so it cannot check this. */
static int check_caller(const struct request *request, const struct operation *operation)
{
	const struct connection *connection = request->connection;
	uint32_t uid = request->header->uid;

	if (!connection->no_others || operation->any_caller || uid == 0 || uid == connection->owner)
		return 0;
	return -EACCES;
}

static bool is_past(const struct timespec *time)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > time->tv_sec ||
	       (now.tv_sec == time->tv_sec && now.tv_nsec >= time->tv_nsec);
}

/* Calls the handler. If the disk lacks space, calls it again until the space of a removed file is
 * free: a kernel overlay frees that space before the removal returns, but here the kernel's FORGET
 * comes later. A request that failed has changed nothing, so it can be repeated. */
static void handle(struct request *request, const struct operation *operation)
{
	struct fs *fs = request->connection->fs;
	struct timespec until = { 0 };
	int no_space = 0;

	request->no_space = &no_space;
	for (;;) {
		uint32_t freed = unlinked_count_freed(fs);
		operation->handle(request);
		if (!no_space)
			return;
		if (!until.tv_sec)
			until = cond_deadline(MOST_AGAIN);
		if (!unlinked_await(fs, freed) || is_past(&until))
			break;
		no_space = 0;
	}
	request->no_space = NULL;
	reply_code(request, no_space);
}

/* Keeps a note of the request until it is answered. If this worker is killed, the next one
 * completes the request. */
static void handle_once(struct request *request, const struct operation *operation)
{
	uint64_t unique = request->header->unique;

	kept_change_begin(
		request->connection->kept, unique & ~UNIQUE_RESEND, unique & UNIQUE_RESEND);
	handle(request, operation);
	kept_change_end();
}

/* Whether REQUEST is a snapshot, which itself closes the gate and must not wait behind it. */
static bool closes_gate(const struct request *request)
{
	return request->header->opcode == FUSE_IOCTL &&
	       ((const struct fuse_ioctl_in *)request->in)->cmd == MOUNT_SNAPSHOT;
}

static void handle_inside(struct request *request, const struct operation *operation)
{
	struct gate *gate = closes_gate(request) ? NULL : &request->connection->fs->gate;

	if (gate)
		gate_enter(gate);
	if (operation->once && request->connection->kept)
		handle_once(request, operation);
	else
		handle(request, operation);
	if (gate)
		gate_leave(gate);
}

int request_serve(struct connection *connection, struct channel *channel, size_t size)
{
	const struct fuse_in_header *header = (const void *)channel->buffer;
	struct request request = { .connection = connection, .channel = channel, .header = header };

	/* A request without a complete header has no number to answer to. */
	if (size < sizeof(*header))
		return 0;
	const struct operation *operation = operation_of(header->opcode);
	stats_count(header->opcode);
	if (connection->debug)
		trace_request(header, operation_name(header->opcode));
	int r = header->len == size ? check_turn(&request) : -EINVAL;
	if (r == 0 && !operation)
		r = -ENOSYS;
	if (r == 0)
		r = check_caller(&request, operation);
	if (r == 0)
		r = take_apart(&request, operation);
	if (r == 0)
		handle_inside(&request, operation);
	else if (!operation || !operation->unanswered)
		reply_code(&request, r);
	return atomic_load_explicit(&connection->error, memory_order_relaxed);
}
