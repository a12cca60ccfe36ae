/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/kernel_mount.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/mountplace.h"
#include "kernel/run_in_dir.h"
#include "kernel/idmapped_layers.h"
#include "kernel/overlay_mount.h"
#include "kernel/project_quota.h"
#include "common/base/mount_users.h"

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* An empty layer for mounts of a single lower layer. Its name begins with a dot, so a sweep of
 * staging/ does not remove it. */
#define EMPTY "staging/.empty"

/* Arguments for a function that runs in the directory HOME. */
struct job {
	const struct mount_spec *spec;
	struct overlay overlay;
	struct shale_error *err;
};

const char *const *kernel_options(enum xattr_class class)
{
	static const char *const trusted[] = { "redirect_dir=follow", "metacopy=off", "index=off",
		"nfs_export=off", "xino=auto", NULL };
	static const char *const user[] = { "userxattr", "index=off", "nfs_export=off", "xino=auto",
		NULL };

	return class == XATTR_TRUSTED ? trusted : user;
}

static int mount_inside(void *arg)
{
	struct job *job = arg;

	const struct mount_spec *spec = job->spec;

	return overlay_mount(&job->overlay, spec->place ? spec->place : spec->target, job->err);
}

static int mount_with_options(struct job *job)
{
	const char *const *base = kernel_options(xattr_class_of_process());
	const char *options[16];
	size_t n = 0;

	for (; base[n]; n++)
		options[n] = base[n];
	if (job->spec->metacopies || job->spec->make_redirects)
		options[n++] = "redirect_dir=on";
	if (job->spec->metacopies)
		options[n++] = "metacopy=on";
	if (job->spec->volatile_)
		options[n++] = "volatile";
	options[n] = NULL;
	job->overlay.options = options;
	if (job->spec->uids)
		return idmapped_layers_mount(&job->overlay, job->spec, job->err);
	return run_in_dir(job->spec->home, mount_inside, job);
}

static int make_empty(int home)
{
	int r = sys(mkdirat(home, EMPTY, 0555));

	return r == -EEXIST ? 0 : r;
}

static int mount_over_empty(struct job *job)
{
	const char *lowers[] = { job->spec->lowers[0], EMPTY };
	int r = make_empty(job->spec->home);

	if (r < 0)
		return error_fail(job->err, r, "make '%s'", EMPTY);
	job->overlay.lowers = lowers;
	job->overlay.n_lowers = 2;
	return mount_with_options(job);
}

/* Refuses a tree that the kernel would show wrongly, or not at all. */
static int refuse_features(const struct mount_spec *spec, struct shale_error *err)
{
	if (spec->ownership == OWNERSHIP_OVERRIDE) {
		error_remedy(err, -EOPNOTSUPP, "use the FUSE backend (--backend fuse)");
		return error_fail_plain(
			err, -EOPNOTSUPP, "the kernel cannot show owners that are kept in xattrs");
	}
	if ((spec->redirects || spec->metacopies) && xattr_class_of_process() == XATTR_USER) {
		error_remedy(err, -EOPNOTSUPP,
			"`shale convert` such layers, or use the FUSE backend (--backend fuse)");
		return error_fail_plain(err, -EOPNOTSUPP,
			"in a user namespace the kernel does not follow the %s in a layer",
			spec->redirects ? "redirects" : "metacopy files");
	}
	return 0;
}

int kernel_mount(const struct mount_spec *spec, struct shale_error *err)
{
	struct job job = {
		.spec = spec,
		.overlay = { .lowers = spec->lowers,
			.n_lowers = spec->n_lowers,
			.upper = spec->upper,
			.work = spec->work,
			.label = spec->label },
		.err = err,
	};
	int r = refuse_features(spec, err);

	if (r == 0 && spec->size && spec->upper)
		r = project_quota_limit(spec->home, spec->upper, spec->work, spec->size, err);
	if (r == 0 && !spec->upper && spec->n_lowers == 1)
		r = mount_over_empty(&job);
	else if (r == 0)
		r = mount_with_options(&job);
	return r < 0 ? error_fail(err, r, "mount '%s'", spec->target) : 0;
}

int kernel_umount(const struct mounted *mounted, struct shale_error *err)
{
	const char *target = mounted->target;
	int r = mountplace_umount(target, mounted->id, 0);

	if (r == -EBUSY)
		return mount_users_fail(r, target, err);
	return r < 0 ? error_fail(err, r, "unmount '%s'", target) : 0;
}

int kernel_detach(const struct mounted *mounted, struct shale_error *err)
{
	const char *target = mounted->target;
	int r = mountplace_umount(target, mounted->id, MNT_DETACH);

	return r < 0 ? error_fail(err, r, "detach '%s'", target) : 0;
}

static int try_in_vain(void *arg)
{
	struct overlay *overlay = arg;
	int r = overlay_mount(overlay, EMPTY, NULL);

	if (r == 0)
		(void)umount2(EMPTY, MNT_DETACH | UMOUNT_NOFOLLOW);
	return r;
}

enum life kernel_upper_life(int home, const char *upper, const char *work)
{
	static const char *const lowers[] = { EMPTY };
	static const char *const trusted[] = { "index=on", NULL };
	static const char *const user[] = { "userxattr", "index=on", NULL };
	bool is_user = xattr_class_of_process() == XATTR_USER;
	/* The same directory as upper and work: the kernel refuses that, but first it checks
	 * whether the directory is in use. */
	struct overlay overlay = { .lowers = lowers,
		.n_lowers = 1,
		.upper = upper,
		.work = upper,
		.options = is_user ? user : trusted };
	int r = make_empty(home);

	if (r == 0)
		r = run_in_dir_private(home, try_in_vain, &overlay);
	/* With these errors the kernel has passed that check, so the directory is not in use. */
	if (r == -EBUSY)
		return LIFE_ALIVE;
	return r == -ELOOP || r == -EINVAL ? LIFE_GONE : LIFE_UNKNOWN;
}
