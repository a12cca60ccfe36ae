/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one door to names inside a directory tree that somebody else has filled. */
#pragma once

#include <stdbool.h>

/* How names are resolved; AUTO asks the kernel (openat2) and walks by hand where it cannot. */
enum shale_inroot_way {
	SHALE_INROOT_AUTO,
	SHALE_INROOT_BY_HAND, /* for tests */
};
void shale_inroot_set_way(enum shale_inroot_way way);

/*
 * Opens (O_PATH) the directory PATH of ROOT, as a process whose root directory is ROOT would:
 * symbolic links, "..", and absolute targets stay inside. "" is ROOT itself. With MAKE, what is
 * missing is asked for: MAKE(dirfd, name, arg) makes the directory NAME in DIRFD, or returns a
 * negative errno. It is also called for a NAME that is no directory, and may replace that; it then
 * returns 0, or -ENOTDIR to leave it. May be NULL.
 *
 * -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG. Nobody else may change the tree meanwhile.
 */
typedef int shale_inroot_make_fn(int dirfd, const char *name, void *arg);
int shale_inroot_open_dir(int root, const char *path, shale_inroot_make_fn *make, void *arg);

/* Opens (O_PATH) the directory PATH below ROOT, where no component may be a symbolic link or "..",
 * safely also while others change the tree. "" is ROOT. -ELOOP or -ENOTDIR for a link. */
int shale_beneath_open_dir(int root, const char *path);
