/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Content digests: "sha256:" and 64 lower-case hexadecimal digits, or "sha512:" and 128 (OCI
 * image-spec, descriptor.md). We make the first, and read both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SHALE_DIGEST_SIZE 136 /* with the final NUL */

/* The only door for digests that others wrote: true for the exact form above, so that a valid
 * digest can be part of a file name. */
bool shale_digest_is_valid(const char *text);
/* Which of the two a valid digest is. */
bool shale_digest_is_sha256(const char *digest);
/* The digits of a valid digest, within it. */
const char *shale_digest_hex(const char *digest);
/* "blobs/ALGORITHM/DIGITS", where an OCI layout has what it names (image-layout.md). */
#define SHALE_BLOB_NAME_SIZE (SHALE_DIGEST_SIZE + sizeof("blobs/"))
void shale_digest_blob_name(const char *digest, char ret[SHALE_BLOB_NAME_SIZE]);

/* A digest being computed. */
struct shale_hash;
/* A sha256. -ENOMEM. */
int shale_hash_new(struct shale_hash **ret);
/* To be compared with DIGEST; a sha256 if that is NULL or "". */
int shale_hash_new_like(const char *digest, struct shale_hash **ret);
void shale_hash_update(struct shale_hash *hash, const void *data, size_t size);
/* Ends it; only shale_hash_free may follow. -ENOMEM where libcrypto failed on the way. */
int shale_hash_final(struct shale_hash *hash, char ret[SHALE_DIGEST_SIZE]);
void shale_hash_free(struct shale_hash *hash);

/* Of bytes that are all there. */
int shale_digest_of(const void *data, size_t size, char ret[SHALE_DIGEST_SIZE]);
/* The same, to be compared with DIGEST. */
int shale_digest_like(
	const char *digest, const void *data, size_t size, char ret[SHALE_DIGEST_SIZE]);

static inline void cleanup_hash(struct shale_hash **hash)
{
	shale_hash_free(*hash);
}
#define auto_hash __attribute__((cleanup(cleanup_hash)))
