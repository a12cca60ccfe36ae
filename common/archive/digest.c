/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "common/archive/libcrypto.h"
#include "common/cleanup.h"

static const char algorithm[] = "sha256:";

struct shale_hash {
	EVP_MD_CTX *ctx;
	bool failed;
};

bool shale_digest_is_valid(const char *text)
{
	const size_t prefix = sizeof(algorithm) - 1;

	return text && strlen(text) == SHALE_DIGEST_SIZE - 1 &&
	       memcmp(text, algorithm, prefix) == 0 &&
	       strspn(text + prefix, "0123456789abcdef") == SHALE_DIGEST_SIZE - 1 - prefix;
}

const char *shale_digest_hex(const char *digest)
{
	return digest + sizeof(algorithm) - 1;
}

int shale_hash_new(struct shale_hash **ret)
{
	auto_hash struct shale_hash *hash = calloc(1, sizeof(*hash));
	int r = hash ? shale_libcrypto_load(NULL) : -ENOMEM;

	if (r < 0)
		return r;
	hash->ctx = EVP_MD_CTX_new();
	if (!hash->ctx || !EVP_DigestInit_ex(hash->ctx, EVP_sha256(), NULL))
		return -ENOMEM;
	*ret = steal_ptr(&hash);
	return 0;
}

void shale_hash_update(struct shale_hash *hash, const void *data, size_t size)
{
	if (!EVP_DigestUpdate(hash->ctx, data, size))
		hash->failed = true;
}

int shale_hash_final(struct shale_hash *hash, char ret[SHALE_DIGEST_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (hash->failed || !EVP_DigestFinal_ex(hash->ctx, raw, &size))
		return -ENOMEM;
	char *out = stpcpy(ret, algorithm);
	for (unsigned int i = 0; i < size; i++) {
		*out++ = digits[raw[i] >> 4];
		*out++ = digits[raw[i] & 15];
	}
	*out = '\0';
	return 0;
}

void shale_hash_free(struct shale_hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->ctx);
	free(hash);
}

int shale_digest_of(const void *data, size_t size, char ret[SHALE_DIGEST_SIZE])
{
	auto_hash struct shale_hash *hash = NULL;
	int r = shale_hash_new(&hash);

	if (r < 0)
		return r;
	shale_hash_update(hash, data, size);
	return shale_hash_final(hash, ret);
}
