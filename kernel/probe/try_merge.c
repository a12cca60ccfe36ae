/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe/try.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/whiteout.h"
#include "kernel/fs_type.h"

#include <fcntl.h>
#include <sys/stat.h>

static int check_overlay(struct trial *trial, struct shale_error *err)
{
	struct stat st;

	if (access("merged/dir/a", F_OK) < 0 || access("merged/dir/b", F_OK) < 0)
		return trial_refuse(err, "a directory of two layers is not merged");
	if (unlink("merged/gone") < 0)
		return error_fail(err, -errno, "remove a lower file");
	if (lstat(trial_upper(trial, "gone").text, &st) < 0 || !stat_is_whiteout(&st))
		return trial_refuse(err, "removing a lower file leaves no whiteout");
	if (access("merged/gone", F_OK) == 0)
		return trial_refuse(err, "a removed file is still there");
	return 0;
}

/* Explains the kernel's error. Mostly the filesystem of the upper directory is the cause. */
static void explain_overlay(int code, struct shale_error *err)
{
	static const char *const lowers[] = { "middle", "lower" };
	struct overlay read_only = { .lowers = lowers, .n_lowers = 2 };
	char type[32];

	if (code != -EINVAL || overlay_mount(&read_only, "merged", NULL) < 0)
		return;
	trial_umount();
	fs_type_name(AT_FDCWD, type);
	error_clear(err);
	error_remedy(err, code, "put HOME on ext4, xfs, btrfs or tmpfs (--home DIR)");
	error_fail_plain(err, code, "the kernel refuses an upper directory on %s", type);
}

int try_overlay(struct trial *trial, struct shale_error *err)
{
	int r = trial_mount(trial, NULL, err);

	if (r < 0) {
		explain_overlay(r, err);
		return r;
	}
	r = check_overlay(trial, err);
	trial_umount();
	return r;
}

int try_d_type(struct trial *trial, struct shale_error *err)
{
	auto_closedir DIR *dir = opendir("lower");
	struct dirent *entry;
	char type[32];

	if (!dir)
		return error_fail(err, -errno, "list a directory");
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_UNKNOWN) {
			fs_type_name(AT_FDCWD, type);
			error_remedy(err, -EOPNOTSUPP,
				"make it anew so that it does: `mkfs.xfs -n ftype=1`, `mkfs.ext4 "
				"-O filetype`");
			return error_fail_plain(err, -EOPNOTSUPP,
				"this %s does not keep the type of a file in its directory", type);
		}
	return 0;
}

static int check_opaque(struct trial *trial, struct shale_error *err)
{
	if (access("merged/op/hidden", F_OK) == 0)
		return trial_refuse(err, "an opaque directory shows what it should hide");
	int r = trial_write("merged/op/new", "new");
	if (r < 0)
		return error_fail(err, r, "make a file in an opaque directory");
	if (trial_has_xattr(trial, trial_upper(trial, "op").text, "opaque"))
		return trial_refuse(err, "the opaque mark of a lower directory is copied up");
	return 0;
}

int try_opaque(struct trial *trial, struct shale_error *err)
{
	int r = trial_mount(trial, NULL, err);

	if (r < 0)
		return r;
	r = check_opaque(trial, err);
	trial_umount();
	return r;
}
