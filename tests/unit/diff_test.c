/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/apply.h"
#include "common/archive/diff/diff.h"
#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"
#include "common/overlay/whiteout.h"
#include "tests/unit/apply_fixture.h"
#include "tests/unit/suite.h"

#include <archive_entry.h>
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int upper, lower;

static void make_layers(void)
{
	upper = scratch_dir();
	lower = scratch_dir();
}

static struct diff_spec spec_of(const int *layers, size_t n, size_t above)
{
	return (struct diff_spec){ .layers = layers,
		.n_layers = n,
		.n_above = above,
		.class = XATTR_USER,
		.ownership = OWNERSHIP_REAL };
}

static struct tarball diff_once(const struct diff_spec *spec, int code, const char *words)
{
	auto_close int fd = memfd_create("tar", MFD_CLOEXEC);
	struct tarball tar = { 0 };
	struct shale_error err = { 0 };
	char buf[65536];
	ssize_t n;
	int r = diff_tar(spec, fd, &err);

	ck_assert_msg(r == code, "%d %s", r, err.text);
	ck_assert_msg(!words || strstr(err.text, words), "%s", err.text);
	for (off_t at = 0; (n = pread(fd, buf, sizeof(buf), at)) > 0; at += n)
		tarball_put(&tar, buf, (size_t)n);
	return tar;
}

/* Returns the diff as a tarball. Fails the test unless the result is CODE, and the same with frozen
 * layers. */
static struct tarball diff_spec(const struct diff_spec *spec, int code, const char *words)
{
	struct diff_spec frozen = *spec;
	struct tarball tar = diff_once(spec, code, words);

	frozen.frozen = true;
	struct tarball again = diff_once(&frozen, code, words);
	ck_assert_uint_eq(tar.size, again.size);
	ck_assert(code < 0 || !memcmp(tar.data, again.data, tar.size));
	tarball_free(&again);
	return tar;
}

static struct tarball diff_two(int code, const char *words)
{
	int layers[] = { upper, lower };
	struct diff_spec spec = spec_of(layers, 2, 1);

	return diff_spec(&spec, code, words);
}

static void print_name(FILE *out, struct archive_entry *entry)
{
	const char *hard = archive_entry_hardlink(entry);
	const char *soft = archive_entry_symlink(entry);

	fprintf(out, "%s %o", archive_entry_pathname(entry),
		hard ? 0 : archive_entry_filetype(entry) >> 12);
	if (hard || soft)
		fprintf(out, " -> %s", hard ? hard : soft);
	fputc('\n', out);
}

/* Returns a line "NAME TYPE[ -> LINK]" for each entry. */
static char *list(const struct tarball *tar)
{
	return tarball_print(tar, print_name);
}

static void assert_diff(const char *want)
{
	struct tarball tar = diff_two(0, NULL);
	auto_free char *got = list(&tar);

	ck_assert_str_eq(got, want);
	tarball_free(&tar);
}

static void assert_applied_diff_is_upper(void)
{
	struct tarball tar = diff_two(0, NULL);
	struct applied applied = apply_tarball(&tar);
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	scratch_assert_same(applied.root, upper, NULL);
	tarball_free(&tar);
}

/* Makes a layer from the diff, whose diff must be the same. Returns the number of its entries. */
static uint64_t assert_diff_comes_back(void)
{
	struct tarball one = diff_two(0, NULL);
	struct applied applied = apply_tarball(&one);

	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	upper = applied.root;
	struct tarball two = diff_two(0, NULL);
	ck_assert_uint_eq(one.size, two.size);
	ck_assert_int_eq(memcmp(one.data, two.data, one.size), 0);
	tarball_free(&one);
	tarball_free(&two);
	return applied.result.entries;
}

START_TEST(names_are_sorted_and_links_come_after_their_target)
{
	scratch_write(upper, "b", "x");
	scratch_mkdir(upper, "a");
	ck_assert_int_eq(linkat(upper, "b", upper, "a/z", 0), 0);
	scratch_write(upper, "a.b", "x");
	ck_assert_int_eq(mkfifoat(upper, "fifo", 0600), 0);
	ck_assert_int_eq(symlinkat("to/where", upper, "link"), 0);
	assert_diff("a/ 4\na/z 10\na.b 10\nb 0 -> a/z\nfifo 1\nlink 12 -> to/where\n");
}
END_TEST

