/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe/try.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static int refuse_user_class(struct shale_error *err)
{
	error_remedy(err, -EOPNOTSUPP, "mount as root outside of user namespaces");
	return trial_refuse(err, "a mount with userxattr cannot, by the kernel's rule");
}

int try_redirect(struct trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "redirect_dir=on", NULL };

	if (trial->class == XATTR_USER)
		return refuse_user_class(err);
	int r = trial_mount(trial, options, err);
	if (r < 0)
		return r;
	r = sys(rename("merged/dir", "merged/moved"));
	if (r < 0)
		r = error_fail(err, r, "rename a lower directory");
	else if (!trial_has_xattr(trial, trial_upper(trial, "moved").text, "redirect"))
		r = trial_refuse(err, "a renamed lower directory gets no redirect");
	else if (access("merged/moved/a", F_OK) < 0)
		r = trial_refuse(err, "a renamed lower directory loses its files");
	trial_umount();
	return r;
}

int try_metacopy(struct trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "redirect_dir=on", "metacopy=on", NULL };

	if (trial->class == XATTR_USER)
		return refuse_user_class(err);
	int r = trial_mount(trial, options, err);
	if (r < 0)
		return r;
	r = sys(chmod("merged/file", 0600));
	if (r < 0)
		r = error_fail(err, r, "change the mode of a lower file");
	else if (!trial_has_xattr(trial, trial_upper(trial, "file").text, "metacopy"))
		r = trial_refuse(err, "a change of mode copies the data too");
	else if (!trial_holds("merged/file", "lower"))
		r = trial_refuse(err, "a file whose mode was changed loses its data");
	trial_umount();
	return r;
}

/* Makes a directory in the place of a lower one. The kernel must mark it opaque, with the prefix of
 * this mount's xattrs (user.). */
static int check_userxattr(struct trial *trial, struct shale_error *err)
{
	const char *name = overlay_xattr(XATTR_USER, "opaque");

	if (unlink("merged/op/hidden") < 0 || rmdir("merged/op") < 0 ||
		mkdir("merged/op", 0755) < 0)
		return error_fail(err, -errno, "make a directory anew");
	if (lgetxattr(trial_upper(trial, "op").text, name, NULL, 0) < 0)
		return trial_refuse(err, "the opaque mark is not in user.overlay");
	return 0;
}

int try_userxattr(struct trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "userxattr", "index=off", NULL };
	static const char *const lowers[] = { "lower" };
	struct overlay overlay = { .lowers = lowers, .n_lowers = 1, .options = options };
	int r = trial_mount_overlay(trial, &overlay, err);

	if (r < 0) {
		error_remedy(err, r, "Linux 5.11 or newer has it");
		return r;
	}
	r = check_userxattr(trial, err);
	trial_umount();
	return r;
}

int try_volatile(struct trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "volatile", NULL };
	char mark[64];
	int r = trial_mount(trial, options, err);

	if (r < 0) {
		error_remedy(err, r, "Linux 5.10 or newer has it");
		return r;
	}
	snprintf(mark, sizeof(mark), "work%u/work/incompat/volatile", trial->mounts);
	if (access(mark, F_OK) < 0)
		r = trial_refuse(err, "the work directory is not marked");
	trial_umount();
	return r;
}

int try_index(struct trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "index=on", NULL };
	int r = trial_mount(trial, options, err);

	if (r < 0)
		return r;
	r = trial_write("merged/one", "new");
	if (r < 0)
		r = error_fail(err, r, "write to a lower file");
	else if (!trial_holds("merged/two", "new"))
		r = trial_refuse(err, "a hard link is broken on copy-up: the filesystem, or "
				      "the user namespace, has "
				      "no file handles");
	trial_umount();
	return r;
}

static int check_xino(struct shale_error *err)
{
	struct stat here, there, top;

	if (stat("merged", &top) < 0 || stat("merged/file", &here) < 0 ||
		stat("merged/there", &there) < 0)
		return error_fail(err, -errno, "look at the files");
	if (here.st_dev != top.st_dev || there.st_dev != top.st_dev)
		return trial_refuse(
			err, "the filesystem's inode numbers leave no room for the layer's");
	return 0;
}

/* Tries xino with a lower layer on a tmpfs: only the trial's namespace has it, so it is certainly
 * another filesystem. */
int try_xino(struct trial *trial, struct shale_error *err)
{
	static const char *const options[] = { "index=off", "xino=on", NULL };
	static const char *const user_options[] = { "userxattr", "index=off", "xino=on", NULL };
	static const char *const lowers[] = { "other", "lower" };
	struct overlay overlay = { .lowers = lowers,
		.n_lowers = 2,
		.options = trial->class == XATTR_USER ? user_options : options };

	if (mkdir("other", 0755) < 0 || mount("tmpfs", "other", "tmpfs", 0, "size=64k") < 0)
		return error_fail(err, -errno, "mount a tmpfs");
	int r = trial_write("other/there", "there");
	if (r == 0)
		r = trial_mount_overlay(trial, &overlay, err);
	if (r == 0) {
		r = check_xino(err);
		trial_umount();
	}
	(void)umount2("other", MNT_DETACH);
	return r;
}
