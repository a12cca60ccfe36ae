/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves the data of a regular file from the stream to the disk. */
#pragma once

#include "common/archive/datasum.h"
#include "common/archive/apply/tarstream.h"

/* Writes the data of STREAM's current entry to FD, a new empty file of SIZE bytes. Adds the data
 * to DATASUM, which may be NULL; the caller ends DATASUM. */
int unpack_data(struct tarstream *stream, int fd, int64_t size, struct datasum *datasum,
	struct shale_error *err);

/* Do the work of unpack_data in two steps: unpack_read reads the SIZE bytes of the entry's data to
 * TO; unpack_write writes them to the file. */
int unpack_read(struct tarstream *stream, char *to, size_t size, struct shale_error *err);
int unpack_write(int fd, const char *data, size_t size, struct shale_error *err);