START_TEST(only_what_is_shown_below_is_hidden)
{
	scratch_write(lower, "there", "x");
	scratch_mkdir(lower, "opaque");
	scratch_mkdir(lower, "gone");
	scratch_write(lower, "isfile", "x");
	whiteout_make(upper, "there");
	whiteout_make(upper, "gone");
	whiteout_make(upper, "never");
	scratch_mkdir(upper, "opaque");
	scratch_mkdir(upper, "isfile");
	scratch_mkdir(upper, "new");
	scratch_xattr(upper, "opaque", "user.overlay.opaque", "y");
	scratch_xattr(upper, "isfile", "user.overlay.opaque", "y");
	scratch_xattr(upper, "new", "user.overlay.opaque", "y");
	whiteout_make(upper, "opaque/x");
	assert_diff(".wh.gone 10\nisfile/ 4\nnew/ 4\nopaque/ 4\nopaque/.wh..wh..opq 10\n"
		    ".wh.there 10\n");
}
END_TEST

START_TEST(a_name_that_a_middle_layer_hides_is_not_hidden_again)
{
	int layers[] = { upper, scratch_dir(), lower };
	struct diff_spec spec = spec_of(layers, 3, 1);

	scratch_write(lower, "x", "x");
	whiteout_make(layers[1], "x");
	whiteout_make(upper, "x");
	struct tarball tar = diff_spec(&spec, 0, NULL);
	auto_free char *one = list(&tar);
	ck_assert_str_eq(one, "");
	tarball_free(&tar);
	spec.n_above = 2;
	tar = diff_spec(&spec, 0, NULL);
	auto_free char *two = list(&tar);
	ck_assert_str_eq(two, ".wh.x 10\n");
	tarball_free(&tar);
	spec.n_above = 3;
	tar = diff_spec(&spec, 0, NULL);
	auto_free char *all = list(&tar);
	ck_assert_str_eq(all, "");
	tarball_free(&tar);
}
END_TEST

START_TEST(xattr_whiteouts_count_in_every_directory)
{
	scratch_mkdir(lower, "d");
	scratch_mkdir(upper, "d");
	scratch_write(lower, "d/gone", "x");
	scratch_write(lower, "d/real", "x");
	scratch_write(upper, "d/gone", "");
	scratch_write(upper, "d/real", "");
	scratch_xattr(upper, "d/gone", "user.overlay.whiteout", "");
	scratch_xattr(upper, "d", "user.overlay.opaque", "x");
	scratch_write(lower, "gone", "x");
	scratch_write(lower, "full", "x");
	scratch_write(upper, "gone", "");
	scratch_write(upper, "full", "x");
	scratch_xattr(upper, "gone", "user.overlay.whiteout", "");
	scratch_xattr(upper, "full", "user.overlay.whiteout", "");
	assert_diff("d/ 4\nd/.wh.gone 10\nd/real 10\nfull 10\n.wh.gone 10\n");
}
END_TEST

START_TEST(sockets_are_left_out_but_hide)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/s", upper);
	ck_assert_int_eq(bind(fd, (void *)&address, sizeof(address)), 0);
	assert_diff("");
	scratch_write(lower, "s", "x");
	assert_diff(".wh.s 10\n");
}
END_TEST

START_TEST(a_name_that_would_be_a_whiteout_is_refused)
{
	scratch_write(upper, ".wh.x", "");
	struct tarball tar = diff_two(-EINVAL, "diff '/.wh.x'");
	tarball_free(&tar);
}
END_TEST

START_TEST(a_redirect_is_refused)
{
	scratch_mkdir(upper, "d");
	scratch_xattr(upper, "d", "user.overlay.redirect", "/old");
	struct tarball tar = diff_two(-EOPNOTSUPP, "the directory '/d'");
	tarball_free(&tar);
}
END_TEST

