/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/apply_fixture.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/sysmacros.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool is_opaque(int root, const char *path)
{
	auto_close int fd = openat(root, path, O_PATH | O_CLOEXEC);

	return opaque_get(fd, XATTR_USER) == OPAQUE_YES;
}

/* ---- what layers hold ---- */

static const struct tar_entry plain[] = {
	{ .name = "dir/", .type = '5', .mode = 0750, .mtime = 1000 },
	{ .name = "dir/file", .data = "words", .mode = 04711, .mtime = 2000 },
	{ .name = "dir/link", .type = '2', .link = "../elsewhere", .mtime = 3000 },
	{ .name = "dir/hard", .type = '1', .link = "dir/file", .mode = 04711, .mtime = 2000 },
	{ .name = "fifo", .type = '6', .mode = 0600, .mtime = 4000 },
	{ .name = "nano", .pax = "mtime=7.000000123\npath=n/\xc3\xa4/\xff" },
};

START_TEST(each_kind_of_file_is_made_as_it_was)
{
	struct applied applied = apply_entries(plain, COUNT(plain), 0);
	auto_free char *words = scratch_read(applied.root, "dir/hard");

	ck_assert_str_eq(words, "words");
	ck_assert_uint_eq(applied.result.bytes, strlen("words") + strlen("../elsewhere"));
	ck_assert_uint_eq(applied.result.entries, COUNT(plain));
	struct stat file = stat_of(applied.root, "dir/file");
	ck_assert_uint_eq(file.st_mode, S_IFREG | 04711);
	ck_assert_uint_eq(file.st_nlink, 2);
	ck_assert_int_eq(file.st_mtim.tv_sec, 2000);
	ck_assert_int_eq(stat_of(applied.root, "dir").st_mtim.tv_sec, 1000);
	ck_assert_int_eq(stat_of(applied.root, "dir/link").st_mtim.tv_sec, 3000);
	ck_assert_uint_eq(stat_of(applied.root, "fifo").st_mode, S_IFIFO | 0600);
	struct stat nano = stat_of(applied.root, "n/\xc3\xa4/\xff");
	ck_assert_int_eq(nano.st_mtim.tv_nsec, 123);
	struct stat implied = stat_of(applied.root, "n");
	ck_assert_uint_eq(implied.st_mode, S_IFDIR | 0755);
	ck_assert_int_eq(implied.st_mtim.tv_sec, 0);
}
END_TEST

