/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens paths of several parts that come from a layer or a store. Checks each part, and never
 * leaves the directory in which the walk begins. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Returns 0 if the LENGTH bytes of NAME may be looked up in a directory. Returns -EACCES for an
 * empty name, ".", "..", and a name with '/' or NUL, as the kernel's lookup for overlayfs does
 * (lookup_one).
 */
int component_check(const char *name, size_t length);

/*
 * Opens PATH below the directory ROOT with FLAGS and O_CLOEXEC; "" is ROOT itself. No part may be a
 * symbolic link or "..", even if other processes change the tree meanwhile. Mounts may be crossed.
 * Returns -ELOOP or -ENOTDIR for a link, -EXDEV for "..".
 */
int beneath_open(int root, const char *path, int flags);
/* Opens the directory PATH like beneath_open, with O_PATH. */
int beneath_open_dir(int root, const char *path);

/* How paths are opened. AUTO lets the kernel do it (openat2), and opens part by part where the
 * kernel cannot. */
enum beneath_way {
	BENEATH_AUTO,
	BENEATH_BY_HAND, /* always opens part by part: for tests */
};
void beneath_set_way(enum beneath_way way);
/* Calls openat2(2) with RESOLVE; "" is ROOT itself. Returns -ENOSYS if the path must be opened part
 * by part. */
int beneath_openat2(int root, const char *path, int flags, uint64_t resolve);
/* Cuts the first part off *REST, in place, and returns it. Returns NULL when there is no part left.
 */
char *component_next(char **rest);
