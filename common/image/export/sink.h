/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place where an exported image is written: the directory of an OCI layout, or a tar
 * archive. */
#pragma once

#include <stddef.h>

#include "common/image/export/destination.h"
#include "common/shale.h"

struct sink;

/* The operations of one kind of sink. A file gets its name only when it is complete, because a
 * blob's name is its digest. */
struct sink_ops {
	const char *kind;
	int (*begin)(struct sink *sink, struct shale_error *err);
	int (*write)(struct sink *sink, const void *data, size_t size, struct shale_error *err);
	/* Ends the current file and gives it NAME. If there is a blob of that name already, keeps
	 * it: it has the same content. */
	int (*end)(struct sink *sink, const char *name, struct shale_error *err);
	/* Reads the file NAME that the destination had before the export. The caller frees *RET.
	 * Returns -ENOENT, also if the destination is replaced as a whole. */
	int (*read)(struct sink *sink, const char *name, char **ret, size_t *ret_size,
		struct shale_error *err);
	/* Makes the image durable and gives it its names. */
	int (*commit)(struct sink *sink, struct shale_error *err);
	/* Frees the sink. Removes the written files if there was no commit. */
	void (*close)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops; /* first member of each kind's own struct */
};

/* Opens the OCI layout in directory PATH. The commit makes a missing layout; it returns -EAGAIN if
 * another process made it meanwhile. An existing layout is locked against other exports until the
 * close. Returns -ENOTEMPTY if PATH holds something else. */
int sink_dir(const char *path, struct sink **ret, struct shale_error *err);
/* Opens the archive PATH as destination.h says. It is complete after the commit. */
int sink_tar(
	const char *path, const struct export_to *how, struct sink **ret, struct shale_error *err);

/* Writes a whole small file. */
int sink_put(struct sink *sink, const char *name, const void *data, size_t size,
	struct shale_error *err);
void sink_close(struct sink *sink);

static inline void cleanup_sink(struct sink **sink)
{
	sink_close(*sink);
}
#define auto_sink __attribute__((cleanup(cleanup_sink)))
