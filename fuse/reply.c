/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/reply.h"

struct shale_handlers *shale_handlers_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

struct shale_fs *shale_fs_of(fuse_req_t req)
{
	return shale_handlers_of(req)->fs;
}

void shale_reply_code(fuse_req_t req, int r)
{
	fuse_reply_err(req, r < 0 ? -r : 0);
}

struct fuse_entry_param shale_param_of(
	const struct shale_handlers *handlers, const struct shale_entry *entry)
{
	return (struct fuse_entry_param){ .ino = entry->node,
		.generation = entry->generation,
		.attr = entry->st,
		.attr_timeout = handlers->timeout,
		.entry_timeout = entry->fleeting ? 0 : handlers->timeout };
}

void shale_reply_entry(fuse_req_t req, int r, const struct shale_entry *entry)
{
	struct shale_handlers *handlers = shale_handlers_of(req);

	if (r < 0) {
		shale_reply_code(req, r);
		return;
	}
	struct fuse_entry_param e = shale_param_of(handlers, entry);
	if (fuse_reply_entry(req, &e) < 0)
		shale_fs_forget(handlers->fs, entry->node, 1);
}

void shale_reply_attr(fuse_req_t req, int r, const struct stat *st)
{
	if (r < 0)
		shale_reply_code(req, r);
	else
		fuse_reply_attr(req, st, shale_handlers_of(req)->timeout);
}
