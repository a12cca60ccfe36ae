/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names in the root filesystem of an image that nobody vouches for: no link in it leads outside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* As openat2(2) with RESOLVE_IN_ROOT: a descriptor that is closed on exec, or a negative errno. */
int inside_open(int root, const char *path, int flags);

/* An O_PATH descriptor of the directory PATH, or with DIRECTORY false of what is there; made with
 * all its parents where it is missing (an empty file in the latter case). */
int inside_make(int root, const char *path, bool directory);

/* All of the regular file PATH, with a NUL behind it: the caller's. -EFBIG above LIMIT bytes;
 * -EINVAL for what is no regular file, and is not waited for. */
int inside_read(int root, const char *path, size_t limit, char **ret);
