/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a layer as a blob of an image. */
#pragma once

#include <stdint.h>

#include "common/archive/diff/diff.h"
#include "common/archive/digest.h"
#include "common/base/progress.h"
#include "common/image/export/sink.h"
#include "common/shale.h"

enum layer_blob_kind {
	LAYER_BLOB_DOCKER, /* uncompressed, called DIGEST.tar, for a docker archive */
	LAYER_BLOB_PLAIN,  /* uncompressed, called blobs/ALGORITHM/DIGEST; so are the blobs of the
			      next kinds */
	LAYER_BLOB_GZIP,
	LAYER_BLOB_ZSTD,
};

struct layer_blob {
	enum layer_blob_kind kind;
	char diff_id[DIGEST_SIZE]; /* digest of the tar */
	char digest[DIGEST_SIZE];  /* digest of the blob */
	uint64_t size;             /* size of the blob */
};

/* Writes the file FD, a compressed blob with the digest DIGEST, to SINK. Returns -EBADMSG if FD has
 * another digest. */
int layer_blob_copy(int fd, const char *digest, struct sink *sink, struct progress *progress,
	struct layer_blob *ret, struct shale_error *err);
/* Writes the tar of SPEC to SINK as a blob of KIND. */
int layer_blob_write(const struct diff_spec *spec, enum layer_blob_kind kind, struct sink *sink,
	struct progress *progress, struct layer_blob *ret, struct shale_error *err);
