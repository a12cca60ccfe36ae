/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests of the parts of an inode (owner, mode, xattrs, ...), one for each part, so that a
 * comparison tells which part has changed. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "common/base/treewalk.h"

struct namestat {
	uint32_t mode, uid, gid;
	uint32_t rest;   /* digest of the device number and, except for a directory, of mtime */
	uint32_t xattrs; /* digest of names and values, without labels that the host gives */
};

/* Computes the digests of a name. RET_COUNTED is the digest of the xattrs as older versions
 * computed it, with the labels of AppArmor and Smack: a store of such a version must not look
 * damaged. */
int namestat_get(const struct treewalk_name *at, struct namestat *ret, uint32_t *ret_counted);
/* Computes the digests of an inode that has no xattrs, from its stat ST. */
void namestat_of(const struct stat *st, struct namestat *ret);
/* Compares A, the stored digests, with B and COUNTED, those of the file now. Returns the parts that
 * differ in words; NULL if none does. */
const char *namestat_differs(const struct namestat *a, const struct namestat *b, uint32_t counted);
