/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/libcrypto.h"

#include "common/dynlib.h"

#include <openssl/evp.h>
#include <openssl/opensslv.h>

/* These are passed on as they are. The others, below, may be the first to be called, or be called
 * with nothing. */
#define PASSED_ON(F)                                                                               \
	F(int, EVP_DigestFinal_ex, (EVP_MD_CTX * a, unsigned char *b, unsigned int *c), (a, b, c)) \
	F(int, EVP_DigestInit_ex, (EVP_MD_CTX * a, const EVP_MD *b, ENGINE *c), (a, b, c))         \
	F(int, EVP_DigestUpdate, (EVP_MD_CTX * a, const void *b, size_t c), (a, b, c))             \
	F(const EVP_MD *, EVP_sha256, (void), ())

#define OTHERS(F)                                                                                  \
	F(EVP_MD_CTX_free)                                                                         \
	F(EVP_MD_CTX_new)

#define POINTER(type, name, params, args) static __typeof__(name) *real_##name;
#define POINTER_OTHER(name)               static __typeof__(name) *real_##name;
PASSED_ON(POINTER)
OTHERS(POINTER_OTHER)

#define FUNCTION(type, name, params, args) { #name, (void **)&real_##name },
#define FUNCTION_OTHER(name)               { #name, (void **)&real_##name },
static const struct shale_dynlib_function functions[] = { PASSED_ON(FUNCTION)
		OTHERS(FUNCTION_OTHER){ 0 } };

#define PASS_ON(type, name, params, args)                                                          \
	type name params                                                                           \
	{                                                                                          \
		return real_##name args;                                                           \
	}
PASSED_ON(PASS_ON)

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)
static struct shale_dynlib library = SHALE_DYNLIB(
	"libcrypto.so." TEXT(OPENSSL_SHLIB_VERSION), functions);

int shale_libcrypto_load(struct shale_error *err)
{
	return shale_dynlib_load(&library, err);
}

EVP_MD_CTX *EVP_MD_CTX_new(void)
{
	return shale_libcrypto_load(NULL) < 0 ? NULL : real_EVP_MD_CTX_new();
}

void EVP_MD_CTX_free(EVP_MD_CTX *ctx)
{
	if (ctx)
		real_EVP_MD_CTX_free(ctx);
}
