/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Content digests: "sha256:" and 64 lower-case hexadecimal digits (OCI image-spec, descriptor.md).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SHALE_DIGEST_SIZE 72 /* with the final NUL */

/* The only door for digests that others wrote: true for the exact form above, so that a valid
 * digest can be part of a file name. */
bool shale_digest_is_valid(const char *text);
/* The 64 digits of a valid digest, within it. */
const char *shale_digest_hex(const char *digest);

/* A digest being computed. */
struct shale_hash;
/* -ENOMEM. */
int shale_hash_new(struct shale_hash **ret);
void shale_hash_update(struct shale_hash *hash, const void *data, size_t size);
/* Ends it; only shale_hash_free may follow. -ENOMEM where libcrypto failed on the way. */
int shale_hash_final(struct shale_hash *hash, char ret[SHALE_DIGEST_SIZE]);
void shale_hash_free(struct shale_hash *hash);

/* Of bytes that are all there. */
int shale_digest_of(const void *data, size_t size, char ret[SHALE_DIGEST_SIZE]);

static inline void cleanup_hash(struct shale_hash **hash)
{
	shale_hash_free(*hash);
}
#define auto_hash __attribute__((cleanup(cleanup_hash)))
