/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the files of an exported image go: an OCI layout's directory, or a tar archive. */
#pragma once

#include <stddef.h>

#include "common/image/export/destination.h"
#include "common/shale.h"

struct sink;

/* One per kind. A file gets its name when it is whole, because a blob's name is its digest. */
struct sink_ops {
	const char *kind;
	int (*begin)(struct sink *sink, struct shale_error *err);
	int (*write)(struct sink *sink, const void *data, size_t size, struct shale_error *err);
	/* A file that is there already under a blob's name is the same. */
	int (*end)(struct sink *sink, const char *name, struct shale_error *err);
	/* Reads NAME as the destination had it before; *RET is the caller's. -ENOENT, always so
	 * where the destination is replaced. */
	int (*read)(struct sink *sink, const char *name, char **ret, size_t *ret_size,
		struct shale_error *err);
	/* Makes all of it durable and visible. */
	int (*commit)(struct sink *sink, struct shale_error *err);
	/* Without a commit before: takes back what was written. */
	void (*close)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops; /* first member of each kind's own struct */
};

/* The OCI layout in directory PATH, made at the commit if need be: -EAGAIN there if another one was
 * made meanwhile. One that is there is locked against other exports until the close.
 * -ENOTEMPTY: PATH holds something else. */
int sink_dir(const char *path, struct sink **ret, struct shale_error *err);
/* The archive PATH, opened as destination.h says: all of it is there at the commit. */
int sink_tar(
	const char *path, const struct export_to *how, struct sink **ret, struct shale_error *err);

/* A whole small file. */
int sink_put(struct sink *sink, const char *name, const void *data, size_t size,
	struct shale_error *err);
void sink_close(struct sink *sink);

static inline void cleanup_sink(struct sink **sink)
{
	sink_close(*sink);
}
#define auto_sink __attribute__((cleanup(cleanup_sink)))
