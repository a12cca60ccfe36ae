/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the regular files that a tar stream holds. */
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
	uint64_t bytes; /* as in struct apply_result, so far */
	struct backlog_work work;
	struct backlog *backlog;
	/* NULL: the caller wants no digests. The backlog's thread uses a second one. */
	struct datasum *datasum, *backlog_datasum;
};

/* -ENOMEM. */
int unpack_files_open(struct unpack_files *files, const struct restore *restore);
void unpack_files_close(struct unpack_files *files);

/* Creates NAME in DIRFD for ENTRY: a descriptor, or -EEXIST. */
int unpack_file_create(
	const struct unpack_files *files, int dirfd, const char *name, struct archive_entry *entry);

/* Gives the new file FD, whose ownership it takes, the data and metadata of ENTRY, of which the
 * backlog may do a part later. PATH: its path in the layer for the record of the stream, or NULL.
 */
int unpack_file_fill(struct unpack_files *files, int fd, const char *path,
	struct archive_entry *entry, struct shale_error *err);

/* True once a file could not be completed: the stream need not be read on. */
bool unpack_files_failed(const struct unpack_files *files);
/* Waits until all files are complete. Fails with the words of the first one that is not. */
int unpack_files_finish(struct unpack_files *files, struct shale_error *err);
