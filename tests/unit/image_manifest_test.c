/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/image/image_config.h"
#include "common/image/document.h"
#include "common/image/manifest.h"
#include "common/image/blobs/tar_member.h"
#include "tests/unit/suite.h"

#define N_OF(a)     ((int)(sizeof(a) / sizeof(*(a))))
#define A64         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64         "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define A_AT        "\"digest\":\"sha256:" A64 "\",\"size\":1"
#define B_AT        "\"digest\":\"sha256:" B64 "\",\"size\":2"
#define NAMED(name) "\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name "\"}"
#define FULL(name, tag)                                                                            \
	"\"annotations\":{\"io.containerd.image.name\":\"" name                                    \
	"\",\"org.opencontainers.image.ref.name\":\"" tag "\"}"
#define BOTH                                                                                       \
	INDEX("{" A_AT "," FULL("docker.io/library/a:1", "1") "},{" B_AT "," FULL(                 \
		"docker.io/b/c:1", "1") "}")
#define FOR(arch)      "\"platform\":{\"os\":\"linux\",\"architecture\":\"" arch "\"}"
#define INDEX(entries) "{\"schemaVersion\":2,\"manifests\":[" entries "]}"

static const struct platform amd64 = { "amd64", "", "linux" };

static json_t *parse(const char *text)
{
	json_t *value;

	ck_assert_int_eq(document_parse(text, strlen(text), &value, NULL), 0);
	return value;
}

static const struct {
	const char *index, *tag;
	int result;
	char digit; /* the first digit of the digest that must be chosen */
	const char *words;
} tags[] = {
	{ INDEX("{" A_AT "," NAMED("one") "},{" B_AT "," NAMED("two") "}"), "two", 0, 'b', NULL },
	{ INDEX("{" A_AT "," NAMED("one") "},{" B_AT "," NAMED("two") "}"), NULL, -EINVAL, 0,
		"one, two" },
	{ INDEX("{" A_AT "," NAMED("one") "},{" B_AT "," NAMED("two") "}"), "three", -ENOENT, 0,
		"one, two" },
	{ INDEX("{" A_AT "," NAMED("one") "}"), NULL, 0, 'a', NULL },
	{ INDEX("{" A_AT "}"), NULL, 0, 'a', NULL },
	{ INDEX("{" A_AT "}"), "one", -ENOENT, 0, "without a tag" },
	{ INDEX("{" A_AT "," FOR("arm64") "},{" B_AT "," FOR("amd64") "}"), NULL, 0, 'b', NULL },
	{ INDEX("{" A_AT "," NAMED("x") "," FOR("amd64") "},{" B_AT
							 "," NAMED("x") "," FOR("386") "}"),
		"x", 0, 'a', NULL },
	{ INDEX("{" A_AT "," FOR("arm64") "},{" B_AT "," FOR("386") "}"), NULL, -EINVAL, 0,
		"amd64" },
	{ INDEX("{" A_AT "," NAMED("x") "},{" A_AT "," NAMED("x") "}"), "x", 0, 'a', NULL },
	{ INDEX("{" A_AT "," NAMED("x") "},{" A_AT "," NAMED("x") "}"), NULL, 0, 'a', NULL },
	{ BOTH, "docker.io/library/a:1", 0, 'a', NULL },
	{ BOTH, "a:1", 0, 'a', NULL },
	{ BOTH, "b/c:1", 0, 'b', NULL },
	{ BOTH, "1", -EINVAL, 0, "which tag? there are: docker.io/library/a:1, docker.io/b/c:1" },
	{ BOTH, NULL, -EINVAL, 0, "which tag? there are: docker.io/library/a:1, docker.io/b/c:1" },
	{ BOTH, "c:1", -ENOENT, 0, "docker.io/b/c:1" },
	{ INDEX("{" A_AT "," FULL("docker.io/library/a:1", "1") "}"), "1", 0, 'a', NULL },
	{ INDEX(""), NULL, -ENOENT, 0, "no image" },
	{ "{\"manifests\":{}}", NULL, -EBADMSG, 0, "index" },
	{ "{\"manifests\":[],\"layers\":[]}", NULL, -EBADMSG, 0, "index" },
	{ "[1]", NULL, -EBADMSG, 0, "index" },
};

START_TEST(a_tag_chooses_from_the_index)
{
	json_t *index = parse(tags[_i].index);
	struct shale_error err = { 0 };
	const json_t *entry;
	int r = index_find_tag(index, tags[_i].tag, &amd64, &entry, &err);

	ck_assert_int_eq(r, tags[_i].result);
	if (r == 0)
		ck_assert_int_eq(document_string(entry, "digest")[7], tags[_i].digit);
	else
		ck_assert_msg(strstr(err.text, tags[_i].words), "%s", err.text);
	json_decref(index);
}
END_TEST

