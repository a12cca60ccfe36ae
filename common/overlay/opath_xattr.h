/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extended attributes of a file that is given by a descriptor. The descriptor may be an O_PATH one,
 * so the file may be a fifo, a device or a symbolic link, which must never be opened. */
#pragma once

#include <sys/types.h>

/* Work like fgetxattr(2) and its relatives for the file FD, and return >= 0 or a negative errno. */
ssize_t opath_xattr_get(int fd, const char *name, void *value, size_t size);
ssize_t opath_xattr_list(int fd, char *names, size_t size);
int opath_xattr_set(int fd, const char *name, const void *value, size_t size, int flags);
int opath_xattr_remove(int fd, const char *name);

/* Read the xattrs of NAME in DIRFD. Do not follow a symbolic link. NAME has at most 255 bytes. */
ssize_t opath_xattr_get_at(
	int dirfd, const char *name, const char *xattr, void *value, size_t size);
ssize_t opath_xattr_list_at(int dirfd, const char *name, char *names, size_t size);

/* Read the whole list, or a whole value, into memory that the caller frees. Return its length. */
ssize_t opath_xattr_list_all(int fd, char **ret_names);
ssize_t opath_xattr_get_all(int fd, const char *name, char **ret_value);
