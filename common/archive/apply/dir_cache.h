/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way into a tree that directories are opened in one after the other: what the next path shares
 * with the one before it is not walked again. */
#pragma once

#include "common/archive/apply/inroot.h"

#include <stdbool.h>
#include <sys/types.h>

struct way_level;
struct way {
	int root;
	int fd; /* of the last directory; -1: none */
	char *path;
	size_t room;
	struct way_level *levels; /* each directory on the way to it */
	size_t n, levels_room;
	bool linked; /* a symbolic link, or what is no directory, was on the way last walked */
};
#define WAY(root) ((struct way){ (root), -1, NULL, 0, NULL, 0, 0, false })

/* As inroot_open_dir for a PATH without empty components, "." and "..": a descriptor, the
 * caller's. Without MAKE, WAY's LINKED is set. */
int way_open_dir(struct way *way, const char *path, inroot_make_fn *make, void *arg);
/* The tree has changed: what was walked may lead elsewhere. */
void way_forget(struct way *way);
void way_close(struct way *way);
