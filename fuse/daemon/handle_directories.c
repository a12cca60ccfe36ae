/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/handlers.h"

#include "fuse/daemon/reply.h"
#include "fuse/merge/lookup/lookup.h"

#include <errno.h>
#include <string.h>

/* The answer to READDIR or READDIRPLUS while it is being filled. */
struct filling {
	const struct connection *connection;
	uint32_t node;
	char *bytes;
	size_t used, room;
};

void handle_opendir(const struct request *request)
{
	const struct connection *connection = request->connection;
	bool keep = !(connection->without & OPTIMISATION_DIRS);

	if (connection->opens_dirs)
		reply_open(request, keep ? FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR : 0);
	else
		reply_code(request, -ENOSYS);
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Writes a directory entry. Zeroes its padding: otherwise it would show bytes of this process's
 * memory. */

static void put_dirent(
	void *at, const struct listed *listed, size_t length, const struct fuse_attr *attr)
{
	size_t size = offsetof(struct fuse_dirent, name) + length;
	struct fuse_dirent *dirent = at;

	dirent->ino = attr->ino;
	dirent->off = listed->next;
	dirent->namelen = (uint32_t)length;
	dirent->type = (attr->mode & S_IFMT) >> 12;
	memcpy(dirent->name, listed->name, length);
	memset((char *)at + size, 0, FUSE_DIRENT_ALIGN(size) - size);
}

/* Makes the entry for a listed name. If the listing knows the attributes that count (KNOWN), no
 * lookup is needed: the kernel then reads only number and type. */
static int enter(
	const struct filling *filling, const struct listed *listed, bool known, struct entry *ret)
{
	struct fs *fs = filling->connection->fs;
	int r = known || is_dots(listed->name) ? -EISDIR
					       : lookup_listed(fs, filling->node, listed, ret);

	if (r < 0 && r != -ENOENT)
		*ret = (struct entry){ .st = { .st_ino = fs_shown_ino(fs, listed->ino),
					       .st_mode = listed->type } };
	return r;
}

static int fill_plus(const struct listed *listed, void *arg)
{
	struct filling *filling = arg;
	struct fuse_direntplus *at = (void *)(filling->bytes + filling->used);
	size_t length = strlen(listed->name);
	size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET_DIRENTPLUS + length);
	struct entry entry;

	if (size > filling->room - filling->used)
		return 1;
	if (enter(filling, listed, listed->sure && listed->far, &entry) == -ENOENT)
		return 0;
	put_entry(filling->connection, &entry, &at->entry_out);
	put_dirent(&at->dirent, listed, length, &at->entry_out.attr);
	filling->used += size;
	return 0;
}

/* Adds a name to the answer. Its number must be the one that stat shows; often only a lookup finds
 * it. */
static int fill(const struct listed *listed, void *arg)
{
	struct filling *filling = arg;
	size_t length = strlen(listed->name);
	size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);
	struct fuse_attr attr = { 0 };
	struct entry entry;

	if (size > filling->room - filling->used)
		return 1;
	int r = enter(filling, listed, listed->sure, &entry);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		fs_forget(filling->connection->fs, entry.node, 1);
	attr.ino = entry.st.st_ino;
	attr.mode = entry.st.st_mode;
	put_dirent(filling->bytes + filling->used, listed, length, &attr);
	filling->used += size;
	return 0;
}

static void reply_list(const struct request *request, list_fn *fn)
{
	const struct fuse_read_in *in = request->in;
	struct filling filling = { .connection = request->connection,
		.node = request->node,
		.bytes = reply_room(request, in->size),
		.room = in->size };
	uint64_t offset = in->offset;
	int r = filling.bytes ? fs_list(filling.connection->fs, filling.node, offset, fn, &filling)
			      : -EINVAL;

	if (r < 0 && !filling.used)
		reply_code(request, r);
	else
		reply_filled(request, filling.used);
}

void handle_readdir(const struct request *request)
{
	reply_list(request, fill);
}

void handle_readdirplus(const struct request *request)
{
	reply_list(request, fill_plus);
}