static const struct {
	const char *index;
	char digit; /* the first digit of the digest that must be chosen; 0: none suits */
} platforms[] = {
	{ INDEX("{" A_AT "," FOR("arm64") "},{" B_AT "," FOR("amd64") "}"), 'b' },
	{ INDEX("{" A_AT ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}},{" B_AT
		"," FOR("amd64") "}"),
		'b' },
	{ INDEX("{" A_AT ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":"
		"\"v3\"}},{" B_AT "," FOR("amd64") "}"),
		'b' },
	{ INDEX("{" A_AT "," FOR("arm64") "},{" B_AT "," FOR("386") "}"), 0 },
	{ INDEX("{" A_AT "," FOR("arm64") "}"), 0 },
	{ INDEX("{" A_AT "}"), 'a' },
	{ INDEX("{" A_AT "},{" B_AT "," FOR("amd64") "}"), 'b' },
	{ INDEX("{" A_AT "," FOR("arm64") "},{" B_AT "}"), 'b' },
	{ INDEX(""), 0 },
};

START_TEST(the_host_chooses_its_platform)
{
	json_t *index = parse(platforms[_i].index);
	struct shale_error err = { 0 };
	const json_t *entry;
	int r = index_find_platform(index, &amd64, &entry, &err);

	ck_assert_int_eq(r, platforms[_i].digit ? 0 : -ENOENT);
	if (r == 0)
		ck_assert_int_eq(document_string(entry, "digest")[7], platforms[_i].digit);
	json_decref(index);
}
END_TEST

static const struct {
	const char *text;
	int result;
} descriptors[] = {
	{ "{" A_AT "}", 0 },
	{ "{\"digest\":\"../../x\",\"size\":1}", -EBADMSG },
	{ "{\"digest\":\"sha256:" A64 "\"}", 0 },
	{ "{\"digest\":\"sha256:" A64 "\",\"size\":null}", 0 },
	{ "{\"digest\":\"sha256:" A64 "\",\"size\":-1}", -EBADMSG },
	{ "{\"digest\":\"sha256:" A64 "\",\"size\":\"1\"}", -EBADMSG },
	{ "{\"digest\":\"sha256:" A64 "\",\"size\":1.5}", -EBADMSG },
	{ "{\"digest\":7,\"size\":1}", -EBADMSG },
	{ "[]", -EBADMSG },
};

START_TEST(a_descriptor_has_a_digest_and_no_impossible_size)
{
	json_t *object = parse(descriptors[_i].text);
	struct descriptor descriptor;

	ck_assert_int_eq(descriptor_parse(object, &descriptor, NULL), descriptors[_i].result);
	json_decref(object);
}
END_TEST

#define CONFIG      "\"config\":{\"mediaType\":\"" MEDIA_CONFIG "\"," A_AT "}"
#define LAYER(type) "{\"mediaType\":\"" type "\"," B_AT "}"

static const struct {
	const char *text;
	int result;
	size_t n;
} manifests[] = {
	{ "{" CONFIG ",\"layers\":[" LAYER(MEDIA_LAYER_GZ) "]}", 0, 1 },
	{ "{\"config\":{\"mediaType\":\"application/vnd.docker.container.image.v1+json\"," A_AT
	  "},\"layers\":[" LAYER("application/vnd.docker.image.rootfs.diff.tar.gzip") "]}",
		0, 1 },
	{ "{" CONFIG ",\"layers\":[]}", 0, 0 },
	{ "{" CONFIG ",\"layers\":[" LAYER("application/vnd.oci.image.layer.v1.tar+encrypted") "]}",
		-EOPNOTSUPP, 0 },
	{ "{" CONFIG ",\"layers\":[{" B_AT "}]}", 0, 1 },
	{ "{\"config\":{\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\"," A_AT
	  "},\"layers\":[]}",
		-EOPNOTSUPP, 0 },
	{ "{" CONFIG ",\"layers\":[7]}", -EBADMSG, 0 },
	{ "{" CONFIG "}", 0, 0 },
	{ "{" CONFIG ",\"layers\":null}", 0, 0 },
	{ "{" CONFIG ",\"layers\":{}}", -EBADMSG, 0 },
	{ "{\"config\":{\"mediaType\":\"application/octet-stream\"," A_AT "},\"layers\":[]}", 0,
		0 },
	{ "{\"layers\":[]}", -EBADMSG, 0 },
	{ "{" CONFIG ",\"layers\":[],\"manifests\":[]}", -EBADMSG, 0 },
	{ "[]", -EBADMSG, 0 },
};

