/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nameless files for what must be read more than once, and streams taken out of their compression.
 */
#pragma once

#include "common/shale.h"

struct archive;

/* A new file without a name, for reading and writing, on the filesystem of directory DIR. */
int spool_open(int dir, struct shale_error *err);

/* Copies what FD, read from its present position on, holds, taken out of gzip, zstd, xz or bzip2 if
 * it is compressed, into a new nameless file in DIR: a descriptor, the caller's. */
int spool_decompress(int fd, int dir, struct shale_error *err);

/* Opens what FD holds as one decompressed stream: read with archive_read_data. FD stays the
 * caller's. Free with archive_read_free. */
int spool_reader(int fd, struct archive **ret, struct shale_error *err);

/* Makes a reader know the compressions that shale knows, all of them within this process. */
void spool_support_filters(struct archive *reader);

/* Copies libarchive's error of READER to ERR. Returns a negative errno. */
int spool_fail(struct archive *reader, struct shale_error *err);
