/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "common/archive/libcrypto.h"
#include "common/base/scope.h"

static const struct algorithm {
	const char *prefix;
	size_t digits;
	const EVP_MD *(*md)(void);
} algorithms[] = { { "sha256:", 64, EVP_sha256 }, { "sha512:", 128, EVP_sha512 } };

struct hash {
	EVP_MD_CTX *ctx;
	const struct algorithm *algorithm;
	bool failed;
};

/* Returns NULL if TEXT names no known algorithm. */
static const struct algorithm *algorithm_of(const char *text)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		const struct algorithm *algorithm = &algorithms[i];
		const size_t prefix = strlen(algorithm->prefix);
		if (strncmp(text, algorithm->prefix, prefix) == 0 &&
			strlen(text + prefix) == algorithm->digits &&
			strspn(text + prefix, "0123456789abcdef") == algorithm->digits)
			return algorithm;
	}
	return NULL;
}

bool digest_is_valid(const char *text)
{
	return text && algorithm_of(text);
}

bool digest_is_sha256(const char *digest)
{
	return algorithm_of(digest) == &algorithms[0];
}

const char *digest_hex(const char *digest)
{
	return strchr(digest, ':') + 1;
}

void digest_blob_name(const char *digest, char ret[BLOB_NAME_SIZE])
{
	snprintf(ret, BLOB_NAME_SIZE, "blobs/%s", digest);
	*strchr(ret, ':') = '/';
}

int hash_new(struct hash **ret)
{
	return hash_new_like(NULL, ret);
}

int hash_new_like(const char *digest, struct hash **ret)
{
	auto_hash struct hash *hash = calloc(1, sizeof(*hash));
	int r = hash ? libcrypto_load(NULL) : -ENOMEM;

	if (r < 0)
		return r;
	hash->algorithm = digest && *digest ? algorithm_of(digest) : NULL;
	if (!hash->algorithm)
		hash->algorithm = &algorithms[0];
	hash->ctx = EVP_MD_CTX_new();
	if (!hash->ctx || !EVP_DigestInit_ex(hash->ctx, hash->algorithm->md(), NULL))
		return -ENOMEM;
	*ret = steal_ptr(&hash);
	return 0;
}

void hash_update(struct hash *hash, const void *data, size_t size)
{
	if (!EVP_DigestUpdate(hash->ctx, data, size))
		hash->failed = true;
}

int hash_final(struct hash *hash, char ret[DIGEST_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (hash->failed || !EVP_DigestFinal_ex(hash->ctx, raw, &size))
		return -ENOMEM;
	char *out = stpcpy(ret, hash->algorithm->prefix);
	for (unsigned int i = 0; i < size; i++) {
		*out++ = digits[raw[i] >> 4];
		*out++ = digits[raw[i] & 15];
	}
	*out = '\0';
	return 0;
}

void hash_free(struct hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->ctx);
	free(hash);
}

int digest_of(const void *data, size_t size, char ret[DIGEST_SIZE])
{
	return digest_like(NULL, data, size, ret);
}

int digest_like(const char *digest, const void *data, size_t size, char ret[DIGEST_SIZE])
{
	auto_hash struct hash *hash = NULL;
	int r = hash_new_like(digest, &hash);

	if (r < 0)
		return r;
	hash_update(hash, data, size);
	return hash_final(hash, ret);
}
