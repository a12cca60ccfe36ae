/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers files with several names that were met already. Many paths lie in a nameless file; some
 * eight bytes for each file stay in memory. */
#pragma once

#include <sys/stat.h>

#include "common/base/spill.h"

struct links {
	struct spill notes;
	uint64_t *slots;
	size_t n, room;
	char *path; /* the last result */
	size_t path_room;
};
#define LINKS ((struct links){ .notes = { .file = -1 } })

/* The first path of ST's file, which is valid until the next call; NULL if PATH is the first, which
 * is now noted, or if the file has only one name. *RET is 0 or a negative errno. */
const char *seen_links_note(struct links *links, const struct stat *st, const char *path, int *ret);
void seen_links_free(struct links *links);
