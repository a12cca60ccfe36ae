/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/handlers.h"

#include "common/base/scope.h"
#include "common/overlay/overlay_xattr.h"
#include "fuse/daemon/caller.h"
#include "fuse/daemon/reply.h"
#include "fuse/merge/table/kept_state.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

static struct fs *fs_of(const struct request *request)
{
	return request->connection->fs;
}

void handle_getattr(const struct request *request)
{
	struct stat st;
	int r = fs_getattr(fs_of(request), request->node, &st);

	reply_attr(request, r, &st);
}

/* The kernel sends STATX only if a program asks statx(2) for the birth time. */
void handle_statx(const struct request *request)
{
	struct timespec birth;
	struct stat st;
	int known = fs_birth(fs_of(request), request->node, &birth);
	int r = fs_getattr(fs_of(request), request->node, &st);

	if (r < 0)
		reply_code(request, r);
	else
		reply_statx(request, &st, known == 0 ? &birth : NULL);
}

/* Translates the FATTR_ bits of a SETATTR into SET_ bits of the merge filesystem. */
static unsigned int what_of(uint32_t valid)
{
	static const struct {
		uint32_t valid;
		unsigned int what;
	} bits[] = {
		{ FATTR_MODE, SET_MODE },
		{ FATTR_UID, SET_UID },
		{ FATTR_GID, SET_GID },
		{ FATTR_SIZE, SET_SIZE },
		{ FATTR_ATIME | FATTR_ATIME_NOW, SET_ATIME },
		{ FATTR_MTIME | FATTR_MTIME_NOW, SET_MTIME },
		{ FATTR_FH, SET_BY_FILE },
		{ FATTR_KILL_SUIDGID, SET_KILL },
	};
	unsigned int what = 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (valid & bits[i].valid)
			what |= bits[i].what;
	return what;
}

static struct timespec time_of(uint64_t seconds, uint32_t nanoseconds, bool now)
{
	return (struct timespec){ .tv_sec = (time_t)seconds,
		.tv_nsec = now ? UTIME_NOW : (long)nanoseconds };
}

void handle_setattr(const struct request *request)
{
	const struct fuse_setattr_in *in = request->in;
	const struct setting setting = { .what = what_of(in->valid),
		.caller = caller_of(request, 0),
		.st = { .st_mode = in->mode,
			.st_uid = in->uid,
			.st_gid = in->gid,
			.st_size = (off_t)in->size,
			.st_atim = time_of(in->atime, in->atimensec, in->valid & FATTR_ATIME_NOW),
			.st_mtim = time_of(
				in->mtime, in->mtimensec, in->valid & FATTR_MTIME_NOW) } };
	struct stat st;
	int r = fs_setattr(fs_of(request), request->node, &setting, &st);

	reply_attr(request, r, &st);
}

void handle_readlink(const struct request *request)
{
	auto_free char *target = NULL;
	int r = fs_readlink(fs_of(request), request->node, &target);

	if (r < 0)
		reply_code(request, r);
	else
		reply_body(request, target, strlen(target));
}

void handle_statfs(const struct request *request)
{
	struct statvfs st;
	int r = fs_statfs(fs_of(request), &st);

	if (r < 0) {
		reply_code(request, r);
		return;
	}
	const struct fuse_statfs_out out = { .st = { .blocks = st.f_blocks,
						     .bfree = st.f_bfree,
						     .bavail = st.f_bavail,
						     .files = st.f_files,
						     .ffree = st.f_ffree,
						     .bsize = (uint32_t)st.f_bsize,
						     .namelen = (uint32_t)st.f_namemax,
						     .frsize = (uint32_t)st.f_frsize } };
	reply_body(request, &out, sizeof(out));
}

/* Answers with a value of N bytes that is in the answer's buffer already. If the kernel has asked
 * with SIZE 0, answers with the number N alone. */
static void reply_xattr(const struct request *request, ssize_t n, size_t size)
{
	const struct fuse_getxattr_out out = { .size = (uint32_t)n };

	if (n < 0)
		reply_code(request, (int)n);
	else if (size == 0)
		reply_body(request, &out, sizeof(out));
	else
		reply_filled(request, (size_t)n);
}

void handle_getxattr(const struct request *request)
{
	const struct fuse_getxattr_in *in = request->in;
	size_t size = in->size;
	char *room = reply_room(request, size);
	ssize_t n = room ? fs_getxattr(fs_of(request), request->node, request->texts[0], room, size)
			 : -EINVAL;

	reply_xattr(request, n, size);
}

void handle_listxattr(const struct request *request)
{
	const struct fuse_getxattr_in *in = request->in;
	struct caller caller = caller_of(request, 0);
	size_t size = in->size;
	char *room = reply_room(request, size);
	ssize_t n = room ? fs_listxattr(fs_of(request), request->node, &caller, room, size)
			 : -EINVAL;

	reply_xattr(request, n, size);
}

/* For a request that an earlier worker has begun: returns 1 if NAME existed before it, 0 if not.
 * Returns a negative value for any other request. Notes this before the first try, because a worker
 * that dies may have changed the xattr already. */
static int was_there(const struct request *request, const char *name)
{
	struct kept_change *change = kept_change();

	if (!change)
		return -1;
	if (!change->before) {
		ssize_t n = fs_getxattr(fs_of(request), request->node, name, NULL, 0);
		if (n < 0 && n != -ENODATA)
			return -1;
		change->before = n < 0 ? 2 : 1;
	}
	return kept_change_again() ? change->before == 1 : -1;
}

void handle_setxattr(const struct request *request)
{
	const struct fuse_setxattr_in *in = request->in;
	const char *name = request->texts[0];
	struct caller caller = caller_of(request, 0);
	int flags = (int)in->flags;

	if (flags & XATTR_CREATE && was_there(request, name) == 0)
		flags &= ~XATTR_CREATE;
	int r = fs_setxattr(
		fs_of(request), request->node, name, request->data, request->size, flags);

	if (r == 0 && !strcmp(name, ACL_ACCESS))
		r = fs_acl_changes(fs_of(request), request->node, &caller);
	reply_code(request, r);
}

/* Removing an ACL clears setgid even if the file has no ACL: a kernel overlay does the same. */
void handle_removexattr(const struct request *request)
{
	const char *name = request->texts[0];
	struct caller caller = caller_of(request, 0);
	struct fs *fs = fs_of(request);
	int r = 0;

	if (!strcmp(name, ACL_ACCESS))
		r = fs_acl_changes(fs, request->node, &caller);
	int before = was_there(request, name);
	if (r == 0)
		r = fs_setxattr(fs, request->node, name, NULL, 0, 0);
	reply_code(request, r == -ENODATA && before == 1 ? 0 : r);
}
