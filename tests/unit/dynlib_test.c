/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/libarchive.h"
#include "common/archive/libcrypto.h"
#include "common/base/dynlib.h"
#include "tests/unit/suite.h"

#include <archive.h>
#include <check.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static void *address;
static const struct dynlib_function no_such[] = { { "no_such_function", &address }, { 0 } };
static const struct dynlib_function one[] = { { "getpid", &address }, { 0 } };

START_TEST(a_library_that_is_missing_is_named)
{
	struct dynlib library = DYNLIB("libshale-none.so.7", one);
	struct shale_error err = { 0 };

	ck_assert_int_eq(dynlib_load(&library, &err), -ELIBACC);
	ck_assert_ptr_nonnull(strstr(err.text, "libshale-none.so.7"));
	ck_assert_ptr_nonnull(strstr(err.remedy, "libshale-none.so.7"));
	ck_assert_int_eq(dynlib_load(&library, NULL), -ELIBACC);
}
END_TEST

START_TEST(a_function_that_is_missing_is_named)
{
	struct dynlib library = DYNLIB("libc.so.6", no_such);
	struct shale_error err = { 0 };

	ck_assert_int_eq(dynlib_load(&library, &err), -ELIBACC);
	ck_assert_ptr_nonnull(strstr(err.text, "no_such_function"));
}
END_TEST

START_TEST(a_loaded_function_is_called)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	ck_assert_int_eq(libarchive_load(NULL), 0);
	ck_assert_int_eq(libcrypto_load(NULL), 0);
	struct archive *archive = archive_read_new();
	archive_set_error(archive, ENOENT, "%s is %d", "one", 1);
	ck_assert_str_eq(archive_error_string(archive), "one is 1");
	ck_assert_int_eq(archive_read_free(archive), ARCHIVE_OK);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	ck_assert_int_eq(EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
	ck_assert_int_eq(EVP_DigestFinal_ex(hash, sum, &size), 1);
	ck_assert_uint_eq(size, 32);
	EVP_MD_CTX_free(hash);
}
END_TEST

START_TEST(nothing_can_be_freed_before_anything_is_loaded)
{
	ck_assert_int_eq(archive_read_free(NULL), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_free(NULL), ARCHIVE_OK);
	EVP_MD_CTX_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dynlib");
	TCase *tests = tcase_create("dynlib");

	tcase_add_test(tests, a_library_that_is_missing_is_named);
	tcase_add_test(tests, a_function_that_is_missing_is_named);
	tcase_add_test(tests, a_loaded_function_is_called);
	tcase_add_test(tests, nothing_can_be_freed_before_anything_is_loaded);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
