/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories that a test makes, looks at, and that go away with it. */
#pragma once

#include <stddef.h>

/* A new empty directory (0755), open; removed when the test program's process ends. */
int scratch_dir(void);
/* Removes all that were made now. */
void scratch_remove(void);

/* Lists DIRFD, one line a name, sorted: "PATH TYPE MODE UID:GID SIZE MTIME NLINKS ..." with
 * link target, device number, xattrs (but for names of HIDE, a prefix, or NULL) and a digest of the
 * data. The root's own line is left out. The caller's to free. */
char *scratch_dump(int dirfd, const char *hide);
/* Only names and types: "a/b d\n". */
char *scratch_names(int dirfd);

/* The content of the file PATH; the caller's to free. Fails the test if it is not there. */
char *scratch_read(int dirfd, const char *path);
void scratch_write(int dirfd, const char *path, const char *text);
void scratch_mkdir(int dirfd, const char *path);
void scratch_xattr(int dirfd, const char *path, const char *name, const char *value);

/* An unprivileged process becomes root of a user namespace of its own, where it may make whiteouts
 * and set the one owner that it has. False: it cannot, and the program has said that it is skipped.
 */
int scratch_become_root(void);
/* True if any owner can be set, and any device made. */
int scratch_is_real_root(void);
