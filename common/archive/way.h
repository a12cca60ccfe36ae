/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way into a tree that directories are opened in one after the other: what the next path shares
 * with the one before it is not walked again. */
#pragma once

#include "common/archive/inroot.h"

#include <stdbool.h>
#include <sys/types.h>

struct shale_way_level;
struct shale_way {
	int root;
	int fd; /* of the last directory; -1: none */
	char *path;
	size_t room;
	struct shale_way_level *levels; /* each directory on the way to it */
	size_t n, levels_room;
	bool linked; /* a symbolic link, or what is no directory, was on the way last walked */
};
#define SHALE_WAY(root) ((struct shale_way){ (root), -1, NULL, 0, NULL, 0, 0, false })

/* As shale_inroot_open_dir for a PATH without empty components, "." and "..": a descriptor, the
 * caller's. Without MAKE, WAY's LINKED is set. */
int shale_way_open_dir(
	struct shale_way *way, const char *path, shale_inroot_make_fn *make, void *arg);
/* The tree has changed: what was walked may lead elsewhere. */
void shale_way_forget(struct shale_way *way);
void shale_way_close(struct shale_way *way);
