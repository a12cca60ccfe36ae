/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers as engines write them, header by header. The diff of such a layer must have the meaning of
 * the stream, whether owners are kept in inodes or in xattrs. */
#include "tests/unit/apply_fixture.h"

#include "common/archive/diff/diff.h"
#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
/* cap_net_bind_service=p */
#define CAPABILITY  "SCHILY.xattr.security.capability=\1\1\1\2\1\4" SEVEN_ZEROS SEVEN_ZEROS
#define SEVEN_ZEROS "\1\1\1\1\1\1\1"

/* Docker 20.10, overlay2: modes with the type, names of owners, no fractions of seconds. A whiteout
 * has the mode 0600; if it is a hard link on the disk, it has a target without meaning. An opaque
 * mark follows its directory and has its mode. A hard link repeats the xattrs. */
static const struct tar_entry docker[] = {
	{ "etc/", '5', .mode = 040755, .mtime = 5, .owner = "root" },
	{ "etc/passwd", '0', .data = "x", .mode = 0100644, .mtime = 6, .owner = "root",
		.pax = CAPABILITY },
	{ "etc/passwd.link", '1', .link = "etc/passwd", .mode = 0100644, .mtime = 6,
		.owner = "root", .pax = CAPABILITY },
	{ "opt/", '5', .mode = 041777, .mtime = 7, .owner = "root" },
	{ "opt/block", '4', .mode = 060644, .major = 7, .minor = 300, .owner = "root" },
	{ "opt/fifo", '6', .mode = 010640, .owner = "", .pax = "gid=4000000\nuid=3000000" },
	{ "opt/link", '2', .link = "/opt/fifo", .mode = 0120777, .mtime = 8, .owner = "root" },
	{ "opt/old", '0', .mode = 0104711, .owner = "root", .pax = "mtime=-86400" },
	{ "srv/", '5', .mode = 042755, .uid = 33, .gid = 44, .owner = "www-data" },
	{ "srv/.wh..wh..opq", '0', .mode = 0755, .uid = 33, .gid = 44, .owner = "www-data" },
	{ "srv/.wh.sub", '0', .mode = 0600, .mtime = 9, .link = "d/sub", .owner = "root" },
	{ ".wh.gone", '0', .mode = 0600, .mtime = 9, .owner = "root" },
};

static const char docker_meaning[] = "etc/ 755 0:0 5\n"
				     "etc/passwd 644 0:0 6 security.capability\n"
				     "etc/passwd.link = etc/passwd\n"
				     ".wh.gone 0 0:0 0\n"
				     "opt/ 1777 0:0 7\n"
				     "opt/block 644 0:0 0 7/300\n"
				     "opt/fifo 640 3000000:4000000 0\n"
				     "opt/link 777 0:0 8 -> /opt/fifo\n"
				     "opt/old 4711 0:0 -86400\n"
				     "srv/ 2755 33:44 0\n"
				     "srv/.wh..wh..opq 0 0:0 0\n";

/* BuildKit and containerd: no names of owners, no types in modes; whiteouts of all names that an
 * opaque directory hid, with the time of the build. */
static const struct tar_entry buildkit[] = {
	{ "t/", '5', .mode = 0755, .mtime = 5, .owner = "" },
	{ "t/keep/", '5', .mode = 0755, .mtime = 5, .owner = "" },
	{ "t/keep/h", '0', .mode = 0644, .data = "keep\n", .mtime = 5, .owner = "" },
	{ "t/op/", '5', .mode = 0755, .mtime = 5, .owner = "" },
	{ "t/op/.wh.a", '0', .mtime = 99, .owner = "" },
	{ "t/op/.wh.b", '0', .mtime = 99, .owner = "" },
	{ "t/op/n", '0', .mode = 0644, .mtime = 5, .owner = "" },
	{ "t/tofile", '0', .mode = 0644, .data = "file\n", .mtime = 5, .owner = "" },
	{ "t/tolink", '2', .mode = 0777, .link = "keep", .mtime = 5, .owner = "" },
};

static const char buildkit_meaning[] = "t/ 755 0:0 5\n"
				       "t/keep/ 755 0:0 5\n"
				       "t/keep/h 644 0:0 5\n"
				       "t/op/ 755 0:0 5\n"
				       "t/op/.wh.a 0 0:0 0\n"
				       "t/op/.wh.b 0 0:0 0\n"
				       "t/op/n 644 0:0 5\n"
				       "t/tofile 644 0:0 5\n"
				       "t/tolink 777 0:0 5 -> keep\n";

