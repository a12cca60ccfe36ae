/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/ID/blob-HEX: the compressed blob that an immutable layer was unpacked from; HEX is its
 * sha256 or sha512. */
#pragma once

#include "common/shale.h"
#include "common/store/staging.h"

struct kept_blob {
	struct staging staging;
	int fd; /* descriptor to which the caller writes the bytes */
};
#define KEPT_BLOB_NONE ((struct kept_blob){ .staging = STAGING_NONE, .fd = -1 })

int kept_blob_begin(
	const struct shale_store *store, struct kept_blob *ret, struct shale_error *err);
/* Names the written file, durably, as the blob DIGEST of layer ID. */
int kept_blob_publish(
	struct kept_blob *blob, const char *id, const char *digest, struct shale_error *err);
void kept_blob_end(struct kept_blob *blob);
#define auto_kept_blob __attribute__((cleanup(kept_blob_end)))

/* Opens the blob DIGEST of layer ID for reading. Returns -ENOENT, without words, if it is not
 * kept. */
int kept_blob_open(struct shale_store *store, const char *id, const char *digest);

/* Checks the file NAME in DIR, a layer's directory. Returns 1 if its digest is the one in its name,
 * else 0; a negative errno if the file cannot be read. */
int kept_blob_check(int dir, const char *name);
