/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Redirects: the name of the lower directory or file that an upper inode is merged with, if it is
 * not the inode's own name. It is one name, if the inode was renamed within its directory, or a
 * path from the root of the layers, "/a/b" (kernel: Documentation/filesystems/overlayfs.rst,
 * "redirect_dir").
 */
#pragma once

#include <stdbool.h>

#include "common/overlay/overlay_xattr.h"

#define REDIRECT_MAX 256 /* longest redirect that is made, as in the kernel */

/* Whether REDIRECT is one name, or an absolute path of names. The lookup checks each name later
 * (component_check), as the kernel does. */
bool redirect_is_valid(const char *redirect);

/* Returns 1 and the redirect of the inode FD (O_PATH will do), which the caller frees; 0 without
 * one; -EINVAL if it is neither a name nor a path, or another negative errno. */
int redirect_get(int fd, enum xattr_class class, char **ret);
/* The same for NAME in DIRFD. */
int redirect_get_at(int dirfd, const char *name, enum xattr_class class, char **ret);

int redirect_set(int fd, enum xattr_class class, const char *redirect);
