/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/handlers.h"

#include "fuse/daemon/caller.h"
#include "fuse/daemon/reply.h"

#include <errno.h>

static struct fs *fs_of(const struct request *request)
{
	return request->connection->fs;
}

void handle_lookup(const struct request *request)
{
	struct entry entry;
	int r = fs_lookup(fs_of(request), request->node, request->texts[0], &entry);

	if (r == -ENOENT && !(request->connection->without & OPTIMISATION_NEGATIVE))
		reply_absent(request);
	else
		reply_entry(request, r, &entry);
}

void handle_forget(const struct request *request)
{
	const struct fuse_forget_in *in = request->in;

	fs_forget(fs_of(request), request->node, in->nlookup);
}

void handle_batch_forget(const struct request *request)
{
	const struct fuse_forget_one *one = (const void *)request->data;

	for (size_t i = 0; i < request->size / sizeof(*one); i++)
		if (one[i].nodeid <= UINT32_MAX)
			fs_forget(fs_of(request), (uint32_t)one[i].nodeid, one[i].nlookup);
}

static void create(const struct request *request, const char *name, const struct creation *what)
{
	struct entry entry;
	int r = fs_create(fs_of(request), request->node, name, what, &entry);

	reply_entry(request, r, &entry);
}

void handle_symlink(const struct request *request)
{
	const struct creation what = {
		.mode = S_IFLNK | 0777, .target = request->texts[1], .caller = caller_of(request, 0)
	};

	create(request, request->texts[0], &what);
}

/* Whether mknod(2) makes files of this type. It makes neither directories nor links. */
static bool is_node(mode_t type)
{
	return type == 0 || type == S_IFREG || type == S_IFCHR || type == S_IFBLK ||
	       type == S_IFIFO || type == S_IFSOCK;
}

void handle_mknod(const struct request *request)
{
	const struct fuse_mknod_in *in = request->in;
	struct creation what = { .mode = in->mode & S_IFMT ? in->mode : in->mode | S_IFREG,
		.rdev = in->rdev,
		.caller = caller_of(request, in->umask) };

	if (is_node(in->mode & S_IFMT))
		create(request, request->texts[0], &what);
	else
		reply_code(request, -EINVAL);
}

void handle_mkdir(const struct request *request)
{
	const struct fuse_mkdir_in *in = request->in;
	const struct creation what = { .mode = (in->mode & 01777) | S_IFDIR,
		.caller = caller_of(request, in->umask) };

	create(request, request->texts[0], &what);
}

/* Makes a file without a name. The answer is its entry and an open handle, which has no state
 * here. */
void handle_tmpfile(const struct request *request)
{
	const struct fuse_create_in *in = request->in;
	const struct creation what = { .mode = S_IFREG | (in->mode & 07777),
		.caller = { .uid = request->header->uid,
			.gid = request->header->gid,
			.umask = in->umask } };
	struct entry entry;
	int r = fs_tmpfile(fs_of(request), request->node, &what, &entry);

	reply_created(request, r, &entry, FOPEN_KEEP_CACHE | FOPEN_NOFLUSH);
}

void handle_link(const struct request *request)
{
	const struct fuse_link_in *in = request->in;
	struct entry entry;
	int r = fs_link(
		fs_of(request), (uint32_t)in->oldnodeid, request->node, request->texts[0], &entry);

	reply_entry(request, r, &entry);
}

void handle_unlink(const struct request *request)
{
	reply_code(request, fs_remove(fs_of(request), request->node, request->texts[0], false));
}

void handle_rmdir(const struct request *request)
{
	reply_code(request, fs_remove(fs_of(request), request->node, request->texts[0], true));
}

static void rename_to(const struct request *request, uint64_t to, unsigned int flags)
{
	reply_code(request, fs_rename(fs_of(request), request->node, request->texts[0],
				    (uint32_t)to, request->texts[1], flags));
}

void handle_rename(const struct request *request)
{
	const struct fuse_rename_in *in = request->in;

	rename_to(request, in->newdir, 0);
}

void handle_rename2(const struct request *request)
{
	const struct fuse_rename2_in *in = request->in;

	rename_to(request, in->newdir, in->flags);
}
