/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request belongs to, and the answers that several have in common. */
#pragma once

#include "fuse/daemon/handlers.h"

struct handlers *handlers_of(fuse_req_t req);
struct fs *fs_of(fuse_req_t req);

/* R: 0 or a negative errno. Each answers the request. */
void reply_code(fuse_req_t req, int r);
/* A kernel that no longer waits for ENTRY has not looked it up: it is forgotten. */
void reply_entry(fuse_req_t req, int r, const struct entry *entry);
void reply_attr(fuse_req_t req, int r, const struct stat *st);
/* What NODE lists from OFFSET on, in at most SIZE bytes. PLUS: with attributes, each counted as
 * looked up. */
void reply_list(fuse_req_t req, uint32_t node, size_t size, uint64_t offset, bool plus);

struct fuse_entry_param param_of(const struct handlers *handlers, const struct entry *entry);
