/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extended attributes of a file given by a descriptor, also by an O_PATH descriptor, and of files
 * that must never be opened (fifos, devices, symbolic links). */
#pragma once

#include <sys/types.h>

/* All return >= 0 or a negative errno, like fgetxattr(2) and its relatives. */
ssize_t opath_xattr_get(int fd, const char *name, void *value, size_t size);
ssize_t opath_xattr_list(int fd, char *names, size_t size);
int opath_xattr_set(int fd, const char *name, const void *value, size_t size, int flags);
int opath_xattr_remove(int fd, const char *name);

/* The attributes of NAME in DIRFD; a symbolic link is not followed. NAME has at most 255 bytes. */
ssize_t opath_xattr_get_at(
	int dirfd, const char *name, const char *xattr, void *value, size_t size);
ssize_t opath_xattr_list_at(int dirfd, const char *name, char *names, size_t size);

/* The whole list, or a whole value, in memory that the caller frees; the length is returned. */
ssize_t opath_xattr_list_all(int fd, char **ret_names);
ssize_t opath_xattr_get_all(int fd, const char *name, char **ret_value);
