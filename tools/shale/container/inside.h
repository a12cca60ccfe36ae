/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens names in an image's root filesystem, which is not trusted: no symbolic link in it leads
 * outside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Like openat2(2) with RESOLVE_IN_ROOT: returns a descriptor that is closed on exec, or a negative
 * errno. */
int inside_open(int root, const char *path, int flags);

/* Opens (O_PATH) the directory PATH, or without DIRECTORY a file of any type; makes it with all its
 * parents if it is missing (an empty file in the latter case). */
int inside_make(int root, const char *path, bool directory);

/* Reads the regular file PATH, with a NUL behind it, for the caller to free. -EFBIG above LIMIT
 * bytes; -EINVAL for a file of another type, without waiting for it. */
int inside_read(int root, const char *path, size_t limit, char **ret);
