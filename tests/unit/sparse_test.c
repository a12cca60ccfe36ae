/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/sparse.h"

#include "common/base/scope.h"
#include "tests/unit/apply_fixture.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MIB          ((int64_t)1 << 20)
#define TIB          ((int64_t)1 << 40)

/* ---- maps that are made ---- */

static const struct {
	int64_t size;
	/* Ranges to fill with text, or with zeros if the size is negative. */
	struct extent written[4];
	const char *map; /* the map that must be found; NULL: none */
} files[] = {
	{ 256 * MIB, { { 0 } }, NULL },
	{ 256 * MIB + 4096, { { 0 } }, "1\n268439552\n0\n" },
	{ 256 * MIB + 4096, { { 0, 1 } }, NULL },
	{ 256 * MIB + 8193, { { 0, 1 } }, "2\n0\n4096\n268443649\n0\n" },
	{ 8 * TIB, { { 8 * TIB - 1, 1 } }, "1\n8796093018112\n4096\n" },
	{ 8 * TIB - 1, { { 8 * TIB - 2, 1 } }, "1\n8796093018112\n4095\n" },
	{ 8 * TIB, { { 2048 * MIB - 1, 1 }, { 4096 * MIB - 1, 2 } },
		"3\n2147479552\n4096\n4294963200\n8192\n8796093022208\n0\n" },
	/* A long run of zeros is a hole whatever the filesystem says; a short one is data. */
	{ 8 * TIB, { { 0, -4 * MIB } }, "1\n8796093022208\n0\n" },
	{ 8 * TIB, { { MIB, 1 }, { MIB + 4096, -61440 }, { MIB + 65536, 1 } },
		"2\n1048576\n69632\n8796093022208\n0\n" },
	{ 8 * TIB, { { MIB, 1 }, { MIB + 4096, -65536 }, { MIB + 69632, 1 } },
		"3\n1048576\n4096\n1118208\n4096\n8796093022208\n0\n" },
	{ 8 * TIB, { { MIB, 1 }, { MIB + 61440, 1 } }, "2\n1048576\n65536\n8796093022208\n0\n" },
};

static int make_file(int64_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	return fd;
}

static void write_extent(int fd, const struct extent *extent)
{
	const int64_t size = extent->size < 0 ? -extent->size : extent->size;
	auto_free char *data = calloc(1, (size_t)size + 1);

	memset(data, extent->size < 0 ? 0 : 'x', (size_t)size);
	ck_assert_int_eq(pwrite(fd, data, (size_t)size, extent->offset), size);
}

START_TEST(a_map_has_what_is_not_zero)
{
	auto_sparse struct sparse sparse = { 0 };
	auto_close int fd = make_file(files[_i].size);
	auto_free char *text = NULL;
	size_t size;

	for (size_t i = 0; i < COUNT(files[_i].written); i++)
		if (files[_i].written[i].size)
			write_extent(fd, &files[_i].written[i]);
	int r = sparse_find(fd, files[_i].size, &sparse);
	ck_assert_int_eq(r, files[_i].map != NULL);
	if (!r)
		return;
	ck_assert_int_eq(sparse_text(&sparse, &text, &size), 0);
	ck_assert_str_eq(text, files[_i].map);
}
END_TEST

/* Tests that the shortest holes become data when the map is too long for readers. */
START_TEST(a_map_takes_less_than_a_mebibyte)
{
	enum { WRITES = 45000 };
	const int64_t size = INT64_MAX - 4095, step = size / WRITES / 4096 * 4096;
	auto_sparse struct sparse sparse = { 0 };
	auto_close int fd = make_file(size);
	auto_free char *text = NULL;
	size_t length, at = 0;

	for (int i = 0; i < WRITES; i++)
		ck_assert_int_eq(pwrite(fd, "x", 1, i * step + i % 2 * 1000 * MIB), 1);
	ck_assert_int_eq(sparse_find(fd, size, &sparse), 1);
	ck_assert_int_eq(sparse_text(&sparse, &text, &length), 0);
	ck_assert_uint_le(length, 1024 * 1024);
	ck_assert_uint_gt(length, 1024 * 1024 - 4096);
	ck_assert_int_lt(sparse.data, size / 4);
	for (int i = 0; i < WRITES; i++) {
		const int64_t offset = i * step + i % 2 * 1000 * MIB;
		while (at < sparse.n &&
			sparse.extents[at].offset + sparse.extents[at].size <= offset)
			at++;
		ck_assert_uint_lt(at, sparse.n);
		ck_assert_int_le(sparse.extents[at].offset, offset);
	}
}
END_TEST

/* ---- maps that are read ---- */

#define V1(size)                                                                                   \
	"GNU.sparse.major=1\nGNU.sparse.minor=0\nGNU.sparse.name=sparse\nGNU.sparse."              \
	"realsize=" size
