/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks a layer's tar stream into an empty directory that nobody else can reach. */
#pragma once

#include <stdint.h>

#include "common/overlay/xattr.h"
#include "common/shale.h"

struct shale_apply_spec {
	int root;                     /* the empty directory; nothing outside it is ever touched */
	enum shale_xattr_class class; /* of the opaque marks */
	enum shale_ownership ownership;
	/* Reads the next bytes of the stream: how many, 0 at its end, or a negative errno. */
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
};

struct shale_apply_result {
	uint64_t bytes; /* sum of the sizes of the regular files */
	uint64_t entries;
	char diff_id[72]; /* "sha256:..." of the uncompressed stream */
};

/* Plain, gzip, zstd, bzip2 or xz. An error names the entry; ROOT then holds rubbish, for the caller
 * to remove. Reads to the end of the stream, so that the caller's digest of it is whole. */
int shale_apply_tar(const struct shale_apply_spec *spec, struct shale_apply_result *ret,
	struct shale_error *err);
