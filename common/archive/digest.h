/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Content digests: "sha256:" and 64 lower-case hexadecimal digits, or "sha512:" and 128 (OCI
 * image-spec, descriptor.md). We make the first, and read both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_SIZE 136 /* with the final NUL */

/* The only door for digests that others wrote: true for the exact form above, so that a valid
 * digest can be part of a file name. */
bool digest_is_valid(const char *text);
/* Which of the two a valid digest is. */
bool digest_is_sha256(const char *digest);
/* The digits of a valid digest, within it. */
const char *digest_hex(const char *digest);
/* "blobs/ALGORITHM/DIGITS", where an OCI layout has what it names (image-layout.md). */
#define BLOB_NAME_SIZE (DIGEST_SIZE + sizeof("blobs/"))
void digest_blob_name(const char *digest, char ret[BLOB_NAME_SIZE]);

/* A digest being computed. */
struct hash;
/* A sha256. -ENOMEM. */
int hash_new(struct hash **ret);
/* To be compared with DIGEST; a sha256 if that is NULL or "". */
int hash_new_like(const char *digest, struct hash **ret);
void hash_update(struct hash *hash, const void *data, size_t size);
/* Ends it; only hash_free may follow. -ENOMEM where libcrypto failed on the way. */
int hash_final(struct hash *hash, char ret[DIGEST_SIZE]);
void hash_free(struct hash *hash);

/* Of bytes that are all there. */
int digest_of(const void *data, size_t size, char ret[DIGEST_SIZE]);
/* The same, to be compared with DIGEST. */
int digest_like(const char *digest, const void *data, size_t size, char ret[DIGEST_SIZE]);

static inline void cleanup_hash(struct hash **hash)
{
	hash_free(*hash);
}
#define auto_hash __attribute__((cleanup(cleanup_hash)))
