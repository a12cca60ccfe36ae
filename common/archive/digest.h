/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Content digests: "sha256:" and 64 lower-case hexadecimal digits, or "sha512:" and 128 (OCI
 * image-spec, descriptor.md). shale makes the first, and reads both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_SIZE 136 /* length with the final NUL */

/* Checks a digest from outside: true only for the exact form above, so that a valid digest can be
 * part of a file name. Every such digest is checked here. */
bool digest_is_valid(const char *text);
/* Which of the two a valid digest is. */
bool digest_is_sha256(const char *digest);
/* The digits of a valid digest; points into it. */
const char *digest_hex(const char *digest);
/* "blobs/ALGORITHM/DIGITS", the path of a blob in an OCI layout (image-layout.md). */
#define BLOB_NAME_SIZE (DIGEST_SIZE + sizeof("blobs/"))
void digest_blob_name(const char *digest, char ret[BLOB_NAME_SIZE]);

/* A digest that is being computed. */
struct hash;
/* Begins a sha256. -ENOMEM. */
int hash_new(struct hash **ret);
/* Begins a digest to be compared with DIGEST; a sha256 if that is NULL or "". */
int hash_new_like(const char *digest, struct hash **ret);
void hash_update(struct hash *hash, const void *data, size_t size);
/* Ends it; then only hash_free may be called. -ENOMEM if libcrypto has failed. */
int hash_final(struct hash *hash, char ret[DIGEST_SIZE]);
void hash_free(struct hash *hash);

/* The digest of these bytes. */
int digest_of(const void *data, size_t size, char ret[DIGEST_SIZE]);
/* The same, to be compared with DIGEST. */
int digest_like(const char *digest, const void *data, size_t size, char ret[DIGEST_SIZE]);

static inline void cleanup_hash(struct hash **hash)
{
	hash_free(*hash);
}
#define auto_hash __attribute__((cleanup(cleanup_hash)))
