/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files have been met already under another name. */
#pragma once

#include <sys/stat.h>

struct shale_links {
	void *root; /* zeroed: none yet */
};

/* The path noted for ST's file, the links' own; NULL when this is the first name of it, which is
 * PATH and noted now, or when the file has only one name. *RET is -ENOMEM or 0. */
const char *shale_links_note(
	struct shale_links *links, const struct stat *st, const char *path, int *ret);
void shale_links_free(struct shale_links *links);
