/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the regular files of a tar stream. */
#pragma once

#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/archive/apply/backlog.h"
#include "common/archive/apply/restore_metadata.h"
#include "common/archive/apply/tarstream.h"

struct unpack_files {
	const struct restore *restore;
	struct tarstream *stream;
	uint64_t bytes; /* the counts of struct apply_result, so far */
	struct backlog_work work;
	struct backlog *backlog;
	/* For the caller's thread and for the backlog's thread. Both are NULL if the caller wants
	 * no digests. */
	struct datasum *datasum, *backlog_datasum;
};

/* Prepares the unpacking of regular files. Returns 0 or -ENOMEM. */
int unpack_files_open(struct unpack_files *files, const struct restore *restore);
void unpack_files_close(struct unpack_files *files);

/* Creates the file NAME in DIRFD for ENTRY. Returns a descriptor, or -EEXIST. */
int unpack_file_create(
	const struct unpack_files *files, int dirfd, const char *name, struct archive_entry *entry);

/* Writes the data and metadata of ENTRY to the new file FD, and closes FD, also on failure. The
 * backlog's thread may do a part of this later. PATH, the file's path in the layer, is for the
 * record of the stream; NULL: the record copies the data instead. */
int unpack_file_fill(struct unpack_files *files, int fd, const char *path,
	struct archive_entry *entry, struct shale_error *err);

/* Tells whether a file could not be completed. Then the caller can stop reading the stream. */
bool unpack_files_failed(const struct unpack_files *files);
/* Waits until all files are complete. Returns the error, with words, of the first one that
 * failed. */
int unpack_files_finish(struct unpack_files *files, struct shale_error *err);
