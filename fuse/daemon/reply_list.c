/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/reply.h"

#include "common/base/scope.h"
#include "fuse/merge/lookup/lookup.h"

#include <string.h>

/* One reply that is being filled. */
struct filling {
	fuse_req_t req;
	uint32_t node;
	char *buf;
	size_t used, room;
};

static int add_plus(
	struct filling *filling, const char *name, const struct fuse_entry_param *e, uint64_t next)
{
	filling->used += fuse_add_direntry_plus(filling->req, filling->buf + filling->used,
		filling->room - filling->used, name, e, (off_t)next);
	return 0;
}

static int fill_plus(const struct listed *listed, void *arg)
{
	const char *name = listed->name;
	struct filling *filling = arg;
	struct handlers *handlers = handlers_of(filling->req);
	struct fuse_entry_param e = { .attr = { .st_ino = fs_shown_ino(handlers->fs, listed->ino),
					      .st_mode = listed->type } };
	struct entry entry;

	if (fuse_add_direntry_plus(filling->req, NULL, 0, name, NULL, 0) >
		filling->room - filling->used)
		return 1;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return add_plus(filling, name, &e, listed->next);
	int r = fs_enter_listed(handlers->fs, filling->node, listed, &entry);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		e = param_of(handlers, &entry);
	return add_plus(filling, name, &e, listed->next);
}

/* As the entry of a list has to show the number that stat does, there is no cheaper way. */
static int fill(const struct listed *listed, void *arg)
{
	const char *name = listed->name;
	struct filling *filling = arg;
	struct fs *fs = fs_of(filling->req);
	struct stat st = { .st_ino = fs_shown_ino(fs, listed->ino), .st_mode = listed->type };
	size_t room = filling->room - filling->used;
	struct entry entry;

	if (fuse_add_direntry(filling->req, NULL, 0, name, NULL, 0) > room)
		return 1;
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
		int r = fs_enter_listed(fs, filling->node, listed, &entry);
		if (r == -ENOENT)
			return 0;
		if (r == 0) {
			st.st_ino = entry.st.st_ino;
			fs_forget(fs, entry.node, 1);
		}
	}
	filling->used += fuse_add_direntry(
		filling->req, filling->buf + filling->used, room, name, &st, (off_t)listed->next);
	return 0;
}

void reply_list(fuse_req_t req, uint32_t node, size_t size, uint64_t offset, bool plus)
{
	auto_free char *buf = malloc(size);
	struct filling filling = { .req = req, .node = node, .buf = buf, .room = size };
	list_fn *fn = plus ? fill_plus : fill;
	int r = buf ? fs_list(fs_of(req), node, offset, fn, &filling) : -ENOMEM;

	if (r < 0 && !filling.used)
		reply_code(req, r);
	else
		fuse_reply_buf(req, buf, filling.used);
}
