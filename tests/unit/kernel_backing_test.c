/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the kernel backend on each kind of filesystem, made on loop devices: a store works there,
 * or the probe says why not. */
#include "tests/unit/kernel_fixture.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/whiteout.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

/* Runs a shell command. Returns false if it fails. */
static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool run(const char *format, ...)
{
	char command[8192];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command) == 0;
}

struct backing {
	const char *name;
	/* Shell command that makes the filesystem in file $1 and mounts it at $2. */
	const char *make;
	const char *refused; /* words that the reason must have; NULL: a store works there */
	const char *program; /* the program that MAKE needs, or NULL */
};

static const struct backing backings[] = {
	{ "ext4", "truncate -s 64M $1; mkfs.ext4 -q $1 && mount -o loop $1 $2", NULL, "mkfs.ext4" },
	{ "xfs", "truncate -s 320M $1; mkfs.xfs -q $1 && mount -o loop $1 $2", NULL, "mkfs.xfs" },
	{ "btrfs", "truncate -s 128M $1; mkfs.btrfs -q $1 >/dev/null 2>&1 && mount -o loop $1 $2",
		NULL, "mkfs.btrfs" },
	{ "tmpfs", "mount -t tmpfs -o size=16m x $2", NULL, NULL },
	{ "ext4 without filetype",
		"truncate -s 64M $1; mkfs.ext4 -q -O ^filetype $1 && mount -o loop $1 $2",
		"this ext4 does not keep the type of a file in its directory", "mkfs.ext4" },
	{ "overlay",
		"mkdir $1.l $1.u $1.w; mount -t overlay -o "
		"lowerdir=$1.l,upperdir=$1.u,workdir=$1.w x "
		"$2",
		"refuses an upper directory on overlay", NULL },
	{ "read-only", "mount -t tmpfs -o size=16m x $2 && mount -o remount,ro $2",
		"Read-only file system", NULL },
	{ "full", "mount -t tmpfs -o nr_inodes=8 x $2", "No space left on device", NULL },
};
#define BACKINGS (sizeof(backings) / sizeof(*backings))

