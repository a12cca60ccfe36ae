/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes directories for tests, and lists their content. They are removed at the end of the
 * program. */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

/* Makes a new empty directory (0755) and opens it. It is removed when the test program ends. */
int scratch_dir(void);
/* Removes all scratch directories now. */
void scratch_remove(void);

/* Calls VISIT for each name in DIRFD, sorted. */
typedef void scratch_visit_fn(int dirfd, const char *name, const struct stat *st, void *arg);
void scratch_each(int dirfd, scratch_visit_fn *visit, void *arg);

/* Lists DIRFD, one line for each name, sorted: "PATH TYPE MODE UID:GID SIZE MTIME NLINKS ..." with
 * link target, device number, xattrs (except those that begin with HIDE, which may be NULL) and a
 * digest of the data. Leaves out the root's own line. The caller frees it. */
char *scratch_dump(int dirfd, const char *hide);
/* Fails the test unless the trees GOT and WANT have the same scratch_dump. */
void scratch_assert_same(int got, int want, const char *hide);
/* Lists only names and types: "a/b d\n". */
char *scratch_names(int dirfd);

/* Returns the content of the file PATH, which the caller frees. Fails the test if the file is
 * missing. */
char *scratch_read(int dirfd, const char *path);
void scratch_write(int dirfd, const char *path, const char *text);
void scratch_mkdir(int dirfd, const char *path);
void scratch_xattr(int dirfd, const char *path, const char *name, const char *value);

/* Makes an unprivileged process root of a user namespace of its own, where it may make whiteouts
 * and set the one owner that it has. If it cannot, prints that the program is skipped and returns
 * false. */
int scratch_become_root(void);
/* Tells whether this process may set any owner and make any device. */
int scratch_is_real_root(void);
