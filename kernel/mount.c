/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mount.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/mountplace.h"
#include "kernel/inside.h"
#include "kernel/mapped.h"
#include "kernel/overlay.h"
#include "kernel/projquota.h"
#include "common/users.h"

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Below a lower that is alone. What begins with a dot is not swept from staging/. */
#define EMPTY "staging/.empty"

/* Inside HOME. */
struct job {
	const struct shale_mount_spec *spec;
	struct shale_overlay overlay;
	struct shale_error *err;
};

const char *const *shale_kernel_options(enum shale_xattr_class class)
{
	static const char *const trusted[] = { "redirect_dir=follow", "metacopy=off", "index=off",
		"nfs_export=off", "xino=auto", NULL };
	static const char *const user[] = { "userxattr", "index=off", "nfs_export=off", "xino=auto",
		NULL };

	return class == SHALE_XATTR_TRUSTED ? trusted : user;
}

static int mount_inside(void *arg)
{
	struct job *job = arg;

	const struct shale_mount_spec *spec = job->spec;

	return shale_overlay_mount(
		&job->overlay, spec->place ? spec->place : spec->target, job->err);
}

static int mount_with_options(struct job *job)
{
	const char *const *base = shale_kernel_options(shale_xattr_class_of_process());
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
		return shale_overlay_mount_mapped(&job->overlay, job->spec, job->err);
	return shale_inside(job->spec->home, mount_inside, job);
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
		return shale_fail(job->err, r, "make '%s'", EMPTY);
	job->overlay.lowers = lowers;
	job->overlay.n_lowers = 2;
	return mount_with_options(job);
}

/* A tree that the kernel would show wrongly, or not at all, is not mounted. */
static int refuse_features(const struct shale_mount_spec *spec, struct shale_error *err)
{
	if (spec->ownership == SHALE_OWNERSHIP_OVERRIDE) {
		shale_remedy(err, -EOPNOTSUPP, "use the FUSE backend (--backend fuse)");
		return shale_fail_plain(
			err, -EOPNOTSUPP, "the kernel cannot show owners that are kept in xattrs");
	}
	if ((spec->redirects || spec->metacopies) &&
		shale_xattr_class_of_process() == SHALE_XATTR_USER) {
		shale_remedy(err, -EOPNOTSUPP,
			"`shale convert` such layers, or use the FUSE backend (--backend fuse)");
		return shale_fail_plain(err, -EOPNOTSUPP,
			"in a user namespace the kernel does not follow the %s in a layer",
			spec->redirects ? "redirects" : "metacopy files");
	}
	return 0;
}

int shale_kernel_mount(const struct shale_mount_spec *spec, struct shale_error *err)
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
		r = shale_projquota_limit(spec->home, spec->upper, spec->work, spec->size, err);
	if (r == 0 && !spec->upper && spec->n_lowers == 1)
		r = mount_over_empty(&job);
	else if (r == 0)
		r = mount_with_options(&job);
	return r < 0 ? shale_fail(err, r, "mount '%s'", spec->target) : 0;
}

int shale_kernel_umount(const struct shale_mounted *mounted, struct shale_error *err)
{
	const char *target = mounted->target;
	int r = shale_mountplace_umount(target, mounted->id, 0);

	if (r == -EBUSY)
		return shale_fail_with_users(r, target, err);
	return r < 0 ? shale_fail(err, r, "unmount '%s'", target) : 0;
}

int shale_kernel_detach(const struct shale_mounted *mounted, struct shale_error *err)
{
	const char *target = mounted->target;
	int r = shale_mountplace_umount(target, mounted->id, MNT_DETACH);

	return r < 0 ? shale_fail(err, r, "detach '%s'", target) : 0;
}

static int try_in_vain(void *arg)
{
	struct shale_overlay *overlay = arg;
	int r = shale_overlay_mount(overlay, EMPTY, NULL);

	if (r == 0)
		(void)umount2(EMPTY, MNT_DETACH | UMOUNT_NOFOLLOW);
	return r;
}

enum shale_life shale_kernel_upper_life(int home, const char *upper, const char *work)
{
	static const char *const lowers[] = { EMPTY };
	static const char *const trusted[] = { "index=on", NULL };
	static const char *const user[] = { "userxattr", "index=on", NULL };
	bool is_user = shale_xattr_class_of_process() == SHALE_XATTR_USER;
	/* One directory for both is what is refused next. */
	struct shale_overlay overlay = { .lowers = lowers,
		.n_lowers = 1,
		.upper = upper,
		.work = upper,
		.options = is_user ? user : trusted };
	int r = make_empty(home);

	if (r == 0)
		r = shale_inside_private(home, try_in_vain, &overlay);
	/* Otherwise it is refused because the two directories are one. */
	if (r == -EBUSY)
		return SHALE_LIFE_ALIVE;
	return r == -ELOOP || r == -EINVAL ? SHALE_LIFE_GONE : SHALE_LIFE_UNKNOWN;
}
