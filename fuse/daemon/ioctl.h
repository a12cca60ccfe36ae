/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The FUSE request IOCTL: lsattr(1), chattr(1) and their like. */
#pragma once

#include "fuse/daemon/handlers.h"

void handle_ioctl(fuse_req_t req, fuse_ino_t node, unsigned int command, void *arg,
	struct fuse_file_info *fi, unsigned int flags, const void *in, size_t in_size,
	size_t out_size);
