/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Headers that readers understand differently: a layer must have what Go's archive/tar, and so all
 * engines, read. */
#include "tests/unit/apply_fixture.h"

#include "common/base/scope.h"
#include "common/overlay/override.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define LONG         "././@LongLink"

/* Adds an extended header that has these records; each begins with its length. */
#define X(text)                                                                                    \
	{                                                                                          \
		.name = "PaxHeaders/x", .type = 'x', .data = text                                  \
	}
#define G(text)                                                                                    \
	{                                                                                          \
		.name = "PaxHeaders/g", .type = 'g', .data = text                                  \
	}
#define L(text)                                                                                    \
	{                                                                                          \
		.name = LONG, .type = 'L', .data = text                                            \
	}
#define K(text)                                                                                    \
	{                                                                                          \
		.name = LONG, .type = 'K', .data = text                                            \
	}
#define FILE_F                                                                                     \
	{                                                                                          \
		.name = "f", .data = "hello", .uid = 33, .gid = 44, .mtime = 9                     \
	}
#define LINK_L                                                                                     \
	{                                                                                          \
		.name = "l", .type = '2', .link = "own", .owner = ""                               \
	}
#define AUFS(x) ".wh..wh.plnk/" x
#define AUFS_FILE                                                                                  \
	{                                                                                          \
		.name = AUFS("1.2"), .data = "hello", .uid = 5                                     \
	}
#define LINK_TO(to) .type = '1', .link = to, .uid = 5

static const struct {
	struct tar_entry entries[5];
	const char *tree;
} read_as_go[] = {
	/* Of several extended headers only the last one counts. */
	{ { X("12 path=one\n11 mtime=5\n"), X("12 path=two\n8 uid=7\n"), FILE_F },
		"two 644 7:44 9 5\n" },
	{ { X("10 path=o\n"), X("12 path=two\n10 size=5\n"), FILE_F }, "two 644 33:44 9 5\n" },
	{ { X("25 SCHILY.xattr.user.a=1\n11 mtime=5\n"), X("25 SCHILY.xattr.user.b=1\n"), FILE_F },
		"f 644 33:44 9 5 user.b\n" },
	{ { X("16 linkpath=one\n"), X("12 path=two\n"), LINK_L }, "two -> own\n" },
	/* An extended header before a global header does not count, and a global header says
	 * nothing about the entry. */
	{ { X("11 path=xx\n"), G("11 path=gg\n"), FILE_F }, "f 644 33:44 9 5\n" },
	{ { L("long"), G("11 path=gg\n"), FILE_F }, "f 644 33:44 9 5\n" },
	{ { G("8 uid=1\n12 mtime=77\n"), X("11 path=xx\n"), FILE_F }, "xx 644 33:44 9 5\n" },
	/* A GNU long name counts more than an extended header, wherever it stands. */
	{ { X("12 path=pax\n"), L("gnu"), FILE_F }, "gnu 644 33:44 9 5\n" },
	{ { L("gnu"), X("12 path=pax\n"), FILE_F }, "gnu 644 33:44 9 5\n" },
	{ { X("16 linkpath=pax\n"), K("gnu"), LINK_L }, "l -> gnu\n" },
	{ { K("gnu"), X("16 linkpath=pax\n"), LINK_L }, "l -> gnu\n" },
	/* An empty record does not count: the value of the header counts. */
	{ { X("7 uid=\n7 gid=\n9 mtime=\n8 path=\n9 atime=\n"), FILE_F }, "f 644 33:44 9 5\n" },
	{ { X("8 uid=9\n7 uid=\n"), FILE_F }, "f 644 33:44 9 5\n" },
	{ { X("13 linkpath=\n"), LINK_L }, "l -> own\n" },
	/* A time may have a fraction, also before 1970; the last record of a key counts. */
	{ { X("11 mtime=5\n15 mtime=-0.25\n"), FILE_F }, "f 644 33:44 -1.750000000 5\n" },
	{ { X("28 mtime=1.1234567899999999\n"), FILE_F }, "f 644 33:44 1.123456789 5\n" },
	/* A device number in an extended header does not count. */
	{ { X("21 SCHILY.devmajor=9\n21 SCHILY.devminor=8\n"),
		  { .name = "c", .type = '3', .major = 1, .minor = 3, .owner = "" } },
		"c 644 0:0 0 1/3\n" },
	/* The type '0' is a file, whatever its name ends with. */
	{ { { .name = "f/", .owner = "" } }, "f 644 0:0 0 0\n" },
	/* The last hard link to a file gives it the metadata. */
	{ { FILE_F, { .name = "g",
			    .type = '1',
			    .link = "f",
			    .mode = 04755,
			    .uid = 5,
			    .mtime = 77,
			    .owner = "",
			    .pax = "SCHILY.xattr.user.z=1" } },
		"f 4755 5:0 77 5 user.z\ng 4755 5:0 77 5 user.z\n" },
	{ { LINK_L, { .name = "m", .type = '1', .link = "l", .mode = 0600, .mtime = 77 } },
		"l -> own\nm -> own\n" },
	/* AUFS keeps files for hard links in a directory that is no part of the layer. */
	{ { AUFS_FILE, { .name = "a", LINK_TO(AUFS("1.2")) }, { .name = "b", LINK_TO("a") },
		  { .name = ".wh..wh.orph/x" }, { .name = ".wh..wh.aufs" } },
		"a 644 5:0 0 5\nb 644 5:0 0 5\n" },
	{ { { .name = ".wh..wh.plnk/", .type = '5' }, { .name = "a", .data = "hello" },
		  { .name = AUFS("1.2"), LINK_TO("a") }, { .name = "b", LINK_TO(AUFS("1.2")) } },
		"a 644 5:0 0 5\nb 644 5:0 0 5\n" },
	/* Below a whiteout there is nothing, and the root is a directory. */
	{ { { .name = "d/", .type = '5', .owner = "" }, { .name = "d/.wh.x/y" },
		  { .name = ".wh.z/a/b" } },
		"d 755 0:0 0 0\n" },
	{ { { .name = "." }, { .name = "" }, { .name = "/", .type = '2', .link = "x" },
		  { .name = "./", .type = '1', .link = "x" }, { .name = "d", .owner = "" } },
		"d 644 0:0 0 0\n" },
	/* The archive may end behind an extended header. */
	{ { FILE_F, X("11 path=zz\n") }, "f 644 33:44 9 5\n" },
	{ { FILE_F, L("zz"), X("11 path=zz\n") }, "f 644 33:44 9 5\n" },
};

