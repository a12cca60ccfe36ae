/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests of the parts of an inode (owner, mode, xattrs, ...), which tell which of them changed. */
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
/* Says in words which parts of A and B differ; NULL: none. */
const char *namestat_differs(const struct namestat *a, const struct namestat *b);
