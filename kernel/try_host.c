/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/try.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "kernel/projquota.h"
#include "kernel/fscontext.h"
#include "kernel/idmap.h"
#include "kernel/mount.h"

#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

int shale_try_lowerdir_plus(struct shale_trial *trial, struct shale_error *err)
{
	if (shale_overlay_has_context())
		return 0;
	shale_remedy(err, -ENOSYS, "Linux 6.7 or newer has it");
	return shale_trial_refuse(err, "layers go through mount(2), all in one page");
}

/* A metacopy file whose data lies in a layer that only gives data. */
static int make_data_layers(struct shale_trial *trial)
{
	int r = 0;

	if (mkdir("meta", 0755) < 0 || mkdir("data", 0755) < 0)
		return -errno;
	r = shale_trial_write("data/blob", "blob");
	if (r == 0)
		r = shale_trial_write("meta/file", "");
	if (r == 0)
		r = sys(truncate("meta/file", 4));
	if (r == 0)
		r = sys(setxattr(
			"meta/file", shale_overlay_xattr(trial->class, "metacopy"), "", 0, 0));
	if (r == 0)
		r = sys(setxattr(
			"meta/file", shale_overlay_xattr(trial->class, "redirect"), "/blob", 5, 0));
	return r;
}

int shale_try_data_only(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "redirect_dir=on", "metacopy=on",
		"lowerdir=meta::data", NULL };
	static const char *const user_options[] = { "userxattr", "lowerdir=meta::data", NULL };
	struct shale_overlay overlay = { .options = trial->class == SHALE_XATTR_USER ? user_options
										     : options };
	int r = make_data_layers(trial);

	if (r < 0)
		return shale_fail(err, r, "make a metacopy file");
	r = shale_trial_mount_overlay(trial, &overlay, err);
	if (r < 0) {
		shale_remedy(
			err, r, "Linux 6.5 or newer has it, a later one in user namespaces too");
		return r;
	}
	if (!shale_trial_holds("merged/file", "blob"))
		r = shale_trial_refuse(err, "the data is not found");
	shale_trial_umount();
	return r;
}

int shale_try_idmapped(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const lowers[] = { "mapped", "middle" };
	struct shale_overlay overlay = {
		.lowers = lowers, .n_lowers = 2, .options = shale_kernel_options(trial->class)
	};
	/* What belongs to 0 on the disk is seen as belonging to 1. */
	struct shale_idmap_range range = { .disk = 0, .shown = 1, .count = 1 };
	const struct shale_idmap map = { .ranges = &range, .n = 1, .squash = -1 };
	struct stat st;

	if (mkdir("mapped", 0755) < 0)
		return shale_fail(err, -errno, "make a directory");
	auto_close int namespace = shale_idmap_namespace(&map, &map, err);
	int r = namespace < 0 ? namespace : shale_idmap_mount("lower", "mapped", namespace, err);
	if (r < 0) {
		shale_remedy(err, r, "%s",
			r == -EPERM ? "only root outside of user namespaces may map owners here"
				    : "Linux 5.12 or newer maps owners, on most filesystems");
		return r;
	}
	r = shale_trial_mount_overlay(trial, &overlay, err);
	if (r < 0)
		shale_remedy(err, r, "Linux 5.19 or newer has it");
	if (r == 0 && (stat("merged/file", &st) < 0 || st.st_uid != 1))
		r = shale_trial_refuse(err, "owners are not mapped");
	shale_trial_umount();
	(void)umount2("mapped", MNT_DETACH);
	return r;
}

int shale_try_nesting(struct shale_trial *trial, struct shale_error *err)
{
	struct statfs fs;

	if (statfs(".", &fs) < 0)
		return shale_fail(err, -errno, "look at the filesystem");
	shale_fail_plain(err, 0,
		fs.f_type == OVERLAYFS_SUPER_MAGIC ? "HOME itself lies on an overlay mount"
						   : "HOME does not lie on an overlay mount");
	return 0;
}

/* Unsigned: the shift in QCMD reaches the sign of an int. */
#define PROJECT_QUOTA 2U
#define GET_FORMAT    QCMD((unsigned int)Q_GETFMT, PROJECT_QUOTA)
#define GET_XFS_STATE QCMD((unsigned int)Q_XGETQSTAT, PROJECT_QUOTA)

/* Quotas may be counted and not enforced. */
static int try_limit(struct shale_error *err)
{
	static const char block[65536];

	if (mkdir("limited", 0700) < 0 || mkdir("limited/work", 0700) < 0)
		return shale_fail(err, -errno, "make a directory");
	int r = shale_projquota_limit(AT_FDCWD, "limited", "limited/work", 2 * sizeof(block), err);
	auto_close int fd = r < 0 ? r
				  : sys(open("limited/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (fd < 0)
		return fd;
	for (int i = 0; i < 4; i++)
		if (write(fd, block, sizeof(block)) < 0)
			return errno == ENOSPC || errno == EDQUOT ? 0 : -errno;
	return shale_trial_refuse(err, "a limit of the project quotas does not hold");
}

int shale_try_project_quota(struct shale_trial *trial, struct shale_error *err)
{
	auto_close int fd = sys(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct fs_quota_stat xfs = { 0 };
	int format;

	if (fd < 0)
		return shale_fail(err, fd, "open HOME");
	if (syscall(SYS_quotactl_fd, fd, GET_FORMAT, 0, &format) == 0 ||
		(syscall(SYS_quotactl_fd, fd, GET_XFS_STATE, 0, &xfs) == 0 &&
			(xfs.qs_flags & FS_QUOTA_PDQ_ACCT)))
		return try_limit(err);
	shale_remedy(err, -EOPNOTSUPP,
		"put HOME on xfs or ext4 mounted with `prjquota`, on a kernel with quotas");
	return shale_trial_refuse(err, "the filesystem of HOME keeps no project quotas");
}
