/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/reply.h"

struct handlers *handlers_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

struct fs *fs_of(fuse_req_t req)
{
	return handlers_of(req)->fs;
}

void reply_code(fuse_req_t req, int r)
{
	fuse_reply_err(req, r < 0 ? -r : 0);
}

struct fuse_entry_param param_of(const struct handlers *handlers, const struct entry *entry)
{
	return (struct fuse_entry_param){ .ino = entry->node,
		.generation = entry->generation,
		.attr = entry->st,
		.attr_timeout = handlers->timeout,
		.entry_timeout = entry->fleeting ? 0 : handlers->timeout };
}

void reply_entry(fuse_req_t req, int r, const struct entry *entry)
{
	struct handlers *handlers = handlers_of(req);

	if (r < 0) {
		reply_code(req, r);
		return;
	}
	struct fuse_entry_param e = param_of(handlers, entry);
	if (fuse_reply_entry(req, &e) < 0)
		fs_forget(handlers->fs, entry->node, 1);
}

void reply_attr(fuse_req_t req, int r, const struct stat *st)
{
	if (r < 0)
		reply_code(req, r);
	else
		fuse_reply_attr(req, st, handlers_of(req)->timeout);
}
