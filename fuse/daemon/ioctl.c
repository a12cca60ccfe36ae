/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/ioctl.h"

#include "fuse/merge/attr/chattr.h"
#include "fuse/daemon/reply.h"

#include <errno.h>
#include <string.h>

static void get(fuse_req_t req, uint32_t node, bool extended, size_t size)
{
	struct fs_fileattr attr = { .extended = extended };
	size_t most = extended ? sizeof(attr.xattr) : sizeof(attr.flags);
	int r = size < most ? -EINVAL : fs_fileattr_get(fs_of(req), node, &attr);

	if (r < 0)
		reply_code(req, r);
	else
		fuse_reply_ioctl(req, 0, extended ? (void *)&attr.xattr : &attr.flags, most);
}

static void set(fuse_req_t req, uint32_t node, bool extended, const void *in, size_t size)
{
	struct fs_fileattr attr = { .extended = extended };
	size_t most = extended ? sizeof(attr.xattr) : sizeof(attr.flags);

	if (size < most) {
		reply_code(req, -EINVAL);
		return;
	}
	memcpy(extended ? (void *)&attr.xattr : &attr.flags, in, most);
	int r = fs_fileattr_set(fs_of(req), node, &attr);
	if (r < 0)
		reply_code(req, r);
	else
		fuse_reply_ioctl(req, 0, NULL, 0);
}

void handle_ioctl(fuse_req_t req, fuse_ino_t node, unsigned int command, void *arg,
	struct fuse_file_info *fi, unsigned int flags, const void *in, size_t in_size,
	size_t out_size)
{
	if (command == FS_IOC_GETFLAGS || command == FS_IOC_FSGETXATTR)
		get(req, (uint32_t)node, command == FS_IOC_FSGETXATTR, out_size);
	else if (command == FS_IOC_SETFLAGS || command == FS_IOC_FSSETXATTR)
		set(req, (uint32_t)node, command == FS_IOC_FSSETXATTR, in, in_size);
	else
		reply_code(req, -ENOTTY);
}
