/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens names in an image's root filesystem. The image is not trusted: no symbolic link in it can
 * lead outside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Opens PATH like openat2(2) with RESOLVE_IN_ROOT. Returns a descriptor that is closed on exec, or
 * a negative errno. */
int inside_open(int root, const char *path, int flags);

/* Opens (O_PATH) the directory PATH, or without DIRECTORY a file of any type. If PATH is missing,
 * makes it with all its parents; a missing file becomes an empty one. */
int inside_make(int root, const char *path, bool directory);

/* Reads the regular file PATH and adds a NUL. The caller frees *RET. Returns -EFBIG above LIMIT
 * bytes; -EINVAL for a file of another type, without waiting for it. */
int inside_read(int root, const char *path, size_t limit, char **ret);