START_TEST(metacopy_data_come_from_the_layer_that_has_them)
{
	scratch_write(lower, "f", "data");
	scratch_write(upper, "f", "\0");
	ck_assert_int_eq(fchmodat(upper, "f", 0600, 0), 0);
	auto_close int fd = openat(upper, "f", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(ftruncate(fd, 4), 0);
	scratch_xattr(upper, "f", "user.overlay.metacopy", "");
	struct tarball tar = diff_two(0, NULL);
	struct applied applied = apply_tarball(&tar);
	auto_free char *data = scratch_read(applied.root, "f");
	ck_assert_str_eq(data, "data");
	tarball_free(&tar);
	ck_assert_int_eq(unlinkat(lower, "f", 0), 0);
	tar = diff_two(-EOPNOTSUPP, "diff '/f'");
	tarball_free(&tar);
}
END_TEST

static void fill_layer(void)
{
	scratch_mkdir(upper, "d");
	scratch_write(upper, "d/\xc3\xa4\xff", "binary name");
	scratch_write(upper, "d/xattrs", "x");
	scratch_xattr(upper, "d/xattrs", "user.a=b%41", "1\n2=3");
	scratch_xattr(upper, "d/xattrs", "user.overlay.overlay.opaque", "y");
	scratch_xattr(upper, "d/xattrs", "user.empty", "");
	ck_assert_int_eq(fchmodat(upper, "d/xattrs", 06751, 0), 0);
	ck_assert_int_eq(linkat(upper, "d/xattrs", upper, "hard", 0), 0);
	utimensat(upper, "d/xattrs", (struct timespec[]){ { 0, 0 }, { -5, 0 } }, 0);
	utimensat(upper, "d", (struct timespec[]){ { 0, 0 }, { 1L << 34, 7 } }, 0);
	char target[1001] = { 0 };
	memset(target, 't', 1000);
	ck_assert_int_eq(symlinkat(target, upper, "long"), 0);
	if (!scratch_is_real_root())
		return;
	ck_assert_int_eq(fchownat(upper, "hard", 3000000, 4000000, 0), 0);
	ck_assert_int_eq(fchmodat(upper, "hard", 06751, 0), 0);
	ck_assert_int_eq(mknodat(upper, "dev", S_IFBLK | 0660, 0x12345), 0);
}

START_TEST(apply_of_diff_gives_the_layer_back)
{
	fill_layer();
	assert_applied_diff_is_upper();
}
END_TEST

START_TEST(acls_go_through)
{
	static const char acl[] = { 2, 0, 0, 0, 1, 0, 7, 0, -1, -1, -1, -1, 2, 0, 7, 0, 0, 0, 0, 0,
		4, 0, 4, 0, -1, -1, -1, -1, 16, 0, 6, 0, -1, -1, -1, -1, 32, 0, 0, 0, -1, -1, -1,
		-1 };
	scratch_mkdir(upper, "d");
	auto_close int fd = openat(upper, "d", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(opath_xattr_set(fd, "system.posix_acl_access", acl, sizeof(acl), 0), 0);
	ck_assert_int_eq(opath_xattr_set(fd, "system.posix_acl_default", acl, sizeof(acl), 0), 0);
	assert_applied_diff_is_upper();
}
END_TEST

START_TEST(the_same_layer_gives_the_same_bytes)
{
	fill_layer();
	(void)assert_diff_comes_back();
}
END_TEST

START_TEST(override_ownership_goes_through)
{
	struct stat st = { .st_mode = S_IFCHR | 0620, .st_uid = 5, .st_gid = 6, .st_rdev = 0x501 };
	int layers[] = { upper };
	struct diff_spec spec = { .layers = layers,
		.n_layers = 1,
		.n_above = 1,
		.class = XATTR_USER,
		.ownership = OWNERSHIP_OVERRIDE };

	scratch_write(upper, "tty", "");
	auto_close int fd = openat(upper, "tty", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(override_set(fd, &st), 0);
	scratch_write(upper, "ping", "x");
	fchmodat(upper, "ping", 0700, 0);
	fchmodat(upper, "tty", 0700, 0);
	scratch_xattr(upper, "ping", OVERRIDE_XATTR, "0:0:0755:file");
	scratch_xattr(upper, "ping", OVERRIDE_XATTR_PREFIX "security.capability", "cap");
	struct tarball tar = diff_spec(&spec, 0, NULL);
	auto_free char *names = list(&tar);
	ck_assert_str_eq(names, "ping 10\ntty 2\n");
	ck_assert_ptr_nonnull(
		memmem(tar.data, tar.size, "SCHILY.xattr.security.capability=cap", 36));
	ck_assert_ptr_null(memmem(tar.data, tar.size, "containers", 10));
	struct applied applied = apply_with(
		&tar, (struct apply_spec){ .class = XATTR_USER, .ownership = OWNERSHIP_OVERRIDE });
	ck_assert_msg(applied.code == 0, "%s", applied.err.text);
	scratch_assert_same(applied.root, upper, NULL);
	tarball_free(&tar);
}
END_TEST

START_TEST(many_layers_need_few_descriptors)
{
	struct rlimit limit = { 400, 400 };
	int layers[40];
	char path[64];

	for (size_t i = 0; i < 40; i++) {
		layers[i] = scratch_dir();
		path[0] = 0;
		for (size_t depth = 0; depth < 20; depth++) {
			strcat(path, depth ? "/d" : "d");
			scratch_mkdir(layers[i], path);
		}
		snprintf(path + strlen(path), 8, "/f%02zu", i);
		scratch_write(layers[i], path, "x");
	}
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (size_t above = 1; above <= 40; above += 13) {
		struct diff_spec spec = spec_of(layers, 40, above);
		struct tarball tar = diff_spec(&spec, 0, NULL);
		auto_free char *names = list(&tar);
		ck_assert_ptr_nonnull(strstr(names, "/f00 10\n"));
		ck_assert((strstr(names, "/f39 10\n") != NULL) == (above == 40));
		tarball_free(&tar);
	}
}
END_TEST

/* Tests paths longer than PATH_MAX. */
START_TEST(deep_trees_go_through)
{
	int at = dup(upper);

	for (int i = 0; i < 600; i++) {
		scratch_mkdir(at, "directory");
		int next = openat(at, "directory", O_RDONLY | O_CLOEXEC);
		close(at);
		at = next;
	}
	scratch_write(at, "bottom", "x");
	close(at);
	ck_assert_uint_eq(assert_diff_comes_back(), 601);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	int layers[] = { upper, lower };
	struct diff_spec spec = spec_of(layers, 2, 1);
	struct shale_error err = { 0 };
	auto_close int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	scratch_write(upper, "x", "x");
	ck_assert_int_eq(diff_tar(&spec, full, &err), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.text, "No space left on device"));
}
END_TEST

static int stop(const struct shale_change *change, void *arg)
{
	(void)change;
	return ++*(int *)arg == 2 ? 77 : 0;
}

START_TEST(a_listener_may_end_the_list)
{
	int layers[] = { upper, lower }, calls = 0;
	struct diff_spec spec = spec_of(layers, 2, 1);
	struct shale_error err = { 0 };

	scratch_write(upper, "1", "");
	scratch_write(upper, "2", "");
	scratch_write(upper, "3", "");
	ck_assert_int_eq(diff_changes(&spec, stop, &calls, &err), 77);
	ck_assert_int_eq(calls, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diff");
	TCase *tests = tcase_create("diff");

	if (!scratch_become_root())
		return 77;
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, make_layers, NULL);
	tcase_add_test(tests, names_are_sorted_and_links_come_after_their_target);
	tcase_add_test(tests, only_what_is_shown_below_is_hidden);
	tcase_add_test(tests, a_name_that_a_middle_layer_hides_is_not_hidden_again);
	tcase_add_test(tests, xattr_whiteouts_count_in_every_directory);
	tcase_add_test(tests, sockets_are_left_out_but_hide);
	tcase_add_test(tests, a_name_that_would_be_a_whiteout_is_refused);
	tcase_add_test(tests, a_redirect_is_refused);
	tcase_add_test(tests, metacopy_data_come_from_the_layer_that_has_them);
	tcase_add_test(tests, apply_of_diff_gives_the_layer_back);
	tcase_add_test(tests, acls_go_through);
	tcase_add_test(tests, the_same_layer_gives_the_same_bytes);
	tcase_add_test(tests, override_ownership_goes_through);
	tcase_add_test(tests, many_layers_need_few_descriptors);
	tcase_add_test(tests, deep_trees_go_through);
	tcase_add_test(tests, a_full_disk_is_told);
	tcase_add_test(tests, a_listener_may_end_the_list);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
