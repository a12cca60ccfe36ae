/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens one directory of a tree after the other. Remembers the directories of the last path, so
 * that it does not walk a shared part again. */
#pragma once

#include "common/archive/apply/inroot.h"

#include <stdbool.h>
#include <sys/types.h>

struct dir_cache_level;
struct dir_cache {
	int root;
	int fd; /* the directory of the last call; -1: none */
	char *path;
	size_t room;
	struct dir_cache_level *levels; /* that directory and its parents, from the root on */
	size_t n, levels_room;
	/* true if the last path led through a symbolic link, or a name that is no directory */
	bool linked;
};
#define DIR_CACHE(root) ((struct dir_cache){ (root), -1, NULL, 0, NULL, 0, 0, false })

/* Opens the directory PATH like inroot_open_dir. PATH has no empty components, "." or "..". The
 * caller owns the descriptor. Sets LINKED, but only if MAKE is NULL. */
int dir_cache_open(struct dir_cache *cache, const char *path, inroot_make_fn *make, void *arg);
/* Forgets all paths. Call it when the tree has changed: the remembered paths may lead elsewhere. */
void dir_cache_forget(struct dir_cache *cache);
void dir_cache_close(struct dir_cache *cache);
