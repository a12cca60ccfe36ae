/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers files with several names after their first name. Many paths lie in a nameless file;
 * about eight bytes for each file stay in memory. */
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

/* Returns the first path of ST's file, valid until the next call. Returns NULL if PATH is the
 * first one, which it notes, or if the file has only one name. *RET is 0 or a negative errno. */
const char *seen_links_note(struct links *links, const struct stat *st, const char *path, int *ret);
void seen_links_free(struct links *links);