START_TEST(a_manifest_has_a_config_and_layers_of_known_types)
{
	json_t *manifest = parse(manifests[_i].text);
	struct descriptor config, *layers;
	size_t n;
	int r = manifest_parse(manifest, &config, &layers, &n, NULL);

	ck_assert_int_eq(r, manifests[_i].result);
	if (r == 0) {
		ck_assert_uint_eq(n, manifests[_i].n);
		free(layers);
	}
	json_decref(manifest);
}
END_TEST

START_TEST(the_chain_id_of_one_layer_is_its_diff_id)
{
	char id[DIGEST_SIZE];

	ck_assert_int_eq(config_chain_id(NULL, "sha256:" A64, id), 0);
	ck_assert_str_eq(id, A64);
}
END_TEST

/* The expected digests are those of: printf 'sha256:AAA sha256:BBB' | sha256sum, with 64 digits
 * each. */
START_TEST(a_chain_id_hashes_the_parents_and_the_diff_id)
{
	char id[DIGEST_SIZE], expected[DIGEST_SIZE];
	const char *text = "sha256:" A64 " sha256:" B64;

	ck_assert_int_eq(config_chain_id(A64, "sha256:" B64, id), 0);
	ck_assert_int_eq(digest_of(text, strlen(text), expected), 0);
	ck_assert_str_eq(id, digest_hex(expected));
}
END_TEST

static size_t layers_told(const json_t *config)
{
	const json_t *entry;
	size_t i, n = 0;

	json_array_foreach(json_object_get(config, "history"), i, entry)
		n += !json_is_true(json_object_get(entry, "empty_layer"));
	return n;
}

static const char *const configs[] = {
	"{\"rootfs\":{\"diff_ids\":[\"sha256:" A64 "\"]}}",
	"{\"rootfs\":{\"diff_ids\":[\"sha256:" A64 "\"]},\"history\":[{\"empty_layer\":true}]}",
	"{\"rootfs\":{\"diff_ids\":[\"sha256:" A64 "\"]},\"history\":[{},{},{}]}",
	"{\"rootfs\":{\"diff_ids\":[\"sha256:" A64 "\"]},\"history\":null}",
	"{\"rootfs\":{\"diff_ids\":[\"sha256:" A64 "\"]},\"history\":[{\"created_by\":\"x\"}]}",
};

