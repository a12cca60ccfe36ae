/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/archive/digest.h"
#include "common/image/image_name.h"
#include "common/image/platform.h"
#include "common/image/reference.h"
#include "tests/unit/suite.h"

#define HEX64   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define N_OF(a) ((int)(sizeof(a) / sizeof(*(a))))

static const struct {
	const char *text;
	bool valid;
} digests[] = {
	{ "sha256:" HEX64, true },
	{ "sha256:" HEX64 "0", false },
	{ "sha256:" HEX64 "\n", false },
	{ "sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", false },
	{ "SHA256:" HEX64, false },
	{ "sha512:" HEX64, false },
	{ "sha512:" HEX64 HEX64, true },
	{ "sha512:" HEX64 HEX64 "0", false },
	{ "sha256:" HEX64 HEX64, false },
	{ "sha384:" HEX64 "0123456789abcdef0123456789abcdef", false },
	{ HEX64, false },
	{ "sha256:../../../../../../../../../../../../../../../../../../../../../x", false },
	{ "../../x", false },
	{ "", false },
	{ NULL, false },
};

START_TEST(only_sha256_and_sha512_with_their_small_digits_are_a_digest)
{
	ck_assert_int_eq(digest_is_valid(digests[_i].text), digests[_i].valid);
}
END_TEST

