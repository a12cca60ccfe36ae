/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Redirects: where the lower layers hold what an upper inode is merged with, if not under its own
 * name. Either one name, beside which the inode was renamed, or a path from the root of the
 * layers, "/a/b" (kernel: Documentation/filesystems/overlayfs.rst, "redirect_dir").
 */
#pragma once

#include <stdbool.h>

#include "common/overlay/overlay_xattr.h"

#define REDIRECT_MAX 256 /* bytes of a redirect that is made; as the kernel has it */

/* One name, or an absolute path of names. Whether each of them may be looked up is asked where it
 * is looked for (component_check), which is when the kernel asks it. */
bool redirect_is_valid(const char *redirect);

/* 1 and the redirect of the inode FD (O_PATH will do), which the caller frees; 0 without one;
 * -EINVAL for one that is neither name nor path, or another negative errno. */
int redirect_get(int fd, enum xattr_class class, char **ret);
/* The same of NAME in DIRFD. */
int redirect_get_at(int dirfd, const char *name, enum xattr_class class, char **ret);

int redirect_set(int fd, enum xattr_class class, const char *redirect);