START_TEST(history_tells_of_each_layer_once)
{
	json_t *config = parse(configs[_i]);

	ck_assert_int_eq(config_mend_history(config), 0);
	ck_assert_uint_eq(layers_told(config), 1);
	const struct history_entry entry = { .created_by = "test" };
	ck_assert_int_eq(config_add_layer(config, "sha256:" B64), 0);
	ck_assert_int_eq(config_add_history(config, &entry), 0);
	ck_assert_uint_eq(layers_told(config), 2);
	char(*ids)[DIGEST_SIZE];
	size_t n;
	ck_assert_int_eq(config_diff_ids(config, &ids, &n, NULL), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(ids[1], "sha256:" B64);
	free(ids);
	json_decref(config);
}
END_TEST

static const struct {
	const char *created;
	int64_t seconds;
} times[] = {
	{ "{\"created\":\"1970-01-01T00:01:00Z\"}", 60 },
	{ "{\"created\":\"1970-01-01T01:01:00.123456789+01:00\"}", 60 },
	{ "{\"created\":\"1969-12-31T22:31:00-01:30\"}", 60 },
	{ "{\"created\":\"yesterday\"}", 7 },
	{ "{\"created\":1}", 7 },
	{ "{}", 7 },
};

START_TEST(created_is_an_rfc_3339_time)
{
	json_t *config = parse(times[_i].created);

	ck_assert_int_eq(config_created(config, 7), times[_i].seconds);
	json_decref(config);
}
END_TEST

START_TEST(source_date_epoch_is_now)
{
	setenv("SOURCE_DATE_EPOCH", "12345", 1);
	ck_assert_int_eq(config_now(), 12345);
	setenv("SOURCE_DATE_EPOCH", "soon", 1);
	ck_assert_int_gt(config_now(), 1000000000);
	unsetenv("SOURCE_DATE_EPOCH");
	ck_assert_int_gt(config_now(), 1000000000);
}
END_TEST

static const char *const no_json[] = { "", "x", "{", "{} {}", "{\"a\":\"\n\"}", "{\"a\":\"\\",
	"{\"a\":\"\\ud8", "{\"a\":-}", "\xff", "{\"a\xff" };

START_TEST(text_that_is_no_json_is_refused)
{
	json_t *value;

	ck_assert_int_eq(document_parse(no_json[_i], strlen(no_json[_i]), &value, NULL), -EBADMSG);
}
END_TEST

/* Strings in JSON, and their values as Go's encoding/json reads them. */
static const struct {
	const char *text, *value; /* VALUE is that of the key "a", printed */
} lenient[] = {
	{ "{\"a\":1,\"a\":2}", "2" },
	{ "{\"a\":\"x\xff\xffy\"}", "\"x\xEF\xBF\xBD\xEF\xBF\xBDy\"" },
	{ "{\"a\":\"\xC3\xA9\xE2\x82\"}", "\"\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	{ "{\"a\":\"\xED\xA0\x80\"}", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	{ "{\"a\":\"\\ud800\"}", "\"\xEF\xBF\xBD\"" },
	{ "{\"a\":\"\\udc00x\"}", "\"\xEF\xBF\xBDx\"" },
	{ "{\"a\":\"\\ud800\\ud83d\\ude00\"}", "\"\xEF\xBF\xBD\xF0\x9F\x98\x80\"" },
	{ "{\"a\":\"\\ud83d\\ude00\"}", "\"\xF0\x9F\x98\x80\"" },
	{ "{\"a\":\"\\u0000\"}", "\"\\u0000\"" },
	{ "{\"a\":18446744073709551615}", "9223372036854775807" },
	{ "{\"a\":-18446744073709551615}", "-9223372036854775808" },
	{ "{\"a\":7,\"b\":1e400}", "7" },
	{ "{\"a\":7,\"b\":-1.5E+999}", "7" },
	{ "{\"a\":7,\"\xfe\":\"18446744073709551615\"}", "7" },
};

START_TEST(json_that_go_reads_is_read)
{
	json_t *object = parse(lenient[_i].text);
	char *text = json_dumps(json_object_get(object, "a"), JSON_ENCODE_ANY);

	ck_assert_str_eq(text, lenient[_i].value);
	free(text);
	json_decref(object);
}
END_TEST

START_TEST(a_string_with_a_nul_is_no_text)
{
	json_t *object = parse("{\"a\":\"sha256:" A64 "\\u0000\",\"b\":\"c\"}");

	ck_assert_ptr_null(document_string(object, "a"));
	ck_assert_str_eq(document_string(object, "b"), "c");
	json_decref(object);
}
END_TEST

static const struct {
	const char *base, *path, *result;
} paths[] = {
	{ "", "manifest.json", "manifest.json" },
	{ "", "./a//b/", "a/b" },
	{ "", "/a/b", "a/b" },
	{ "x/y", "../z/layer.tar", "x/z/layer.tar" },
	{ "x", "../z.tar", "z.tar" },
	{ "x", "/abs", "abs" },
	{ "x", "../../z.tar", NULL },
	{ "", "..", NULL },
	{ "", "", NULL },
	{ "", "a/..", NULL },
};

START_TEST(a_member_path_stays_in_the_archive)
{
	int code;
	char *path = member_path(paths[_i].base, paths[_i].path, &code);

	ck_assert_pstr_eq(path, paths[_i].result);
	free(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image documents");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, a_tag_chooses_from_the_index, 0, N_OF(tags));
	tcase_add_loop_test(tests, the_host_chooses_its_platform, 0, N_OF(platforms));
	tcase_add_loop_test(
		tests, a_descriptor_has_a_digest_and_no_impossible_size, 0, N_OF(descriptors));
	tcase_add_loop_test(
		tests, a_manifest_has_a_config_and_layers_of_known_types, 0, N_OF(manifests));
	tcase_add_test(tests, the_chain_id_of_one_layer_is_its_diff_id);
	tcase_add_test(tests, a_chain_id_hashes_the_parents_and_the_diff_id);
	tcase_add_loop_test(tests, history_tells_of_each_layer_once, 0, N_OF(configs));
	tcase_add_loop_test(tests, created_is_an_rfc_3339_time, 0, N_OF(times));
	tcase_add_test(tests, source_date_epoch_is_now);
	tcase_add_loop_test(tests, text_that_is_no_json_is_refused, 0, N_OF(no_json));
	tcase_add_loop_test(tests, json_that_go_reads_is_read, 0, N_OF(lenient));
	tcase_add_test(tests, a_string_with_a_nul_is_no_text);
	tcase_add_loop_test(tests, a_member_path_stays_in_the_archive, 0, N_OF(paths));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