START_TEST(digest_of_nothing_is_the_known_one)
{
	char digest[DIGEST_SIZE];

	ck_assert_int_eq(digest_of("", 0, digest), 0);
	ck_assert_str_eq(
		digest, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_assert(digest_is_valid(digest));
}
END_TEST

static const struct {
	const char *text;
	int result;
	enum reference_kind kind;
	const char *path, *tag;
} references[] = {
	{ "oci:/tmp/x", 0, REFERENCE_OCI, "/tmp/x", NULL },
	{ "oci:x:v1.2", 0, REFERENCE_OCI, "x", "v1.2" },
	{ "oci:x:", 0, REFERENCE_OCI, "x", NULL },
	{ "oci:x:docker.io/library/debian:12", 0, REFERENCE_OCI, "x",
		"docker.io/library/debian:12" },
	{ "oci-archive:a.tar:t", 0, REFERENCE_OCI_ARCHIVE, "a.tar", "t" },
	{ "docker-archive:a.tar:localhost/x:1", 0, REFERENCE_DOCKER_ARCHIVE, "a.tar",
		"localhost/x:1" },
	{ "tar:a:b", 0, REFERENCE_TAR, "a:b", NULL },
	{ "/some/root.tar.gz", 0, REFERENCE_PLAIN, "/some/root.tar.gz", NULL },
	{ "oci-x.tar", 0, REFERENCE_PLAIN, "oci-x.tar", NULL },
	{ "oci:", -EINVAL, 0, NULL, NULL },
	{ "oci-archive:-:v1", 0, REFERENCE_OCI_ARCHIVE, "-", "v1" },
	{ "-", 0, REFERENCE_PLAIN, "-", NULL },
	{ "oci:./-", 0, REFERENCE_OCI, "./-", NULL },
	{ "oci:-", -EINVAL, 0, NULL, NULL },
	{ "oci:-:v1", -EINVAL, 0, NULL, NULL },
	{ "oci::tag", -EINVAL, 0, NULL, NULL },
	{ "tar:", -EINVAL, 0, NULL, NULL },
	{ "", -EINVAL, 0, NULL, NULL },
	{ "oci:x:bad tag", -EINVAL, 0, NULL, NULL },
	{ "oci:x:../y", -EINVAL, 0, NULL, NULL },
	{ "docker-archive:a.tar:Upper", -EINVAL, 0, NULL, NULL },
};

START_TEST(a_reference_is_kind_path_and_tag)
{
	struct reference reference = { 0 };
	struct shale_error err = { 0 };
	int r = reference_parse(references[_i].text, &reference, &err);

	ck_assert_int_eq(r, references[_i].result);
	if (r < 0) {
		ck_assert_ptr_null(reference.path);
		ck_assert_int_ne(err.text[0], 0);
		return;
	}
	ck_assert_int_eq(reference.kind, references[_i].kind);
	ck_assert_str_eq(reference.path, references[_i].path);
	ck_assert_pstr_eq(reference.tag, references[_i].tag);
	reference_free(&reference);
}
END_TEST

static const struct {
	const char *text;
	bool ref_name, repo_tag;
} names[] = {
	{ "latest", true, true },
	{ "debian:12", true, true },
	{ "docker.io/library/debian:12", true, true },
	{ "localhost:5000/a/b:x", true, true },
	{ "Host.example:5000/a", true, true },
	{ "a--b", true, true },
	{ "a---b", false, true },
	{ "a__b", false, true },
	{ "a_b", true, true },
	{ "Upper", true, false },
	{ "upper:Tag_1", true, true },
	{ "a/", false, false },
	{ "/a", false, false },
	{ "a//b", false, false },
	{ "-a", false, false },
	{ "a-", false, false },
	{ "a:", false, false },
	{ "", false, false },
	{ "a b", false, false },
	{ "a:b:c", true, false },
	{ "sha@x", true, false },
};

START_TEST(names_follow_their_grammars)
{
	ck_assert_int_eq(reference_is_name(names[_i].text), names[_i].ref_name);
	ck_assert_int_eq(reference_is_repo_tag(names[_i].text), names[_i].repo_tag);
}
END_TEST

START_TEST(a_port_is_no_tag)
{
	ck_assert(!reference_has_tag("localhost:5000/a"));
	ck_assert(reference_has_tag("localhost:5000/a:b"));
	ck_assert(!reference_has_tag("a"));
}
END_TEST

static const struct {
	const char *text, *full;
} full_names[] = {
	{ "debian", "docker.io/library/debian:latest" },
	{ "debian:12", "docker.io/library/debian:12" },
	{ "a/b", "docker.io/a/b:latest" },
	{ "a/b/c:1", "docker.io/a/b/c:1" },
	{ "docker.io/debian:12", "docker.io/library/debian:12" },
	{ "docker.io/library/debian:12", "docker.io/library/debian:12" },
	{ "docker.io/a/b", "docker.io/a/b:latest" },
	{ "localhost/a", "localhost/a:latest" },
	{ "localhost:5000/a", "localhost:5000/a:latest" },
	{ "reg.example/x/a:2", "reg.example/x/a:2" },
};

START_TEST(a_full_name_has_a_host_and_a_tag)
{
	char *full = reference_full_name(full_names[_i].text);

	ck_assert_pstr_eq(full, full_names[_i].full);
	free(full);
}
END_TEST

static const struct {
	const char *path, *base;
} bases[] = {
	{ "/x/debian.tar", "debian" },
	{ "debian.tar.gz", "debian" },
	{ "debian.tar.zst", "debian" },
	{ "debian.tgz", "debian" },
	{ "/x/layout/", "layout" },
	{ "a.b", "a.b" },
	{ ".tar", ".tar" },
	{ "/", "" },
};

START_TEST(a_base_name_has_no_tar_suffix)
{
	char *base = reference_base_name(bases[_i].path);

	ck_assert_pstr_eq(base, bases[_i].base);
	free(base);
}
END_TEST

static const struct {
	const char *name, *file;
} encoded[] = {
	{ "debian", "debian.json" },
	{ "a_B-c.9", "a_B-c.9.json" },
	{ "docker.io/library/debian:12", "docker.io%2Flibrary%2Fdebian%3A12.json" },
	{ ".", "%2E.json" },
	{ "..", "%2E..json" },
	{ ".hidden", "%2Ehidden.json" },
	{ "100%", "100%25.json" },
	{ "\xc3\xa9", "%C3%A9.json" },
};

START_TEST(an_image_name_and_its_file_name_are_one_to_one)
{
	char *file = image_name_encode(encoded[_i].name);

	ck_assert_pstr_eq(file, encoded[_i].file);
	char *name = image_name_decode(file);
	ck_assert_pstr_eq(name, encoded[_i].name);
	free(name);
	free(file);
}
END_TEST

static const char *const foreign[] = { "debian", ".json", ".x.json", "%2f.json", "%2.json",
	"%.json", "%zz.json", "a%41.json", "a b.json", "a%~b.json", "%00.json", ".lock" };

START_TEST(a_file_name_that_encoding_never_makes_is_no_image)
{
	errno = 0;
	ck_assert_ptr_null(image_name_decode(foreign[_i]));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* "/" takes three bytes in a file's name, which may have 255, five of them for ".json". */
static const size_t lengths[] = { 1, 83, 85, 250, 251, 252, 512 };

START_TEST(a_long_name_has_a_file_of_its_own)
{
	char name[514] = { 0 }, other[514] = { 0 };
	const size_t length = lengths[_i];

	memset(name, length % 2 ? '/' : 'a', length);
	memcpy(other, name, length);
	other[length - 1] = 'b';
	char *file = image_name_encode(name), *others = image_name_encode(other);
	ck_assert_int_eq(image_name_check(name, NULL), 0);
	ck_assert_uint_le(strlen(file), 255);
	ck_assert_str_ne(file, others);
	ck_assert(image_name_is_long(file) == (length == 85 || length > 250));
	ck_assert_str_eq(file + strlen(file) - 5, ".json");
	free(file);
	free(others);
	memset(name, 'a', 513);
	ck_assert_int_eq(image_name_check(name, NULL), -ENAMETOOLONG);
}
END_TEST

static const struct {
	const char *machine, *os, *architecture, *variant;
	int better_than; /* index of a row that this one must match better than; -1: it must not
			    match */
} platforms[] = {
	{ "x86_64", "linux", "amd64", NULL, 1 },
	{ "x86_64", "linux", "amd64", "v3", 0 },
	{ "x86_64", "windows", "amd64", NULL, -1 },
	{ "x86_64", "linux", "386", NULL, -1 },
	{ "x86_64", "unknown", "unknown", NULL, -1 },
	{ "x86_64", "Linux", "x86_64", NULL, 1 },
	{ "x86_64", "linux", "AMD64", NULL, 1 },
	{ "x86_64", "linux", "i386", NULL, -1 },
	{ "aarch64", "linux", "aarch64", NULL, 1 },
	{ "aarch64", "linux", "arm64", "v8", 2 },
	{ "aarch64", "linux", "arm64", NULL, 1 },
	{ "armv7l", "linux", "arm", "v6", 2 },
	{ "armv7l", "linux", "arm", "v7", 10 },
	{ "armv7l", "linux", "arm", "v8", -1 },
	{ "armv6l", "linux", "arm", "v7", -1 },
};

START_TEST(a_platform_matches_as_well_as_its_code_runs)
{
	const struct platform host = platform_of_machine(platforms[_i].machine);
	int score = platform_match(
		&host, platforms[_i].os, platforms[_i].architecture, platforms[_i].variant);

	if (platforms[_i].better_than < 0)
		ck_assert_int_eq(score, 0);
	else
		ck_assert_int_gt(score, platforms[_i].better_than);
}
END_TEST

static const struct {
	const char *text;
	const char *os, *architecture, *variant; /* all NULL if the text is refused */
} wanted[] = {
	{ "linux/amd64", "linux", "amd64", "" },
	{ "linux/x86_64", "linux", "amd64", "" },
	{ "linux/aarch64", "linux", "arm64", "v8" },
	{ "linux/arm64", "linux", "arm64", "v8" },
	{ "linux/arm", "linux", "arm", "v7" },
	{ "linux/arm/v6", "linux", "arm", "v6" },
	{ "linux/armel", "linux", "arm", "v6" },
	{ "windows/amd64", "windows", "amd64", "" },
	{ "linux/s390x", "linux", "s390x", "" },
	{ "linux", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL },
	{ "/", NULL, NULL, NULL },
	{ "linux/", NULL, NULL, NULL },
	{ "/amd64", NULL, NULL, NULL },
	{ "linux/arm/", NULL, NULL, NULL },
	{ "linux/arm/v7/x", NULL, NULL, NULL },
	{ "linux/a b", NULL, NULL, NULL },
	{ "linux/" HEX64 HEX64, NULL, NULL, NULL },
};

START_TEST(a_platform_is_os_architecture_and_perhaps_variant)
{
	char buf[PLATFORM_MAX];
	struct platform platform;
	struct shale_error err = { 0 };
	int r = platform_parse(wanted[_i].text, buf, &platform, &err);

	ck_assert_int_eq(r, wanted[_i].os ? 0 : -EINVAL);
	if (r < 0)
		return;
	ck_assert_str_eq(platform.os, wanted[_i].os);
	ck_assert_str_eq(platform.architecture, wanted[_i].architecture);
	ck_assert_str_eq(platform.variant, wanted[_i].variant);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image references");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, only_sha256_and_sha512_with_their_small_digits_are_a_digest, 0,
		N_OF(digests));
	tcase_add_test(tests, digest_of_nothing_is_the_known_one);
	tcase_add_loop_test(tests, a_reference_is_kind_path_and_tag, 0, N_OF(references));
	tcase_add_loop_test(tests, names_follow_their_grammars, 0, N_OF(names));
	tcase_add_test(tests, a_port_is_no_tag);
	tcase_add_loop_test(tests, a_full_name_has_a_host_and_a_tag, 0, N_OF(full_names));
	tcase_add_loop_test(tests, a_base_name_has_no_tar_suffix, 0, N_OF(bases));
	tcase_add_loop_test(
		tests, an_image_name_and_its_file_name_are_one_to_one, 0, N_OF(encoded));
	tcase_add_loop_test(
		tests, a_file_name_that_encoding_never_makes_is_no_image, 0, N_OF(foreign));
	tcase_add_loop_test(tests, a_long_name_has_a_file_of_its_own, 0, N_OF(lengths));
	tcase_add_loop_test(tests, a_platform_is_os_architecture_and_perhaps_variant, 0,
		sizeof(wanted) / sizeof(*wanted));
	tcase_add_loop_test(tests, a_platform_matches_as_well_as_its_code_runs, 0, N_OF(platforms));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
