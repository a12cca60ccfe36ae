/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/libcrypto.h"

#include "common/base/dynlib.h"

#include <openssl/evp.h>
#include <openssl/opensslv.h>

/* The functions whose calls go straight to libcrypto. They are called only with an object of the
 * library, so it is loaded already. Functions that may be called earlier, or with NULL, are written
 * below. */
#define PASSED_ON(F)                                                                               \
	F(int, EVP_DigestFinal_ex, (EVP_MD_CTX * a, unsigned char *b, unsigned int *c), (a, b, c)) \
	F(int, EVP_DigestInit_ex, (EVP_MD_CTX * a, const EVP_MD *b, ENGINE *c), (a, b, c))         \
	F(int, EVP_DigestUpdate, (EVP_MD_CTX * a, const void *b, size_t c), (a, b, c))             \
	F(const EVP_MD *, EVP_sha256, (void), ())                                                  \
	F(const EVP_MD *, EVP_sha512, (void), ())

#define OTHERS(F)                                                                                  \
	F(EVP_MD_CTX_free)                                                                         \
	F(EVP_MD_CTX_new)

DYNLIB_FUNCTIONS(PASSED_ON, OTHERS)

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)
static struct dynlib library = DYNLIB("libcrypto.so." TEXT(OPENSSL_SHLIB_VERSION), functions);

int libcrypto_load(struct shale_error *err)
{
	return dynlib_load(&library, err);
}

EVP_MD_CTX *EVP_MD_CTX_new(void)
{
	return libcrypto_load(NULL) < 0 ? NULL : real_EVP_MD_CTX_new();
}

void EVP_MD_CTX_free(EVP_MD_CTX *ctx)
{
	if (ctx)
		real_EVP_MD_CTX_free(ctx);
}
