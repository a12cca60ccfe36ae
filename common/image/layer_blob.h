/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer, written as a blob of an image. */
#pragma once

#include <stdint.h>

#include "common/archive/diff.h"
#include "common/archive/digest.h"
#include "common/image/progress.h"
#include "common/image/sink.h"
#include "common/shale.h"

enum shale_layer_blob_kind {
	SHALE_LAYER_BLOB_DOCKER, /* plain, called DIGEST.tar */
	SHALE_LAYER_BLOB_PLAIN,  /* called blobs/sha256/DIGEST, as those below */
	SHALE_LAYER_BLOB_GZIP,
	SHALE_LAYER_BLOB_ZSTD,
};

struct shale_layer_blob {
	enum shale_layer_blob_kind kind;
	char diff_id[SHALE_DIGEST_SIZE]; /* of the tar */
	char digest[SHALE_DIGEST_SIZE];  /* of the blob */
	uint64_t size;                   /* of the blob */
};

/* Writes the file FD, from its beginning on, which is the compressed blob DIGEST, to SINK; -EBADMSG
 * if it is another. */
int shale_layer_blob_copy(int fd, const char *digest, struct shale_sink *sink,
	struct shale_layer_blob *ret, struct shale_error *err);
/* Writes the tar of what SPEC says to SINK. */
int shale_layer_blob_write(const struct shale_diff_spec *spec, enum shale_layer_blob_kind kind,
	struct shale_sink *sink, struct shale_progress *progress, struct shale_layer_blob *ret,
	struct shale_error *err);
