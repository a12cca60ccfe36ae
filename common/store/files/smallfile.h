/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files, read and written whole. */
#pragma once

#include <sys/types.h>

#include "common/base/wholeio.h"

/* The regular file NAME in DIRFD for reading, at once; -EINVAL or -ELOOP if it is something else.
 */
int smallfile_open(int dirfd, const char *name);

/* Content of the regular file NAME in DIRFD, with a NUL behind it, for the caller to free; its
 * length is returned. -EFBIG beyond 8 MiB. */
ssize_t smallfile_read(int dirfd, const char *name, char **ret);

/* 1 if there is anything called NAME in DIRFD, 0, or a negative errno: it cannot be told. */
int smallfile_exists(int dirfd, const char *name);

/* Makes NAME, which must not exist. Not durable before an fsync or syncfs by the caller. */
int smallfile_create(int dirfd, const char *name, const char *content, mode_t mode);

/* Syncs the file or directory NAME to the disk. Nothing is done for what is not there, nor for a
 * symbolic link, which its directory holds. */
int smallfile_sync(int dirfd, const char *name);
