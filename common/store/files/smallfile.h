/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files, read and written whole. */
#pragma once

#include <sys/types.h>

#include "common/base/wholeio.h"

/* Opens the regular file NAME in DIRFD for reading, without waiting. Returns -EINVAL or -ELOOP
 * if it is of another type. */
int smallfile_open(int dirfd, const char *name);

/* Reads the regular file NAME in DIRFD and adds a NUL. The caller frees *RET. Returns the
 * length, or -EFBIG beyond 8 MiB. */
ssize_t smallfile_read(int dirfd, const char *name, char **ret);

/* Returns 1 if DIRFD has a file of any type called NAME, else 0; a negative errno if it cannot
 * be told. */
int smallfile_exists(int dirfd, const char *name);

/* Creates the file NAME, which must not exist. It is durable only after an fsync or syncfs by
 * the caller. */
int smallfile_create(int dirfd, const char *name, const char *content, mode_t mode);

/* Syncs the file or directory NAME to the disk. Does nothing if NAME is missing or a symbolic
 * link, because a link's text is stored in its directory. */
int smallfile_sync(int dirfd, const char *name);
