/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens paths of several parts that a layer or a store names: checks each part, and never leaves
 * the directory in which the walk begins.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns 0 if the LENGTH bytes of NAME may be looked up in a directory; -EACCES for an empty name,
 * ".", "..", and a name with '/' or NUL, as the kernel's lookup for overlayfs answers
 * (lookup_one). */
int component_check(const char *name, size_t length);

/* Opens PATH below the directory ROOT with FLAGS (O_CLOEXEC is added); "" is ROOT. No part may be a
 * symbolic link or "..", also while other processes change the tree. A mount may be crossed. -ELOOP
 * or -ENOTDIR for a link, -EXDEV for "..". */
int beneath_open(int root, const char *path, int flags);
/* The same for a directory, O_PATH. */
int beneath_open_dir(int root, const char *path);

/* How names are resolved; AUTO asks the kernel (openat2) and walks by hand where it cannot. */
enum beneath_way {
	BENEATH_AUTO,
	BENEATH_BY_HAND, /* used by tests */
};
void beneath_set_way(enum beneath_way way);
/* openat2(2) with RESOLVE; "" is ROOT. -ENOSYS: walk by hand. */
int beneath_openat2(int root, const char *path, int flags, uint64_t resolve);
/* Cuts the first part off *REST, in place; NULL when there is none left. */
char *component_next(char **rest);
