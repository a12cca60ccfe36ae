/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the inode of one name says, in digests that tell which part of it changed. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "common/treewalk.h"

struct shale_namestat {
	uint32_t mode, uid, gid;
	uint32_t rest;   /* digest: device number, time of the last change (not of a directory) */
	uint32_t xattrs; /* digest: names and values, but for labels that the host gives */
};

int shale_namestat_get(const struct shale_treewalk_name *at, struct shale_namestat *ret);
/* Of what is known to have no xattrs, and to be what ST says. */
void shale_namestat_of(const struct stat *st, struct shale_namestat *ret);
/* What of B is not as in A, in words; NULL: nothing. */
const char *shale_namestat_differs(const struct shale_namestat *a, const struct shale_namestat *b);
