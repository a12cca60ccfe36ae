/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Redirects: the name of the lower directory or file with which an upper inode is merged, if that
 * is not the inode's own name. A redirect is one name if the inode was renamed within its
 * directory. Otherwise it is a path from the root of the layers, "/a/b" (kernel:
 * Documentation/filesystems/overlayfs.rst, "redirect_dir").
 */
#pragma once

#include <stdbool.h>

#include "common/overlay/overlay_xattr.h"

#define REDIRECT_MAX 256 /* longest redirect that shale makes, as in the kernel */

/* Whether REDIRECT is one name, or an absolute path. The lookup checks each name of it later
 * (component_check), as the kernel does. */
bool redirect_is_valid(const char *redirect);

/*
 * Reads the redirect of the inode FD (O_PATH will do) into RET, which the caller frees, and returns
 * 1. Returns 0 if there is none, -EINVAL if it is neither a name nor a path, or another negative
 * errno.
 */
int redirect_get(int fd, enum xattr_class class, char **ret);
/* Reads the redirect of NAME in DIRFD like redirect_get. */
int redirect_get_at(int dirfd, const char *name, enum xattr_class class, char **ret);

int redirect_set(int fd, enum xattr_class class, const char *redirect);