#define TIMES "atime=9.5\nctime=8.25\nmtime=7.000000123"

/* kaniko: the root is "/", and targets of hard links are absolute. Whiteouts have no mode and come
 * first, each below its parent directories, even if a parent is no directory any more. */
static const struct tar_entry kaniko[] = {
	{ "/", '5', .mode = 0755, .mtime = 7, .owner = "", .pax = TIMES },
	{ "t/", '5', .mode = 0700, .mtime = 7, .owner = "", .pax = TIMES },
	{ "t/.wh.gone", '0', .owner = "" },
	{ "t/tofile", '0', .mode = 0644, .data = "file\n", .owner = "", .pax = TIMES },
	{ "t/tofile/.wh.a", '0', .owner = "" },
	{ "t/tofile/.wh.sub", '0', .owner = "" },
	{ "t/tolink", '2', .mode = 0777, .link = "keep", .owner = "", .pax = TIMES },
	{ "t/tolink/.wh.a", '0', .owner = "" },
	{ "t/keep/", '5', .mode = 02755, .uid = 33, .gid = 44, .owner = "", .pax = TIMES },
	{ "t/keep/h", '0', .mode = 04755, .data = "h", .owner = "", .pax = CAPABILITY "\n" TIMES },
	{ "t/keep/more", '1', .mode = 04755, .link = "/t/keep/h", .owner = "",
		.pax = CAPABILITY "\n" TIMES },
};

static const char kaniko_meaning[] = "t/ 700 0:0 7.000000123\n"
				     "t/.wh.gone 0 0:0 0\n"
				     "t/keep/ 2755 33:44 7.000000123\n"
				     "t/keep/h 4755 0:0 7.000000123 security.capability\n"
				     "t/keep/more = t/keep/h\n"
				     "t/tofile 644 0:0 7.000000123\n"
				     "t/tolink 777 0:0 7.000000123 -> keep\n";

static const struct {
	const struct tar_entry *entries;
	size_t n;
	const char *meaning;
} streams[] = {
	{ docker, COUNT(docker), docker_meaning },
	{ buildkit, COUNT(buildkit), buildkit_meaning },
	{ kaniko, COUNT(kaniko), kaniko_meaning },
};

static void print_entry(FILE *out, struct archive_entry *entry)
{
	const char *name, *link = archive_entry_symlink(entry);
	const void *value;
	size_t size;

	fprintf(out, "%s", archive_entry_pathname(entry));
	if (archive_entry_hardlink(entry)) {
		fprintf(out, " = %s\n", archive_entry_hardlink(entry));
		return;
	}
	fprintf(out, " %o %d:%d %d", archive_entry_mode(entry) & 07777,
		(int)archive_entry_uid(entry), (int)archive_entry_gid(entry),
		(int)archive_entry_mtime(entry));
	if (archive_entry_mtime_nsec(entry))
		fprintf(out, ".%09ld", archive_entry_mtime_nsec(entry));
	if (archive_entry_filetype(entry) == AE_IFBLK)
		fprintf(out, " %d/%d", (int)archive_entry_rdevmajor(entry),
			(int)archive_entry_rdevminor(entry));
	if (link)
		fprintf(out, " -> %s", link);
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		fprintf(out, " %s", name);
	fputc('\n', out);
}

static struct applied apply_as(struct tarball *tar, enum ownership ownership)
{
	struct applied applied = apply_with(
		tar, (struct apply_spec){ .class = XATTR_USER, .ownership = ownership });

	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	return applied;
}

/* Makes the lower files that the streams hide. */
static int make_lower(enum ownership ownership)
{
	static const char *const names[] = { "gone", "srv/sub", "t/gone", "t/keep/a", "t/op/a",
		"t/op/b", "t/tofile/a", "t/tofile/sub", "t/tolink/a" };
	struct tarball tar = { 0 };

	for (size_t i = 0; i < COUNT(names); i++)
		tarball_add(&tar, &(struct tar_entry){ .name = names[i] });
	tarball_end(&tar);
	struct applied applied = apply_as(&tar, ownership);
	tarball_free(&tar);
	return applied.root;
}

