/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nameless files for data that must be read more than once, and decompressed streams. */
#pragma once

#include "common/shale.h"

struct archive;

/* Opens a new nameless file, for reading and writing, on the filesystem of directory DIR. */
int spool_open(int dir, struct shale_error *err);

/* Copies FD from its present position on into a new nameless file in DIR, decompressed if it is
 * gzip, zstd, xz or bzip2. Returns a descriptor, which is the caller's. */
int spool_decompress(int fd, int dir, struct shale_error *err);

/* Opens FD as one decompressed stream, to be read with archive_read_data. FD stays the caller's.
 * Free with archive_read_free. */
int spool_reader(int fd, struct archive **ret, struct shale_error *err);

/* Enables the compressions that shale supports in READER. None of them may run another program. */
void spool_support_filters(struct archive *reader);

/* Puts libarchive's error of READER into ERR. Returns a negative errno. */
int spool_fail(struct archive *reader, struct shale_error *err);
