/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/feature.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/whiteout.h"
#include "kernel/backing.h"
#include "kernel/fscontext.h"
#include "kernel/idmap.h"
#include "kernel/mount.h"

#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define USERXATTR_WITHOUT "a mount with userxattr cannot, by the kernel's rule"

static int refuse(struct shale_error *err, const char *why)
{
	return shale_fail_plain(err, -EOPNOTSUPP, "%s", why);
}

static int refuse_user_class(struct shale_error *err)
{
	shale_remedy(err, -EOPNOTSUPP, "mount as root outside of user namespaces");
	return refuse(err, USERXATTR_WITHOUT);
}

/* With the mount's own class of xattrs. */
static bool has_xattr(const struct shale_trial *trial, const char *path, const char *name)
{
	return lgetxattr(path, shale_overlay_xattr(trial->class, name), NULL, 0) >= 0;
}

static int check_overlay(struct shale_trial *trial, struct shale_error *err)
{
	struct stat st;

	if (access("merged/dir/a", F_OK) < 0 || access("merged/dir/b", F_OK) < 0)
		return refuse(err, "a directory of two layers is not merged");
	if (unlink("merged/gone") < 0)
		return shale_fail(err, -errno, "remove a lower file");
	if (lstat(shale_trial_upper(trial, "gone").text, &st) < 0 || !shale_is_whiteout(&st))
		return refuse(err, "removing a lower file leaves no whiteout");
	if (access("merged/gone", F_OK) == 0)
		return refuse(err, "a removed file is still there");
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

static int try_overlay(struct shale_trial *trial, struct shale_error *err)
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

static int try_d_type(struct shale_trial *trial, struct shale_error *err)
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
		return refuse(err, "an opaque directory shows what it should hide");
	int r = shale_trial_write("merged/op/new", "new");
	if (r < 0)
		return shale_fail(err, r, "make a file in an opaque directory");
	if (has_xattr(trial, shale_trial_upper(trial, "op").text, "opaque"))
		return refuse(err, "the opaque mark of a lower directory is copied up");
	return 0;
}

static int try_opaque(struct shale_trial *trial, struct shale_error *err)
{
	int r = shale_trial_mount(trial, NULL, err);

	if (r < 0)
		return r;
	r = check_opaque(trial, err);
	shale_trial_umount();
	return r;
}

static int try_redirect(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "redirect_dir=on", NULL };

	if (trial->class == SHALE_XATTR_USER)
		return refuse_user_class(err);
	int r = shale_trial_mount(trial, options, err);
	if (r < 0)
		return r;
	r = sys(rename("merged/dir", "merged/moved"));
	if (r < 0)
		r = shale_fail(err, r, "rename a lower directory");
	else if (!has_xattr(trial, shale_trial_upper(trial, "moved").text, "redirect"))
		r = refuse(err, "a renamed lower directory gets no redirect");
	else if (access("merged/moved/a", F_OK) < 0)
		r = refuse(err, "a renamed lower directory loses its files");
	shale_trial_umount();
	return r;
}

static int try_metacopy(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "redirect_dir=on", "metacopy=on", NULL };

	if (trial->class == SHALE_XATTR_USER)
		return refuse_user_class(err);
	int r = shale_trial_mount(trial, options, err);
	if (r < 0)
		return r;
	r = sys(chmod("merged/file", 0600));
	if (r < 0)
		r = shale_fail(err, r, "change the mode of a lower file");
	else if (!has_xattr(trial, shale_trial_upper(trial, "file").text, "metacopy"))
		r = refuse(err, "a change of mode copies the data too");
	else if (!shale_trial_holds("merged/file", "lower"))
		r = refuse(err, "a file whose mode was changed loses its data");
	shale_trial_umount();
	return r;
}

/* A directory that is made where a lower one was is opaque, in the xattrs of the mount's class. */
static int check_userxattr(struct shale_trial *trial, struct shale_error *err)
{
	const char *name = shale_overlay_xattr(SHALE_XATTR_USER, "opaque");

	if (unlink("merged/op/hidden") < 0 || rmdir("merged/op") < 0 ||
		mkdir("merged/op", 0755) < 0)
		return shale_fail(err, -errno, "make a directory anew");
	if (lgetxattr(shale_trial_upper(trial, "op").text, name, NULL, 0) < 0)
		return refuse(err, "the opaque mark is not in user.overlay");
	return 0;
}

static int try_userxattr(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "userxattr", "index=off", NULL };
	static const char *const lowers[] = { "lower" };
	struct shale_overlay overlay = { .lowers = lowers, .n_lowers = 1, .options = options };
	int r = shale_trial_mount_overlay(trial, &overlay, err);

	if (r < 0) {
		shale_remedy(err, r, "Linux 5.11 or newer has it");
		return r;
	}
	r = check_userxattr(trial, err);
	shale_trial_umount();
	return r;
}

static int try_volatile(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "volatile", NULL };
	char mark[64];
	int r = shale_trial_mount(trial, options, err);

	if (r < 0) {
		shale_remedy(err, r, "Linux 5.10 or newer has it");
		return r;
	}
	snprintf(mark, sizeof(mark), "work%u/work/incompat/volatile", trial->mounts);
	if (access(mark, F_OK) < 0)
		r = refuse(err, "the work directory is not marked");
	shale_trial_umount();
	return r;
}

