/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of a stream (stream_format.h) while the stream is unpacked. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/archive/stream_tap.h"
#include "common/shale.h"

#define SHALE_STREAM_FILE "stream"

struct shale_stream_record {
	int dir;   /* gets the record, as the new file SHALE_STREAM_FILE */
	int aside; /* an empty directory on the filesystem of the layer, for the time being */
	int file, inos;
	struct shale_stream_writer *writer;
	struct shale_stream_tap *tap;
	unsigned long replaced; /* so many files and directories lie aside */
};
#define SHALE_STREAM_RECORD_NONE                                                                   \
	((struct shale_stream_record){ .dir = -1, .aside = -1, .file = -1, .inos = -1 })

/* DIR and ASIDE stay the caller's. */
int shale_stream_record_begin(
	int dir, int aside, struct shale_stream_record *ret, struct shale_error *err);
/* Puts NAME of DIRFD aside, that a later entry replaces: a regular file or a directory. */
int shale_stream_record_replace(
	struct shale_stream_record *record, int dirfd, const char *name, const struct stat *st);
/* The stream is at its end, and all that was unpacked lies below ROOT. */
int shale_stream_record_finish(
	struct shale_stream_record *record, int root, struct shale_error *err);
void shale_stream_record_end(struct shale_stream_record *record);
#define auto_stream_record __attribute__((cleanup(shale_stream_record_end)))