START_TEST(devices_and_owners_are_made_by_root)
{
	static const struct tar_entry entries[] = {
		{ .name = "block", .type = '4', .major = 8, .minor = 300, .uid = 7, .gid = 8 },
		{ .name = "char", .type = '3', .major = 4095, .minor = (1 << 20) - 1 },
		{ .name = "file", .uid = 1000, .gid = 2000000, .mode = 06755 },
		{ .name = "many", .type = '3', .major = 4096 + 5, .minor = (1 << 20) + 6 },
		{ .name = "hidden", .type = '3', .major = 4096, .minor = 1 << 20 },
		{ .name = "more", .pax = "uid=4294967303\ngid=-4294967288" },
		{ .name = "most", .pax = "uid=9223372036854775807\ngid=4294967295" },
		{ .name = "none", .pax = "SCHILY.xattr.security.capability=" },
	};
	struct tarball tar = { 0 };
	static const char capability[20] = { 0, 0, 0, 2, 0, 0x20 };

	tarball_add(&tar, &entries[0]);
	tarball_add(&tar, &entries[1]);
	/* Tests the order of the changes: a later chown or chmod would remove the capability. */
	tarball_add_pax(&tar, "SCHILY.xattr.security.capability", capability, sizeof(capability));
	for (size_t i = 2; i < COUNT(entries); i++)
		tarball_add(&tar, &entries[i]);
	tarball_end(&tar);
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	struct stat st = stat_of(applied.root, "block");
	ck_assert(S_ISBLK(st.st_mode) && st.st_rdev == makedev(8, 300) && st.st_uid == 7);
	st = stat_of(applied.root, "char");
	ck_assert(S_ISCHR(st.st_mode) && st.st_rdev == makedev(4095, (1 << 20) - 1));
	st = stat_of(applied.root, "file");
	ck_assert(st.st_uid == 1000 && st.st_gid == 2000000 && (st.st_mode & 07777) == 06755);
	auto_close int fd = openat(applied.root, "file", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(opath_xattr_get(fd, "security.capability", NULL, 0), 20);
	/* The kernel uses only the low bits of larger numbers, also for the engines. */
	ck_assert_uint_eq(stat_of(applied.root, "many").st_rdev, makedev(5, 6));
	st = stat_of(applied.root, "hidden");
	ck_assert(stat_is_whiteout(&st));
	st = stat_of(applied.root, "more");
	ck_assert(st.st_uid == 7 && st.st_gid == 8);
	st = stat_of(applied.root, "most");
	ck_assert(st.st_uid == 0 && st.st_gid == 0);
	auto_close int none = openat(applied.root, "none", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(opath_xattr_get(none, "security.capability", NULL, 0), -ENODATA);
	tarball_free(&tar);
}
END_TEST

START_TEST(overlay_xattrs_of_the_image_are_escaped)
{
	static const struct tar_entry entries[] = { { .name = "nested/",
		.type = '5',
		.pax = "SCHILY.xattr.user.overlay.opaque=y\nSCHILY.xattr.user.plain=1\n"
		       "SCHILY.xattr.user.a%3Db=2" } };
	struct applied applied = apply_entries(entries, 1, 0);
	auto_close int fd = openat(applied.root, "nested", O_PATH | O_CLOEXEC);
	char value[2] = { 0 };

	ck_assert(!is_opaque(applied.root, "nested"));
	ck_assert_int_eq(opath_xattr_get(fd, "user.overlay.overlay.opaque", value, 1), 1);
	ck_assert_int_eq(value[0], 'y');
	ck_assert_int_eq(opath_xattr_get(fd, "user.plain", value, 1), 1);
	ck_assert_int_eq(opath_xattr_get(fd, "user.a=b", value, 1), 1);
	ck_assert_int_eq(value[0], '2');
}
END_TEST

/* Records of xattrs, and the xattrs that Go's readers see in them. "YWxpZW4" is "alien" in
 * base64. */
static const struct {
	const char *pax;
	const char *name, *value; /* NULL: the file gets no xattr */
} recorded[] = {
	{ "SCHILY.xattr.user.x=1", "user.x", "1" },
	{ "SCHILY.xattr.user.x=1\nSCHILY.xattr.user.x=2", "user.x", "2" },
	{ "LIBARCHIVE.xattr.user.x=YWxpZW4\nSCHILY.xattr.user.x=1", "user.x", "1" },
	{ "SCHILY.xattr.user.x=1\nLIBARCHIVE.xattr.user.x=YWxpZW4", "user.x", "1" },
	{ "LIBARCHIVE.xattr.user.x=YWxpZW4", "user.x", NULL },
	{ "LIBARCHIVE.xattr.user.y=YWxpZW4\nSCHILY.xattr.user.x=1", "user.y", NULL },
	{ "SCHILY.xattr.user.a%3Db=1\nLIBARCHIVE.xattr.user.a%3Db=YWxpZW4", "user.a=b", "1" },
	{ "SCHILY.xattr.user.a%2525=1", "user.a%25", "1" },
	{ "SCHILY.xattr.user.a%41=1", "user.a%41", "1" },
	{ "SCHILY.xattr.user.x=", "user.x", "" },
};

START_TEST(an_xattr_is_what_its_last_schily_record_says)
{
	const struct tar_entry entry = { .name = "x", .pax = recorded[_i].pax };
	struct applied applied = apply_entries(&entry, 1, 0);
	auto_close int fd = openat(applied.root, "x", O_PATH | O_CLOEXEC);
	char value[16] = { 0 };
	ssize_t n = opath_xattr_get(fd, recorded[_i].name, value, sizeof(value) - 1);

	ck_assert_int_eq(n, recorded[_i].value ? (ssize_t)strlen(recorded[_i].value) : -ENODATA);
	if (recorded[_i].value)
		ck_assert_str_eq(value, recorded[_i].value);
}
END_TEST

/* The kernel refuses user.* xattrs on everything but files and directories. */
START_TEST(an_xattr_that_no_link_can_have_is_counted)
{
	static const struct tar_entry entries[] = {
		{ .name = "link", .type = '2', .link = "x", .pax = "SCHILY.xattr.user.x=1" },
		{ .name = "fifo",
			.type = '6',
			.pax = "SCHILY.xattr.user.x=1\nSCHILY.xattr.user.y=1" },
		{ .name = "trusted", .type = '2', .link = "x", .pax = "SCHILY.xattr.trusted.x=1" },
		{ .name = "file", .pax = "SCHILY.xattr.user.x=1" },
	};
	const size_t n = COUNT(entries);
	struct applied applied = apply_entries(entries, n, 0);
	auto_close int link = openat(applied.root, "trusted", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	const bool root = scratch_is_real_root();

	ck_assert_uint_eq(applied.result.skipped_xattrs, root ? 3 : 4);
	if (root)
		ck_assert_int_eq(opath_xattr_get(link, "trusted.x", NULL, 0), 1);
}
END_TEST

START_TEST(default_acls_are_not_inherited_while_unpacking)
{
	static const struct tar_entry entries[] = {
		{ .name = "dir/",
			.type = '5',
			.pax = "SCHILY.acl.default=user::rwx,user:0:rwx,"
			       "group::r-x,mask::rwx,other::---" },
		{ .name = "dir/file", .mode = 0640 },
		{ .name = "file",
			.mode = 0664,
			.pax = "SCHILY.acl.access=user::rw-,user:0:rw-,group::r--,mask::rw-,"
			       "other::r--" },
		{ .name = "empty", .pax = "SCHILY.xattr.system.posix_acl_access=\2\1\1\1" },
		{ .name = "", .type = '5', .mode = 0750 },
	};
	struct applied applied = apply_entries(entries, COUNT(entries), 0);
	auto_close int dir = openat(applied.root, "dir", O_PATH | O_CLOEXEC);
	auto_close int inside = openat(applied.root, "dir/file", O_PATH | O_CLOEXEC);
	auto_close int file = openat(applied.root, "file", O_PATH | O_CLOEXEC);

	ck_assert_int_eq(opath_xattr_get(dir, "system.posix_acl_default", NULL, 0), 4 + 5 * 8);
	ck_assert_int_lt(opath_xattr_get(inside, "system.posix_acl_access", NULL, 0), 0);
	ck_assert_uint_eq(stat_of(applied.root, "dir/file").st_mode & 0777, 0640);
	ck_assert_int_eq(opath_xattr_get(file, "system.posix_acl_access", NULL, 0), 4 + 5 * 8);
	ck_assert_uint_eq(stat_of(applied.root, "file").st_mode & 0777, 0664);
	/* An empty access list counts as none, and a directory without a name is the root. */
	ck_assert_uint_eq(stat_of(applied.root, "empty").st_mode & 0777, 0644);
	ck_assert_uint_eq(stat_of(applied.root, ".").st_mode & 0777, 0750);
}
END_TEST

START_TEST(names_are_bytes_in_every_locale)
{
	static const struct tar_entry entries[] = { { .name = "x", .pax = "path=e\xcc\x81" },
		{ .name = "x", .pax = "path=\xc3\xa9" } };

	setlocale(LC_ALL, "C.UTF-8");
	struct applied applied = apply_entries(entries, 2, 0);
	auto_free char *names = scratch_names(applied.root);
	ck_assert_str_eq(names, "e\xcc\x81 f\n\xc3\xa9 f\n");
}
END_TEST

START_TEST(long_runs_of_zeros_become_holes)
{
	struct tarball tar = { 0 };
	size_t size = 4 << 20;
	char *data = malloc(size + 1);

	memset(data, 'x', size);
	data[size] = 0;
	tarball_add(&tar, &(struct tar_entry){ .name = "big", .data = data });
	memset(tar.data + 512 + 1000, 0, size - 2000);
	tarball_end(&tar);
	tar.step = 10000;
	struct applied applied = apply_tarball(&tar);
	ck_assert_int_eq(applied.code, 0);
	struct stat st = stat_of(applied.root, "big");
	ck_assert_int_eq(st.st_size, (long)size);
	ck_assert_int_lt(st.st_blocks * 512, (long)size / 2);
	auto_close int fd = openat(applied.root, "big", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, data, size), (long)size);
	ck_assert_int_eq(memcmp(data, tar.data + 512, size), 0);
	free(data);
	tarball_free(&tar);
}
END_TEST

/* ---- whiteouts ---- */

/* Applies each set of entries forwards and backwards. */
static const struct {
	/* "x/" is a directory, "x" a file, "x@" a link to y, "x!" a character device 0/0 */
	const char *names[4];
	const char *tree;
	const char *opaque; /* the opaque directory; NULL: none */
} hidden[] = {
	{ { ".wh.gone" }, "gone c\n", NULL },
	{ { "d/", "d/.wh.gone" }, "d d\nd/gone c\n", NULL },
	{ { "file", ".wh.file" }, "file f\n", NULL },
	{ { "dir/", ".wh.dir", "dir/in" }, "dir d\ndir/in f\n", "dir" },
	{ { ".wh.dir", "dir/in" }, "dir d\ndir/in f\n", "dir" },
	{ { "d/", "d/.wh..wh..opq", "d/in" }, "d d\nd/in f\n", "d" },
	{ { "d/.wh..wh..opq", "d/.wh.gone" }, "d d\n", "d" },
	{ { "d/.wh..wh..opq", "d/e/.wh.gone" }, "d d\nd/e d\n", "d" },
	{ { "x", "x/.wh.gone", "x/y/.wh..wh..opq" }, "x f\n", NULL },
	{ { "x@", "x/.wh.gone", "x/.wh..wh..opq", "y/" }, "x l\ny d\n", NULL },
	{ { "d/x@", "d/x/z/.wh.gone", "d/y/in" }, "d d\nd/x l\nd/y d\nd/y/in f\n", NULL },
	{ { "zero!", "d/zero!" }, "d d\nd/zero c\nzero c\n", NULL },
	{ { ".wh..wh.plnk/1.2", "d/.wh..wh.aufs", "x" }, "x f\n", NULL },
};

static void add_named(struct tarball *tar, const char *name)
{
	char text[64], last = name[strlen(name) - 1];
	struct tar_entry entry = { .name = name, .type = '0', .mtime = 9 };

	if (last == '/')
		entry.type = '5';
	if (last == '@' || last == '!') {
		snprintf(text, sizeof(text), "%.*s", (int)strlen(name) - 1, name);
		entry.name = text;
		entry.type = last == '@' ? '2' : '3';
		entry.link = last == '@' ? "y" : NULL;
	}
	tarball_add(tar, &entry);
}

START_TEST(whiteouts_hide_nothing_of_their_own_stream_in_any_order)
{
	for (int backwards = 0; backwards < 2; backwards++) {
		struct tarball tar = { 0 };
		size_t n = 0;
		while (n < 4 && hidden[_i].names[n])
			n++;
		for (size_t i = 0; i < n; i++)
			add_named(&tar, hidden[_i].names[backwards ? n - 1 - i : i]);
		tarball_end(&tar);
		struct applied applied = apply_tarball(&tar);
		ck_assert_msg(applied.code == 0, "%s", applied.err.text);
		auto_free char *tree = scratch_names(applied.root);
		ck_assert_str_eq(tree, hidden[_i].tree);
		if (hidden[_i].opaque)
			ck_assert(is_opaque(applied.root, hidden[_i].opaque));
		else
			ck_assert(!strstr(tree, "d d\n") || !is_opaque(applied.root, "d"));
		tarball_free(&tar);
	}
}
END_TEST

/* Entries that are applied to a layer with d/e/f and g, forwards and backwards. */
static const struct {
	const char *names[4];
	const char *tree;
	const char *opaque;
} on_a_layer[] = {
	{ { ".wh..wh..opq" }, "d c\ng c\n", NULL },
	{ { ".wh..wh..opq", "d/", "g" }, "d d\ng f\n", "d" },
	{ { ".wh..wh..opq", "d/e/.wh.f", ".wh.g", "h" }, "d d\nd/e d\ng c\nh f\n", "d" },
	{ { "d/.wh.e", "d/e/" }, "d d\nd/e d\n", "d/e" },
	{ { "d/e/.wh.f", "d/.wh.absent" }, "d d\nd/absent c\nd/e d\nd/e/f c\n", NULL },
	{ { "x/.wh.y", "g/.wh.z", "d/e/f/.wh.z" }, "d d\nd/e d\nd/e/f d\ng d\nx d\n", NULL },
	{ { "g!", "d/e!" }, "d d\nd/e c\ng c\n", NULL },
	{ { "x@", "y/", "y/z!" }, "x l\ny d\n", NULL },
};

static void make_layer_below(int root)
{
	scratch_mkdir(root, "d");
	scratch_mkdir(root, "d/e");
	scratch_write(root, "d/e/f", "f");
	scratch_write(root, "g", "g");
}

START_TEST(whiteouts_are_kept_where_the_layers_below_show_something)
{
	for (int backwards = 0; backwards < 2; backwards++) {
		auto_close int below = scratch_dir();
		struct tarball tar = { 0 };
		size_t n = 0;
		make_layer_below(below);
		while (n < 4 && on_a_layer[_i].names[n])
			n++;
		for (size_t i = 0; i < n; i++)
			add_named(&tar, on_a_layer[_i].names[backwards ? n - 1 - i : i]);
		tarball_end(&tar);
		struct applied applied = apply_with(&tar,
			(struct apply_spec){ .class = XATTR_USER, .below = &below, .n_below = 1 });
		ck_assert_msg(applied.code == 0, "%s", applied.err.text);
		auto_free char *tree = scratch_names(applied.root);
		ck_assert_str_eq(tree, on_a_layer[_i].tree);
		if (on_a_layer[_i].opaque)
			ck_assert(is_opaque(applied.root, on_a_layer[_i].opaque));
		tarball_free(&tar);
	}
}
END_TEST

START_TEST(a_bottom_layer_has_no_whiteouts)
{
	struct tarball tar = { 0 };

	add_named(&tar, ".wh.gone");
	add_named(&tar, "zero!");
	add_named(&tar, "d/");
	add_named(&tar, "d/.wh..wh..opq");
	add_named(&tar, ".wh..wh..opq");
	tarball_end(&tar);
	struct applied applied = apply_with(
		&tar, (struct apply_spec){ .class = XATTR_USER, .bottom = true });
	ck_assert_int_eq(applied.code, 0);
	auto_free char *tree = scratch_names(applied.root);
	ck_assert_str_eq(tree, "d d\n");
	ck_assert(!is_opaque(applied.root, "d"));
	tarball_free(&tar);
}
END_TEST

/* ---- one name, several entries ---- */

static const struct {
	struct tar_entry entries[4];
	const char *tree;
} repeated[] = {
	{ { { .name = "x", .data = "old" }, { .name = "x", .data = "new" } }, "x f\n" },
	{ { { .name = "x", .data = "old" }, { .name = "x", .type = '5' } }, "x d\n" },
	{ { { .name = "x/", .type = '5' }, { .name = "x/y/z" }, { .name = "x" } }, "x f\n" },
	{ { { .name = "x/", .type = '5' }, { .name = "x/y" }, { .name = "x/", .type = '5' } },
		"x d\nx/y f\n" },
	{ { { .name = "x" }, { .name = "x", .type = '2', .link = "y" } }, "x l\n" },
	{ { { .name = "x" }, { .name = "x", .type = '1', .link = "x" } }, "x f\n" },
	{ { { .name = "x" }, { .name = "y/", .type = '5' },
		  { .name = "y", .type = '1', .link = "x" } },
		"x f\ny f\n" },
	{ { { .name = "x/y/", .type = '5' }, { .name = "x", .type = '2', .link = "z" },
		  { .name = "z/", .type = '5' }, { .name = "x/f" } },
		"x l\nz d\nz/f f\n" },
	{ { { .name = "x/y/", .type = '5' }, { .name = "x", .type = '2', .link = "x" },
		  { .name = "f" } },
		"f f\nx l\n" },
};

START_TEST(the_last_of_several_entries_wins)
{
	apply_gives(repeated[_i].entries, 4, repeated[_i].tree);
}
END_TEST

/* ---- ownership in xattrs ---- */

START_TEST(override_keeps_owner_mode_and_device_in_an_xattr)
{
	static const struct tar_entry entries[] = {
		{ .name = "d/", .type = '5', .mode = 0111, .uid = 5, .gid = 6 },
		{ .name = "d/f", .mode = 04000, .uid = 5, .gid = 6, .data = "x" },
		{ .name = "n", .type = '4', .major = 8, .minor = 1, .uid = 5 },
		{ .name = "l", .type = '2', .link = "x", .uid = 5 },
		{ .name = "c", .pax = "SCHILY.xattr.security.capability=abc" },
		{ .name = "made/f" },
	};
	static const char *const shown[] = { "d", "d/f", "n", "made" };
	static const mode_t modes[] = { S_IFDIR | 0111, S_IFREG | 04000, S_IFBLK | 0644,
		S_IFDIR | 0755 };
	struct tarball tar = { 0 };

	for (size_t i = 0; i < COUNT(entries); i++)
		tarball_add(&tar, &entries[i]);
	tarball_end(&tar);
	struct applied applied = apply_with(
		&tar, (struct apply_spec){ .class = XATTR_USER, .ownership = OWNERSHIP_OVERRIDE });
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	for (size_t i = 0; i < COUNT(shown); i++) {
		struct stat st = stat_of(applied.root, shown[i]);
		auto_close int fd = openat(applied.root, shown[i], O_PATH | O_CLOEXEC);
		ck_assert_uint_eq(st.st_uid, geteuid());
		ck_assert_uint_eq(st.st_mode & 0777, 0700);
		ck_assert_int_eq(override_get(fd, &st), 0);
		ck_assert_uint_eq(st.st_mode, modes[i]);
		ck_assert_uint_eq(st.st_uid, i < 3 ? 5 : 0);
	}
	auto_close int fd = openat(applied.root, "c", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(
		opath_xattr_get(fd, OVERRIDE_XATTR_PREFIX "security.capability", NULL, 0), 3);
	tarball_free(&tar);
}
END_TEST

static void add_layer_tests(TCase *tests)
{
	tcase_add_test(tests, each_kind_of_file_is_made_as_it_was);
	if (scratch_is_real_root())
		tcase_add_test(tests, devices_and_owners_are_made_by_root);
	tcase_add_test(tests, overlay_xattrs_of_the_image_are_escaped);
	tcase_add_loop_test(
		tests, an_xattr_is_what_its_last_schily_record_says, 0, COUNT(recorded));
	tcase_add_test(tests, an_xattr_that_no_link_can_have_is_counted);
	tcase_add_test(tests, default_acls_are_not_inherited_while_unpacking);
	tcase_add_test(tests, names_are_bytes_in_every_locale);
	tcase_add_test(tests, long_runs_of_zeros_become_holes);
	tcase_add_loop_test(
		tests, whiteouts_hide_nothing_of_their_own_stream_in_any_order, 0, COUNT(hidden));
	tcase_add_loop_test(tests, whiteouts_are_kept_where_the_layers_below_show_something, 0,
		COUNT(on_a_layer));
	tcase_add_test(tests, a_bottom_layer_has_no_whiteouts);
	tcase_add_loop_test(tests, the_last_of_several_entries_wins, 0, COUNT(repeated));
	tcase_add_test(tests, override_keeps_owner_mode_and_device_in_an_xattr);
}

static void resolve_by_hand(void)
{
	beneath_set_way(BENEATH_BY_HAND);
}

int main(void)
{
	Suite *suite = suite_create("apply");
	TCase *kernel = tcase_create("apply");
	TCase *by_hand = tcase_create("apply without openat2");

	if (!scratch_become_root())
		return 77;
	add_layer_tests(kernel);
	add_layer_tests(by_hand);
	tcase_add_checked_fixture(by_hand, resolve_by_hand, NULL);
	suite_add_tcase(suite, kernel);
	suite_add_tcase(suite, by_hand);
	return suite_run(suite);
}
