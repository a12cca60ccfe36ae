/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way into a tree that directories are opened in one after the other: what the next path shares
 * with the one before it is not walked again. */
#pragma once

#include "common/archive/apply/inroot.h"

#include <stdbool.h>
#include <sys/types.h>

struct dir_cache_level;
struct dir_cache {
	int root;
	int fd; /* of the last directory; -1: none */
	char *path;
	size_t room;
	struct dir_cache_level *levels; /* each directory on the way to it */
	size_t n, levels_room;
	bool linked; /* a symbolic link, or what is no directory, was on the way last walked */
};
#define DIR_CACHE(root) ((struct dir_cache){ (root), -1, NULL, 0, NULL, 0, 0, false })

/* As inroot_open_dir for a PATH without empty components, "." and "..": a descriptor, the
 * caller's. Without MAKE, DIR_CACHE's LINKED is set. */
int dir_cache_open(struct dir_cache *cache, const char *path, inroot_make_fn *make, void *arg);
/* The tree has changed: what was walked may lead elsewhere. */
void dir_cache_forget(struct dir_cache *cache);
void dir_cache_close(struct dir_cache *cache);
