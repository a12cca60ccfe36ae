/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the record of a stream (stream_format.h) while the stream is unpacked. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/archive/stream/stream_tap.h"
#include "common/shale.h"

#define STREAM_FILE "stream"

struct stream_record {
	int dir;   /* the directory in which STREAM_FILE is made */
	int aside; /* a temporary directory, empty at first, on the filesystem of the layer: for
		      replaced files */
	int file, inos;
	struct stream_writer *writer;
	struct stream_tap *tap;
	unsigned long replaced; /* number of files and directories in ASIDE */
};
#define STREAM_RECORD_NONE                                                                         \
	((struct stream_record){ .dir = -1, .aside = -1, .file = -1, .inos = -1 })

/* Begins the record STREAM_FILE in DIR. DIR and ASIDE stay the caller's. */
int stream_record_begin(int dir, int aside, struct stream_record *ret, struct shale_error *err);
/* Moves NAME of DIRFD, a regular file or a directory that a later entry replaces, to ASIDE: the
 * record may need its data. */
int stream_record_replace(
	struct stream_record *record, int dirfd, const char *name, const struct stat *st);
/* Ends the record. Call it at the end of the stream, when all unpacked files lie below ROOT. */
int stream_record_finish(struct stream_record *record, int root, struct shale_error *err);
void stream_record_end(struct stream_record *record);
#define auto_stream_record __attribute__((cleanup(stream_record_end)))
