/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the inode of one name says, in digests that tell which part of it changed. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "common/base/treewalk.h"

struct namestat {
	uint32_t mode, uid, gid;
	uint32_t rest;   /* digest: device number, time of the last change (not of a directory) */
	uint32_t xattrs; /* digest: names and values, but for labels that the host gives */
};

int namestat_get(const struct treewalk_name *at, struct namestat *ret);
/* Of what is known to have no xattrs, and to be what ST says. */
void namestat_of(const struct stat *st, struct namestat *ret);
/* What of B is not as in A, in words; NULL: nothing. */
const char *namestat_differs(const struct namestat *a, const struct namestat *b);
