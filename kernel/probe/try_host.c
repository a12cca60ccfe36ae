/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe/try.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "kernel/project_quota.h"
#include "kernel/overlay_mount_context.h"
#include "kernel/idmapped_mount.h"
#include "kernel/kernel_mount.h"

#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

int try_lowerdir_plus(struct trial *trial, struct shale_error *err)
{
	if (overlay_has_context())
		return 0;
	error_remedy(err, -ENOSYS, "Linux 6.7 or newer has it");
	return trial_refuse(err, "layers go through mount(2), all in one page");
}

/* Makes a metacopy whose data are in a data-only layer. */
static int make_data_layers(struct trial *trial)
{
	int r = 0;

	if (mkdir("meta", 0755) < 0 || mkdir("data", 0755) < 0)
		return -errno;
	r = trial_write("data/blob", "blob");
	if (r == 0)
		r = trial_write("meta/file", "");
	if (r == 0)
		r = sys(truncate("meta/file", 4));
	if (r == 0)
		r = sys(setxattr("meta/file", overlay_xattr(trial->class, "metacopy"), "", 0, 0));
	if (r == 0)
		r = sys(setxattr(
			"meta/file", overlay_xattr(trial->class, "redirect"), "/blob", 5, 0));
	return r;
}

int try_data_only(struct trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "redirect_dir=on", "metacopy=on",
		"lowerdir=meta::data", NULL };
	static const char *const user_options[] = { "userxattr", "lowerdir=meta::data", NULL };
	struct overlay overlay = { .options = trial->class == XATTR_USER ? user_options : options };
	int r = make_data_layers(trial);

	if (r < 0)
		return error_fail(err, r, "make a metacopy file");
	r = trial_mount_overlay(trial, &overlay, err);
	if (r < 0) {
		error_remedy(
			err, r, "Linux 6.5 or newer has it, a later one in user namespaces too");
		return r;
	}
	if (!trial_holds("merged/file", "blob"))
		r = trial_refuse(err, "the data is not found");
	trial_umount();
	return r;
}

int try_idmapped(struct trial *trial, struct shale_error *err)
{
	static const char *const lowers[] = { "mapped", "middle" };
	struct overlay overlay = {
		.lowers = lowers, .n_lowers = 2, .options = kernel_options(trial->class)
	};
	/* This map shows the files of id 0 as those of id 1. */
	struct idmap_range range = { .disk = 0, .shown = 1, .count = 1 };
	const struct idmap map = { .ranges = &range, .n = 1, .squash = -1 };
	struct stat st;

	if (mkdir("mapped", 0755) < 0)
		return error_fail(err, -errno, "make a directory");
	auto_close int namespace = idmap_namespace(&map, &map, err);
	int r = namespace < 0 ? namespace : idmap_mount("lower", "mapped", namespace, err);
	if (r < 0) {
		error_remedy(err, r, "%s",
			r == -EPERM ? "only root outside of user namespaces may map owners here"
				    : "Linux 5.12 or newer maps owners, on most filesystems");
		return r;
	}
	r = trial_mount_overlay(trial, &overlay, err);
	if (r < 0)
		error_remedy(err, r, "Linux 5.19 or newer has it");
	if (r == 0 && (stat("merged/file", &st) < 0 || st.st_uid != 1))
		r = trial_refuse(err, "owners are not mapped");
	trial_umount();
	(void)umount2("mapped", MNT_DETACH);
	return r;
}

int try_nesting(struct trial *trial, struct shale_error *err)
{
	struct statfs fs;

	if (statfs(".", &fs) < 0)
		return error_fail(err, -errno, "look at the filesystem");
	error_fail_plain(err, 0,
		fs.f_type == OVERLAYFS_SUPER_MAGIC ? "HOME itself lies on an overlay mount"
						   : "HOME does not lie on an overlay mount");
	return 0;
}

/* Unsigned: in QCMD the value is shifted into the sign bit of an int. */
#define PROJECT_QUOTA 2U
#define GET_FORMAT    QCMD((unsigned int)Q_GETFMT, PROJECT_QUOTA)
#define GET_XFS_STATE QCMD((unsigned int)Q_XGETQSTAT, PROJECT_QUOTA)

/* Tries to write more than the limit: some filesystems count quotas and do not enforce them. */
static int try_limit(struct shale_error *err)
{
	static const char block[65536];

	if (mkdir("limited", 0700) < 0 || mkdir("limited/work", 0700) < 0)
		return error_fail(err, -errno, "make a directory");
	int r = project_quota_limit(AT_FDCWD, "limited", "limited/work", 2 * sizeof(block), err);
	auto_close int fd = r < 0 ? r
				  : sys(open("limited/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (fd < 0)
		return fd;
	for (int i = 0; i < 4; i++)
		if (write(fd, block, sizeof(block)) < 0)
			return errno == ENOSPC || errno == EDQUOT ? 0 : -errno;
	return trial_refuse(err, "a limit of the project quotas does not hold");
}

int try_project_quota(struct trial *trial, struct shale_error *err)
{
	auto_close int fd = sys(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct fs_quota_stat xfs = { 0 };
	int format;

	if (fd < 0)
		return error_fail(err, fd, "open HOME");
	if (syscall(SYS_quotactl_fd, fd, GET_FORMAT, 0, &format) == 0 ||
		(syscall(SYS_quotactl_fd, fd, GET_XFS_STATE, 0, &xfs) == 0 &&
			(xfs.qs_flags & FS_QUOTA_PDQ_ACCT)))
		return try_limit(err);
	error_remedy(err, -EOPNOTSUPP,
		"put HOME on xfs or ext4 mounted with `prjquota`, on a kernel with quotas");
	return trial_refuse(err, "the filesystem of HOME keeps no project quotas");
}
