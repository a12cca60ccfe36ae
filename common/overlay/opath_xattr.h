/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extended attributes by descriptor, also of an O_PATH descriptor and of what must never be opened
 * (fifos, devices, symbolic links). */
#pragma once

#include <sys/types.h>

/* All return >= 0 or a negative errno, with the meaning of fgetxattr(2) and its kin. */
ssize_t fdxattr_get(int fd, const char *name, void *value, size_t size);
ssize_t fdxattr_list(int fd, char *names, size_t size);
int fdxattr_set(int fd, const char *name, const void *value, size_t size, int flags);
int fdxattr_remove(int fd, const char *name);

/* The attributes of NAME in DIRFD itself, not of what it may link to. NAME has at most 255 bytes.
 */
ssize_t getxattr_at(int dirfd, const char *name, const char *xattr, void *value, size_t size);
ssize_t listxattr_at(int dirfd, const char *name, char *names, size_t size);

/* The whole list, or a whole value, in memory that the caller frees; the length is returned. */
ssize_t fdxattr_list_all(int fd, char **ret_names);
ssize_t fdxattr_get_all(int fd, const char *name, char **ret_value);
