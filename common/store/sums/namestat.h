/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests of the parts of an inode (owner, mode, xattrs, ...). A comparison tells which part
 * changed. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "common/base/treewalk.h"

struct namestat {
	uint32_t mode, uid, gid;
	uint32_t rest;   /* digest of the device number and, except for a directory, of mtime */
	uint32_t xattrs; /* digest of names and values, without labels that the host gives */
};

/* Computes the digests of a name. RET_COUNTED is the digest of xattrs that older versions
 * stored, which counted AppArmor's and Smack's labels: a store of that time must not look
 * damaged. */
int namestat_get(const struct treewalk_name *at, struct namestat *ret, uint32_t *ret_counted);
/* Computes the digests of an inode that has no xattrs, from its stat ST. */
void namestat_of(const struct stat *st, struct namestat *ret);
/* Returns words for the parts that differ between A, stored, and B, found with COUNTED; NULL if
 * none differs. */
const char *namestat_differs(const struct namestat *a, const struct namestat *b, uint32_t counted);