static void print_xattrs(FILE *out, int fd)
{
	char path[32], names[4096];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t n = listxattr(path, names, sizeof(names));
	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		if (strcmp(name, OVERRIDE_XATTR) != 0 && !strncmp(name, "user.", 5))
			fprintf(out, " %s", name);
}

static void print_file(FILE *out, int root, const char *name)
{
	auto_close int fd = openat(root, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char target[PATH_MAX] = { 0 };
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	if (S_ISLNK(st.st_mode)) {
		ck_assert_int_gt(readlinkat(fd, "", target, sizeof(target) - 1), 0);
		fprintf(out, "%s -> %s\n", name, target);
		return;
	}
	const struct timespec mtime = st.st_mtim;
	ck_assert_int_eq(override_get(fd, &st), 0);
	fprintf(out, "%s %o %u:%u %lld", name, st.st_mode & 07777, st.st_uid, st.st_gid,
		(long long)mtime.tv_sec);
	if (mtime.tv_nsec)
		fprintf(out, ".%09ld", mtime.tv_nsec);
	if (S_ISCHR(st.st_mode))
		fprintf(out, " %u/%u", major(st.st_rdev), minor(st.st_rdev));
	else
		fprintf(out, " %lld", S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size);
	print_xattrs(out, fd);
	fputc('\n', out);
}

static char *print_tree(int root)
{
	auto_free char *names = scratch_names(root);
	char *text = NULL, *save = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (char *line = strtok_r(names, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		*strchr(line, ' ') = 0;
		print_file(out, root, line);
	}
	fclose(out);
	return text;
}

static struct applied apply_all(const struct tar_entry *entries, struct tarball *tar)
{
	for (size_t i = 0; i < 5 && entries[i].name; i++)
		tarball_add(tar, &entries[i]);
	tarball_end(tar);
	return apply_with(
		tar, (struct apply_spec){ .class = XATTR_USER, .ownership = OWNERSHIP_OVERRIDE });
}

/* Compares shale's reading of row ROW with Go's. STEP is the number of bytes that the reader gets
 * at a time; 0: all that it asks for. */
static void must_read_as_go(int row, size_t step)
{
	struct tarball tar = { .step = step };
	struct applied applied = apply_all(read_as_go[row].entries, &tar);

	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	auto_free char *tree = print_tree(applied.root);
	ck_assert_str_eq(tree, read_as_go[row].tree);
	tarball_free(&tar);
}

START_TEST(headers_are_read_as_go_reads_them)
{
	must_read_as_go(_i, 0);
}
END_TEST

/* Tests headers that the reader finds in several pieces, because it gets a few bytes at a time. */
START_TEST(headers_are_the_same_in_pieces)
{
	must_read_as_go(_i, 100);
}
END_TEST

static const char *const damaged[] = { "12 path=one\n12 mtime=5\n", "11 path=one\n", "12 path=one ",
	"12 =ath=one\n", "12 pathxone\n", "4 x=\n", "12 mtime=1x\n", "13 mtime=1.x\n", "8 gid=x\n",
	"28 uid=18446744073709551616\n", "8 uid=-\n" };

START_TEST(a_damaged_record_is_refused)
{
	const struct tar_entry entries[5] = { X(damaged[_i]), FILE_F };
	struct tarball tar = { 0 };
	struct applied applied = apply_all(entries, &tar);

	ck_assert_msg(applied.code == -EBADMSG, "%d %s", applied.code, applied.err.text);
	tarball_free(&tar);
}
END_TEST

/* An archive that ends after an extended header may have lost an entry. It is refused, unless a
 * digest proves that it is complete. */
START_TEST(an_end_behind_an_extended_header_needs_a_digest)
{
	static const struct tar_entry file = FILE_F, extended = X("11 path=zz\n");
	struct tarball tar = { 0 };

	tarball_add(&tar, &file);
	tarball_add(&tar, &extended);
	struct applied applied = apply_tarball(&tar);
	ck_assert_int_eq(applied.code, -EBADMSG);
	applied = apply_with(&tar, (struct apply_spec){ .class = XATTR_USER,
					   .ownership = OWNERSHIP_OVERRIDE,
					   .digest_as = "sha256:" });
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	ck_assert(applied.result.lacks_end);
	tar.size -= 600;
	applied = apply_with(
		&tar, (struct apply_spec){ .class = XATTR_USER, .digest_as = "sha256:" });
	ck_assert_int_eq(applied.code, -EBADMSG);
	tarball_free(&tar);
}
END_TEST

static int64_t read_then_zeros(void *arg, void *buf, size_t size)
{
	struct tarball *tar = arg;
	int64_t n = tarball_read(tar, buf, size);

	if (n != 0)
		return n;
	memset(buf, 0, size);
	tar->interrupts++;
	return (int64_t)size;
}

START_TEST(zeros_without_an_end_are_not_read_for_ever)
{
	struct tarball tar = { 0 };
	struct apply_spec spec = {
		.class = XATTR_USER, .read = read_then_zeros, .arg = &tar, .root = scratch_dir()
	};
	struct apply_result result;
	struct shale_error err = { 0 };

	tarball_add(&tar, &(struct tar_entry){ .name = "f" });
	tarball_end(&tar);
	ck_assert_int_eq(apply_tar(&spec, &result, &err), -EFBIG);
	ck_assert_ptr_nonnull(strstr(err.text, "follow the end"));
	tarball_free(&tar);
}
END_TEST

START_TEST(the_last_record_of_a_tape_is_padding)
{
	char *zeros = calloc(1, 32 << 20);
	struct tarball tar = { 0 };

	tarball_add(&tar, &(struct tar_entry){ .name = "f" });
	tarball_end(&tar);
	tarball_put(&tar, zeros, 32 << 20);
	ck_assert_int_eq(apply_tarball(&tar).code, 0);
	tarball_free(&tar);
	free(zeros);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply: headers");
	TCase *tests = tcase_create("headers");

	if (!scratch_become_root())
		return 77;
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, headers_are_read_as_go_reads_them, 0, COUNT(read_as_go));
	tcase_add_loop_test(tests, headers_are_the_same_in_pieces, 0, COUNT(read_as_go));
	tcase_add_loop_test(tests, a_damaged_record_is_refused, 0, COUNT(damaged));
	tcase_add_test(tests, an_end_behind_an_extended_header_needs_a_digest);
	tcase_add_test(tests, zeros_without_an_end_are_not_read_for_ever);
	tcase_add_test(tests, the_last_record_of_a_tape_is_padding);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
