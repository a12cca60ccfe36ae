/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The door for raw requests: what they name must exist, and what they count must be there, before
 * libfuse, which looks at neither, hands them to anybody. */
#pragma once

struct fuse_in_header;
struct fs;

/* 0, or the negative errno that the request is to be answered with. */
int caller_admit(struct fs *fs, const struct fuse_in_header *header);