#define V01(size, blocks, map)                                                                     \
	"GNU.sparse.size=" size "\nGNU.sparse.numblocks=" blocks "\nGNU.sparse.map=" map
#define V00(size, a, b, c, d)                                                                      \
	"GNU.sparse.size=" size "\nGNU.sparse.numblocks=2\nGNU.sparse.offset=" a                   \
	"\nGNU.sparse.numbytes=" b "\nGNU.sparse.offset=" c "\nGNU.sparse.numbytes=" d
#define BLOCK                                                                                      \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"                         \
	"0123456789012345678901234567890123456789012345678901234567890123"

/* Maps of version 1.0: the text before the data, which are two blocks. */
static const struct {
	const char *pax, *map;
	int code;
	const char *words;
} maps[] = {
	{ V1("8796093022208"), "2\n512\n512\n8796093021696\n512\n", 0, NULL },
	{ V01("8796093022208", "2", "512,512,8796093021696,512"), NULL, 0, NULL },
	{ V00("8796093022208", "512", "512", "8796093021696", "512"), NULL, 0, NULL },
	{ V1("8796093022208"), "2\n512\n512\n600\n512\n", -EBADMSG, "overlap" },
	{ V1("8796093022208"), "2\n1024\n512\n0\n512\n", -EBADMSG, "overlap" },
	{ V1("8796093022208"), "2\n512\n512\n8796093022208\n512\n", -EBADMSG, "beyond its size" },
	{ V1("1023"), "2\n0\n512\n512\n512\n", -EBADMSG, "beyond its size" },
	{ V1("100"), "2\n0\n512\n512\n512\n", -EBADMSG, "beyond its size" },
	{ V1("8796093022208"), "2\n-512\n512\n1024\n512\n", -EBADMSG, "damaged" },
	{ V1("8796093022208"), "2\n512\n-512\n1024\n512\n", -EBADMSG, "damaged" },
	{ V1("8796093022208"), "2\n9223372036854775807\n512\n1024\n512\n", -EBADMSG, "damaged" },
	{ V1("8796093022208"), "1\n99999999999999999999\n512\n", -EBADMSG, "damaged" },
	{ V1("8796093022208"), "99999999999999999999\n", -EBADMSG, "damaged" },
	{ V1("8796093022208"), "100000\n0\n1\n", -EBADMSG, "damaged" },
	{ V1("8796093022208"), "x\n", -EBADMSG, "damaged" },
	{ V1("-1"), "1\n0\n512\n", -EFBIG, "larger than the limit" },
	{ V01("8796093022208", "2", "512,512,600,512"), NULL, -EBADMSG, "overlap" },
	{ V01("1000", "2", "0,512,512,512"), NULL, -EBADMSG, "beyond its size" },
	{ V01("8796093022208", "2", "512,-512,1024,512"), NULL, -EBADMSG, "damaged" },
	{ V00("8796093022208", "1024", "512", "0", "512"), NULL, -EBADMSG, "overlap" },
	{ V00("1000", "0", "512", "512", "512"), NULL, -EBADMSG, "beyond its size" },
};

START_TEST(a_map_that_lies_is_refused_with_words)
{
	char data[3 * 512 + 1] = { 0 };
	const size_t head = maps[_i].map ? 512 : 0;
	struct tarball tar = { 0 };

	memset(data, '.', head);
	if (maps[_i].map)
		memcpy(data, maps[_i].map, strlen(maps[_i].map));
	memcpy(data + head, BLOCK BLOCK, 1024);
	tarball_add(
		&tar, &(struct tar_entry){ .name = "sparse", .pax = maps[_i].pax, .data = data });
	tarball_add(&tar, &(struct tar_entry){ .name = "next" });
	tarball_end(&tar);
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == maps[_i].code, "%d %s", applied.code, applied.err.text);
	if (maps[_i].words)
		ck_assert_msg(strstr(applied.err.text, maps[_i].words), "%s", applied.err.text);
	tarball_free(&tar);
	auto_close int root = applied.root;
	auto_close int fd = applied.code < 0 ? -1 : openat(root, "sparse", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 8 * TIB);
	ck_assert_int_eq(pread(fd, data, 1024, 0), 1024);
	ck_assert(!memcmp(data + 512, BLOCK, 512) && data[0] == 0);
	ck_assert_int_eq(pread(fd, data, 1024, 8 * TIB - 512), 512);
	ck_assert(!memcmp(data, BLOCK, 512));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sparse");
	TCase *tests = tcase_create("sparse");

	if (!scratch_become_root())
		return 77;
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, a_map_has_what_is_not_zero, 0, COUNT(files));
	tcase_add_test(tests, a_map_takes_less_than_a_mebibyte);
	tcase_add_loop_test(tests, a_map_that_lies_is_refused_with_words, 0, COUNT(maps));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
