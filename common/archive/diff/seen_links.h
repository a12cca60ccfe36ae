/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers files with several names (hard links) by the first name that was seen. Paths go to a
 * nameless file if there are many; about eight bytes for each file stay in memory. */
#pragma once

#include <sys/stat.h>

#include "common/base/spill.h"

struct links {
	struct spill notes;
	uint64_t *slots;
	size_t n, room;
	char *path; /* the path that seen_links_note returned last */
	size_t path_room;
};
#define LINKS ((struct links){ .notes = { .file = -1 } })

/* If a name of ST's file was noted before, returns that path, valid until the next call. Otherwise
 * notes PATH and returns NULL. A file with only one name is not noted. *RET is 0 or a negative
 * errno. */
const char *seen_links_note(struct links *links, const struct stat *st, const char *path, int *ret);
void seen_links_free(struct links *links);