static int try_index(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "index=on", NULL };
	int r = shale_trial_mount(trial, options, err);

	if (r < 0)
		return r;
	r = shale_trial_write("merged/one", "new");
	if (r < 0)
		r = shale_fail(err, r, "write to a lower file");
	else if (!shale_trial_holds("merged/two", "new"))
		r = refuse(err, "a hard link is broken on copy-up: the filesystem has no file "
				"handles");
	shale_trial_umount();
	return r;
}

static int check_xino(struct shale_error *err)
{
	struct stat here, there, top;

	if (stat("merged", &top) < 0 || stat("merged/file", &here) < 0 ||
		stat("merged/there", &there) < 0)
		return shale_fail(err, -errno, "look at the files");
	if (here.st_dev != top.st_dev || there.st_dev != top.st_dev)
		return refuse(err, "the filesystem's inode numbers leave no room for the layer's");
	return 0;
}

/* A tmpfs, seen in the trial's namespace only, is sure to be another filesystem. */
static int try_xino(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "index=off", "xino=on", NULL };
	static const char *const user_options[] = { "userxattr", "index=off", "xino=on", NULL };
	static const char *const lowers[] = { "other", "lower" };
	struct shale_overlay overlay = { .lowers = lowers,
		.n_lowers = 2,
		.options = trial->class == SHALE_XATTR_USER ? user_options : options };

	if (mkdir("other", 0755) < 0 || mount("tmpfs", "other", "tmpfs", 0, "size=64k") < 0)
		return shale_fail(err, -errno, "mount a tmpfs");
	int r = shale_trial_write("other/there", "there");
	if (r == 0)
		r = shale_trial_mount_overlay(trial, &overlay, err);
	if (r == 0) {
		r = check_xino(err);
		shale_trial_umount();
	}
	(void)umount2("other", MNT_DETACH);
	return r;
}

static int try_lowerdir_plus(struct shale_trial *trial, struct shale_error *err)
{
	if (shale_overlay_has_context())
		return 0;
	shale_remedy(err, -ENOSYS, "Linux 6.7 or newer has it");
	return refuse(err, "layers go through mount(2), all in one page");
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

static int try_data_only(struct shale_trial *trial, struct shale_error *err)
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
		shale_remedy(err, r, "Linux 6.5 or newer has it (in a user namespace, 6.16)");
		return r;
	}
	if (!shale_trial_holds("merged/file", "blob"))
		r = refuse(err, "the data is not found");
	shale_trial_umount();
	return r;
}

static int try_idmapped(struct shale_trial *trial, struct shale_error *err)
{
	static const char *const lowers[] = { "mapped", "middle" };
	struct shale_overlay overlay = {
		.lowers = lowers, .n_lowers = 2, .options = shale_kernel_options(trial->class)
	};
	struct stat st;

	if (mkdir("mapped", 0755) < 0)
		return shale_fail(err, -errno, "make a directory");
	/* What belongs to 0 on the disk is seen as belonging to 1. */
	int r = shale_idmap_mount("lower", "mapped", "0 1 1", err);
	if (r < 0)
		return r;
	r = shale_trial_mount_overlay(trial, &overlay, err);
	if (r < 0)
		shale_remedy(err, r, "Linux 5.19 or newer has it");
	if (r == 0 && (stat("merged/file", &st) < 0 || st.st_uid != 1))
		r = refuse(err, "owners are not mapped");
	shale_trial_umount();
	(void)umount2("mapped", MNT_DETACH);
	return r;
}

static int try_nesting(struct shale_trial *trial, struct shale_error *err)
{
	struct statfs fs;

	if (statfs(".", &fs) < 0)
		return shale_fail(err, -errno, "look at the filesystem");
	shale_fail_plain(err, 0,
		fs.f_type == OVERLAYFS_SUPER_MAGIC ? "HOME itself lies on an overlay mount"
						   : "HOME does not lie on an overlay mount");
	return 0;
}

#define PROJECT_QUOTA 2

static int try_project_quota(struct shale_trial *trial, struct shale_error *err)
{
	auto_close int fd = sys(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct fs_quota_stat xfs = { 0 };
	int format;

	if (fd < 0)
		return shale_fail(err, fd, "open HOME");
	if (syscall(SYS_quotactl_fd, fd, QCMD(Q_GETFMT, PROJECT_QUOTA), 0, &format) == 0)
		return 0;
	if (syscall(SYS_quotactl_fd, fd, QCMD(Q_XGETQSTAT, PROJECT_QUOTA), 0, &xfs) == 0 &&
		(xfs.qs_flags & FS_QUOTA_PDQ_ACCT))
		return 0;
	shale_remedy(err, -EOPNOTSUPP,
		"put HOME on xfs or ext4 mounted with `prjquota`, on a kernel with quotas");
	return refuse(err, "the filesystem of HOME keeps no project quotas");
}

const struct shale_kernel_feature shale_kernel_features[] = {
	{ "overlay", try_overlay },
	{ "d_type", try_d_type },
	{ "opaque", try_opaque },
	{ "redirect", try_redirect },
	{ "metacopy", try_metacopy },
	{ "userxattr", try_userxattr },
	{ "volatile", try_volatile },
	{ "index", try_index },
	{ "xino", try_xino },
	{ "lowerdir+", try_lowerdir_plus },
	{ "data-only", try_data_only },
	{ "idmapped", try_idmapped },
	{ "nesting", try_nesting },
	{ "project-quota", try_project_quota },
};
const size_t shale_kernel_n_features = sizeof(shale_kernel_features) /
				       sizeof(*shale_kernel_features);
