/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories that a test makes and looks at, and that are removed at its end. */
#pragma once

#include <stddef.h>

/* A new empty directory (0755), open; removed when the test program's process ends. */
int scratch_dir(void);
/* Removes all of them now. */
void scratch_remove(void);

/* Lists DIRFD, one line for each name, sorted: "PATH TYPE MODE UID:GID SIZE MTIME NLINKS ..." with
 * link target, device number, xattrs (except those that begin with HIDE, which may be NULL) and a
 * digest of the data. Leaves out the root's own line. The caller frees it. */
char *scratch_dump(int dirfd, const char *hide);
/* Only names and types: "a/b d\n". */
char *scratch_names(int dirfd);

/* The content of the file PATH, for the caller to free. Fails the test if the file is missing. */
char *scratch_read(int dirfd, const char *path);
void scratch_write(int dirfd, const char *path, const char *text);
void scratch_mkdir(int dirfd, const char *path);
void scratch_xattr(int dirfd, const char *path, const char *name, const char *value);

/* Makes an unprivileged process root of a user namespace of its own, where it may make whiteouts
 * and set the one owner that it has. False: it cannot, and has printed that the program is
 * skipped. */
int scratch_become_root(void);
/* True if this process may set any owner and make any device. */
int scratch_is_real_root(void);