/* Mounts filesystem I in a directory of its own, whose path is BASE. */
static char *mount_backing(const struct backing *backing, char base[64])
{
	char *at = NULL;

	strcpy(base, "/var/tmp/shale-backing-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	ck_assert_int_gt(asprintf(&at, "%s/at", base), 0);
	ck_assert(run("mkdir %s && chmod 755 %s && set -- %s/image %s && %s", at, base, base, at,
		backing->make));
	return at;
}

static void umount_backing(const char *base)
{
	ck_assert(run("umount -l %s/at; rm -rf %s", base, base));
}

static bool can_make(const struct backing *backing)
{
	return !backing->program || run("command -v %s >/dev/null", backing->program);
}

static void work_in(struct fixture *fixture)
{
	struct stat st;
	enum xattr_class class = xattr_class_of_process();

	ck_assert_int_eq(mkdir("layer0/diff/dir", 0755), 0);
	make_file("layer0/diff/dir/hidden", "hidden");
	fixture_mount(fixture);
	assert_holds("top/merged/f2", "lower");
	ck_assert_int_eq(unlink("top/merged/f1"), 0);
	ck_assert_int_eq(unlink("top/merged/dir/hidden"), 0);
	ck_assert_int_eq(rmdir("top/merged/dir"), 0);
	ck_assert_int_eq(mkdir("top/merged/dir", 0755), 0);
	make_file("top/merged/f2", "new");
	fixture_umount(fixture);
	ck_assert_int_eq(lstat("top/diff/f1", &st), 0);
	ck_assert(stat_is_whiteout(&st));
	auto_close int dir = open("top/diff/dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(opaque_get(dir, class), OPAQUE_YES);
	fixture_mount(fixture);
	assert_holds("top/merged/f2", "new");
	ck_assert_int_lt(access("top/merged/dir/hidden", F_OK), 0);
	fixture_umount(fixture);
}

static void try_backing(const struct backing *backing)
{
	char base[64];
	auto_free char *at = mount_backing(backing, base);
	struct shale_error err = { 0 };

	auto_close int home = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = backend_kernel.probe(home, at, base, NULL, NULL, &err);
	ck_assert_msg(r == !backing->refused, "%s: probe says %d %s", backing->name, r, err.text);
	if (backing->refused) {
		ck_assert_msg(
			!!strstr(err.text, backing->refused), "%s: %s", backing->name, err.text);
		ck_assert_int_lt(err.code, 0);
	} else {
		setenv("TMPDIR", at, 1);
		struct fixture *fixture = fixture_open(128);
		work_in(fixture);
		fixture_close(fixture);
	}
	umount_backing(base);
}

START_TEST(a_store_works_there_or_the_probe_says_why_not)
{
	try_backing(&backings[_i]);
}
END_TEST

static void try_in_user_namespace(
	const struct backing *backing, const char *at, const char *run_path)
{
	struct shale_error err = { 0 };

	ck_assert_msg(shale_unshare(&err) >= 0, "%s", err.text);
	/* Open it now, because a layer must not be a mount of another namespace. */
	auto_close int home = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = backend_kernel.probe(home, at, run_path, NULL, NULL, &err);
	ck_assert_msg(r == !backing->refused, "%s: probe says %d %s", backing->name, r, err.text);
	if (backing->refused)
		return;
	setenv("TMPDIR", at, 1);
	struct fixture *fixture = fixture_open(10);
	work_in(fixture);
	fixture_close(fixture);
}

START_TEST(the_same_holds_in_a_user_namespace)
{
	char base[64];
	int status;

	auto_free char *at = mount_backing(&backings[_i], base);
	/* A process cannot return from a namespace, so a child enters it. */
	pid_t child = fork();
	if (child == 0) {
		try_in_user_namespace(&backings[_i], at, base);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	umount_backing(base);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Read-only filesystems, which can have lower layers. */
static const struct backing images[] = {
	{ "squashfs", "mksquashfs $1.d $1 -quiet -no-progress && mount -o loop $1 $2", NULL,
		"mksquashfs" },
	{ "erofs", "mkfs.erofs $1 $1.d >/dev/null 2>&1 && mount -o loop $1 $2", NULL,
		"mkfs.erofs" },
};
#define IMAGES (sizeof(images) / sizeof(*images))

START_TEST(an_image_is_a_lower_layer)
{
	char base[64], image[80], at[80];

	strcpy(base, "/var/tmp/shale-image-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(image, sizeof(image), "%s/image", base);
	snprintf(at, sizeof(at), "%s/at", base);
	ck_assert(run("mkdir -p %s %s.d/dir && mknod %s.d/f0 c 0 0 && echo >%s.d/dir/new && "
		      "setfattr -n trusted.overlay.opaque -v y %s.d/dir && set -- %s %s && %s",
		at, image, image, image, image, image, at, images[_i].make));
	struct fixture *fixture = fixture_open(2);
	ck_assert_int_eq(mkdir("layer0/diff/dir", 0755), 0);
	make_file("layer0/diff/dir/hidden", "hidden");
	const char *lowers[] = { at, fixture->lowers[0], fixture->lowers[1] };
	fixture->spec.lowers = lowers;
	fixture->spec.n_lowers = 3;
	fixture_mount(fixture);
	ck_assert_int_lt(access("top/merged/f0", F_OK), 0);
	assert_holds("top/merged/f1", "lower");
	ck_assert_int_lt(access("top/merged/dir/hidden", F_OK), 0);
	assert_holds("top/merged/dir/new", "\n");
	make_file("top/merged/dir/new", "new");
	assert_holds("top/diff/dir/new", "new");
	fixture_umount(fixture);
	fixture_close(fixture);
	umount_backing(base);
}
END_TEST

/* Uses the merged view of one mount as a layer of another one. */
START_TEST(an_overlay_is_a_lower_layer)
{
	struct fixture *inner = fixture_open(2);
	char merged[4200];

	fixture_mount(inner);
	make_file("top/merged/deep", "deep");
	snprintf(merged, sizeof(merged), "%s/top/merged", inner->home_path);
	struct fixture *outer = fixture_open(2);
	const char *lowers[] = { merged, outer->lowers[0] };
	outer->spec.lowers = lowers;
	fixture_mount(outer);
	assert_holds("top/merged/deep", "deep");
	fixture_umount(outer);
	fixture_close(outer);
	ck_assert_int_eq(chdir(inner->home_path), 0);
	fixture_umount(inner);
	fixture_close(inner);
}
END_TEST

/* Adds the tests of the filesystems that this host can make; with SHALE_MUST_RUN=1 the others fail.
 */
static void add_backing_tests(TCase *tests)
{
	const char *must_run = getenv("SHALE_MUST_RUN");
	bool all = must_run && !strcmp(must_run, "1");

	for (int i = 0; i < (int)BACKINGS; i++)
		if (all || can_make(&backings[i])) {
			tcase_add_loop_test(
				tests, a_store_works_there_or_the_probe_says_why_not, i, i + 1);
			tcase_add_loop_test(tests, the_same_holds_in_a_user_namespace, i, i + 1);
		}
	for (int i = 0; i < (int)IMAGES; i++)
		if (all || can_make(&images[i]))
			tcase_add_loop_test(tests, an_image_is_a_lower_layer, i, i + 1);
}

int main(void)
{
	Suite *suite = suite_create("kernel backing");
	TCase *tests = tcase_create("backing");

	if (geteuid() != 0) {
		printf("1..0 # SKIP only root makes filesystems\n");
		return 0;
	}
	fixture_namespace();
	tcase_set_timeout(tests, 120);
	add_backing_tests(tests);
	tcase_add_test(tests, an_overlay_is_a_lower_layer);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
