/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files have been met already under another name. Their paths lie in a nameless file where
 * they are many; eight bytes or a few more of each file stay in memory. */
#pragma once

#include <sys/stat.h>

#include "common/spill.h"

struct shale_links {
	struct shale_spill notes;
	uint64_t *slots;
	size_t n, room;
	char *path; /* given last */
	size_t path_room;
};
#define SHALE_LINKS ((struct shale_links){ .notes = { .file = -1 } })

/* The path noted for ST's file, the links' own until the next call; NULL when this is the first
 * name of it, which is PATH and noted now, or when the file has only one name. *RET is 0 or a
 * negative errno. */
const char *shale_links_note(
	struct shale_links *links, const struct stat *st, const char *path, int *ret);
void shale_links_free(struct shale_links *links);
