/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files, read and written whole. */
#pragma once

#include <sys/types.h>

#include "common/base/wholeio.h"

/* Opens the regular file NAME in DIRFD for reading, without waiting; -EINVAL or -ELOOP if it is of
 * another type. */
int smallfile_open(int dirfd, const char *name);

/* Reads the regular file NAME in DIRFD, with a NUL behind it, for the caller to free; returns its
 * length. -EFBIG beyond 8 MiB. */
ssize_t smallfile_read(int dirfd, const char *name, char **ret);

/* Returns 1 if DIRFD has anything called NAME, else 0; a negative errno if it cannot be told. */
int smallfile_exists(int dirfd, const char *name);

/* Makes NAME, which must not exist. Not durable before an fsync or syncfs by the caller. */
int smallfile_create(int dirfd, const char *name, const char *content, mode_t mode);

/* Syncs the file or directory NAME to the disk. Does nothing for a missing name, nor for a symbolic
 * link, whose text is in its directory. */
int smallfile_sync(int dirfd, const char *name);
