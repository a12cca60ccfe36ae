/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests of the parts of an inode (owner, mode, xattrs, ...), which tell which part changed. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "common/base/treewalk.h"

struct namestat {
	uint32_t mode, uid, gid;
	uint32_t rest;   /* digest of the device number and, except for a directory, of mtime */
	uint32_t xattrs; /* digest of names and values, without labels that the host gives */
};

/* RET_COUNTED: the digest of xattrs as it was stored when AppArmor's and Smack's labels were
 * counted: a store of that time must not look damaged. */
int namestat_get(const struct treewalk_name *at, struct namestat *ret, uint32_t *ret_counted);
/* For an inode that is known to have no xattrs, and whose stat is ST. */
void namestat_of(const struct stat *st, struct namestat *ret);
/* Says which parts of A, stored, and B, found with COUNTED, differ; NULL: none. */
const char *namestat_differs(const struct namestat *a, const struct namestat *b, uint32_t counted);
