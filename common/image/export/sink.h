/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The destination of an exported image: an OCI layout's directory, or a tar archive. */
#pragma once

#include <stddef.h>

#include "common/image/export/destination.h"
#include "common/shale.h"

struct sink;

/* One for each kind. A file gets its name when it is complete, because a blob's name is its
 * digest. */
struct sink_ops {
	const char *kind;
	int (*begin)(struct sink *sink, struct shale_error *err);
	int (*write)(struct sink *sink, const void *data, size_t size, struct shale_error *err);
	/* A file that exists under a blob's name already has the same content. */
	int (*end)(struct sink *sink, const char *name, struct shale_error *err);
	/* Reads NAME of the destination as it was before; *RET is the caller's. -ENOENT, always so
	 * if the destination is replaced. */
	int (*read)(struct sink *sink, const char *name, char **ret, size_t *ret_size,
		struct shale_error *err);
	/* Makes the image durable and visible. */
	int (*commit)(struct sink *sink, struct shale_error *err);
	/* Without a commit before it, removes what was written. */
	void (*close)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops; /* first member of each kind's own struct */
};

/* The OCI layout in directory PATH, which the commit makes if need be: -EAGAIN there if another
 * process made one meanwhile. An existing layout is locked against other exports until the close.
 * -ENOTEMPTY: PATH holds something else. */
int sink_dir(const char *path, struct sink **ret, struct shale_error *err);
/* The archive PATH, opened as in destination.h: it is complete after the commit. */
int sink_tar(
	const char *path, const struct export_to *how, struct sink **ret, struct shale_error *err);

/* Writes a small file in one go. */
int sink_put(struct sink *sink, const char *name, const void *data, size_t size,
	struct shale_error *err);
void sink_close(struct sink *sink);

static inline void cleanup_sink(struct sink **sink)
{
	sink_close(*sink);
}
#define auto_sink __attribute__((cleanup(cleanup_sink)))