/* Returns the diff of the layer made from TAR, in a store with that OWNERSHIP. */
static struct tarball through_layer(struct tarball *tar, enum ownership ownership)
{
	auto_close int lower = make_lower(ownership);
	auto_close int upper = apply_as(tar, ownership).root;
	const int layers[] = { upper, lower };
	const struct diff_spec spec = { .layers = layers,
		.n_layers = 2,
		.n_above = 1,
		.class = XATTR_USER,
		.ownership = ownership,
		.frozen = true };
	auto_close int fd = memfd_create("tar", MFD_CLOEXEC);
	struct tarball diff = { 0 };
	struct shale_error err = { 0 };
	char buf[4096];
	ssize_t n;

	ck_assert_msg(diff_tar(&spec, fd, &err) == 0, "%s", err.text);
	for (off_t at = 0; (n = pread(fd, buf, sizeof(buf), at)) > 0; at += n)
		tarball_put(&diff, buf, (size_t)n);
	return diff;
}

static void check_stream(size_t i, enum ownership ownership)
{
	struct tarball tar = { 0 };

	for (size_t e = 0; e < streams[i].n; e++)
		tarball_add(&tar, &streams[i].entries[e]);
	tarball_end(&tar);
	struct tarball diff = through_layer(&tar, ownership);
	auto_free char *meaning = tarball_print(&diff, print_entry);
	ck_assert_str_eq(meaning, streams[i].meaning);
	struct tarball again = through_layer(&diff, ownership);
	ck_assert_uint_eq(again.size, diff.size);
	ck_assert_int_eq(memcmp(again.data, diff.data, diff.size), 0);
	tarball_free(&again);
	tarball_free(&diff);
	tarball_free(&tar);
}

START_TEST(an_engines_stream_means_the_same_in_roots_store)
{
	check_stream((size_t)_i, OWNERSHIP_REAL);
}
END_TEST

START_TEST(an_engines_stream_means_the_same_where_owners_are_in_xattrs)
{
	check_stream((size_t)_i, OWNERSHIP_OVERRIDE);
}
END_TEST

/* ---- links ---- */

#define LONG_LINK "././@LongLink"

static const struct {
	struct tar_entry entries[4];
	const char *link, *target; /* a symbolic link, or, if TARGET is NULL, a hard link to f */
} targets[] = {
	{ { { .name = "l", .type = '2', .pax = "linkpath=\u65e5\u672c" } }, "l", "\u65e5\u672c" },
	{ { { .name = "l", .type = '2', .pax = "linkpath=\xff/\nlinkpath=\xfe" } }, "l", "\xfe" },
	{ { { .name = "f" }, { .name = "h", .type = '1', .pax = "linkpath=f" } }, "h", NULL },
	{ { { .name = LONG_LINK, .type = 'K', .data = "t" }, { .name = "l", .type = '2' } }, "l",
		"t" },
	{ { { .name = "f" }, { .name = LONG_LINK, .type = 'K', .data = "f" },
		  { .name = LONG_LINK, .type = 'L', .data = "h" }, { .name = "x", .type = '1' } },
		"h", NULL },
};

START_TEST(the_target_of_a_link_may_be_in_its_extended_header_alone)
{
	char target[PATH_MAX] = { 0 };
	size_t n = 0;

	while (n < 4 && targets[_i].entries[n].name)
		n++;
	struct applied applied = apply_entries(targets[_i].entries, n, 0);
	if (targets[_i].target) {
		ck_assert_int_gt(
			readlinkat(applied.root, targets[_i].link, target, PATH_MAX - 1), 0);
		ck_assert_str_eq(target, targets[_i].target);
		return;
	}
	ck_assert_uint_eq(
		stat_of(applied.root, "f").st_ino, stat_of(applied.root, targets[_i].link).st_ino);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply: streams of engines");
	TCase *tests = tcase_create("streams");

	if (scratch_is_real_root())
		tcase_add_loop_test(
			tests, an_engines_stream_means_the_same_in_roots_store, 0, COUNT(streams));
	tcase_add_loop_test(tests, an_engines_stream_means_the_same_where_owners_are_in_xattrs, 0,
		COUNT(streams));
	tcase_add_loop_test(
		tests, the_target_of_a_link_may_be_in_its_extended_header_alone, 0, COUNT(targets));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
