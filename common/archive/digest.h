/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests of content: "sha256:" and 64 lower-case hexadecimal digits, or "sha512:" and 128 (OCI
 * image-spec, descriptor.md). shale computes sha256, and reads both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_SIZE 136 /* length with the final NUL */

/* Tells whether a digest from outside is exactly in one of these forms. Every such digest is
 * checked here, because valid digests become parts of file names. */
bool digest_is_valid(const char *text);
/* Tells whether a valid digest is a sha256; otherwise it is a sha512. */
bool digest_is_sha256(const char *digest);
/* Returns the digits of a valid digest, as a pointer into it. */
const char *digest_hex(const char *digest);
/* The size of "blobs/ALGORITHM/DIGITS", the path of a blob in an OCI layout (image-layout.md). */
#define BLOB_NAME_SIZE (DIGEST_SIZE + sizeof("blobs/"))
void digest_blob_name(const char *digest, char ret[BLOB_NAME_SIZE]);

/* A digest that is being computed. */
struct hash;
/* Begins a sha256. Returns 0 or -ENOMEM. */
int hash_new(struct hash **ret);
/* Begins a digest of the same algorithm as DIGEST, to be compared with it; a sha256 if DIGEST is
 * NULL or "". */
int hash_new_like(const char *digest, struct hash **ret);
void hash_update(struct hash *hash, const void *data, size_t size);
/* Ends the digest; then only hash_free may be called. Returns 0, or -ENOMEM if libcrypto has
 * failed. */
int hash_final(struct hash *hash, char ret[DIGEST_SIZE]);
void hash_free(struct hash *hash);

/* Computes the sha256 of SIZE bytes of DATA. */
int digest_of(const void *data, size_t size, char ret[DIGEST_SIZE]);
/* Computes a digest of DATA with the algorithm of DIGEST, to be compared with it. */
int digest_like(const char *digest, const void *data, size_t size, char ret[DIGEST_SIZE]);

static inline void cleanup_hash(struct hash **hash)
{
	hash_free(*hash);
}
#define auto_hash __attribute__((cleanup(cleanup_hash)))
