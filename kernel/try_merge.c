/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/try.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/whiteout.h"
#include "kernel/backing.h"

#include <fcntl.h>
#include <sys/stat.h>

static int check_overlay(struct shale_trial *trial, struct shale_error *err)
{
	struct stat st;

	if (access("merged/dir/a", F_OK) < 0 || access("merged/dir/b", F_OK) < 0)
		return shale_trial_refuse(err, "a directory of two layers is not merged");
	if (unlink("merged/gone") < 0)
		return shale_fail(err, -errno, "remove a lower file");
	if (lstat(shale_trial_upper(trial, "gone").text, &st) < 0 || !shale_is_whiteout(&st))
		return shale_trial_refuse(err, "removing a lower file leaves no whiteout");
	if (access("merged/gone", F_OK) == 0)
		return shale_trial_refuse(err, "a removed file is still there");
	return 0;
}

/* Why the kernel refuses: as a rule it minds the filesystem of the upper directory. */
static void explain_overlay(int code, struct shale_error *err)
{
	static const char *const lowers[] = { "middle", "lower" };
	struct shale_overlay read_only = { .lowers = lowers, .n_lowers = 2 };
	char type[32];

	if (code != -EINVAL || shale_overlay_mount(&read_only, "merged", NULL) < 0)
		return;
	shale_trial_umount();
	shale_backing_type(AT_FDCWD, type);
	shale_error_clear(err);
	shale_remedy(err, code, "put HOME on ext4, xfs, btrfs or tmpfs (--home DIR)");
	shale_fail_plain(err, code, "the kernel refuses an upper directory on %s", type);
}

int shale_try_overlay(struct shale_trial *trial, struct shale_error *err)
{
	int r = shale_trial_mount(trial, NULL, err);

	if (r < 0) {
		explain_overlay(r, err);
		return r;
	}
	r = check_overlay(trial, err);
	shale_trial_umount();
	return r;
}

int shale_try_d_type(struct shale_trial *trial, struct shale_error *err)
{
	auto_closedir DIR *dir = opendir("lower");
	struct dirent *entry;
	char type[32];

	if (!dir)
		return shale_fail(err, -errno, "list a directory");
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_UNKNOWN) {
			shale_backing_type(AT_FDCWD, type);
			shale_remedy(err, -EOPNOTSUPP,
				"make it anew so that it does: `mkfs.xfs -n ftype=1`, `mkfs.ext4 "
				"-O filetype`");
			return shale_fail_plain(err, -EOPNOTSUPP,
				"this %s does not keep the type of a file in its directory", type);
		}
	return 0;
}

static int check_opaque(struct shale_trial *trial, struct shale_error *err)
{
	if (access("merged/op/hidden", F_OK) == 0)
		return shale_trial_refuse(err, "an opaque directory shows what it should hide");
	int r = shale_trial_write("merged/op/new", "new");
	if (r < 0)
		return shale_fail(err, r, "make a file in an opaque directory");
	if (shale_trial_has_xattr(trial, shale_trial_upper(trial, "op").text, "opaque"))
		return shale_trial_refuse(err, "the opaque mark of a lower directory is copied up");
	return 0;
}

int shale_try_opaque(struct shale_trial *trial, struct shale_error *err)
{
	int r = shale_trial_mount(trial, NULL, err);

	if (r < 0)
		return r;
	r = check_opaque(trial, err);
	shale_trial_umount();
	return r;
}
