/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files have been met already under another name. Their paths lie in a nameless file where
 * they are many; eight bytes or a few more of each file stay in memory. */
#pragma once

#include <sys/stat.h>

#include "common/base/spill.h"

struct links {
	struct spill notes;
	uint64_t *slots;
	size_t n, room;
	char *path; /* given last */
	size_t path_room;
};
#define LINKS ((struct links){ .notes = { .file = -1 } })

/* The path noted for ST's file, the links' own until the next call; NULL when this is the first
 * name of it, which is PATH and noted now, or when the file has only one name. *RET is 0 or a
 * negative errno. */
const char *links_note(struct links *links, const struct stat *st, const char *path, int *ret);
void links_free(struct links *links);
