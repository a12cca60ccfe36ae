/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mapped.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "kernel/idmap.h"
#include "kernel/inside.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

/* Inside HOME. */
struct job {
	const struct shale_overlay *overlay;
	const struct shale_mount_spec *spec;
	struct shale_error *err;
	int namespace;
	int tree; /* the mount that was made, on its own */
};

/* A thread that could not leave the propagation of its mounts behind would show them to everybody.
 */
static int must_be_private(struct shale_error *err)
{
	int r = sys(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));

	if (r == 0)
		return 0;
	shale_remedy(err, r, "use the FUSE backend (--backend fuse)");
	return shale_fail(err, r, "keep mapped layers to itself");
}

/* Upper and work directory must be seen through one mount: that of what both lie in. */
static int map_upper(const struct job *job)
{
	const char *upper = job->overlay->upper;
	const char *slash = upper ? strrchr(upper, '/') : NULL;
	auto_free char *parent = slash ? strndup(upper, (size_t)(slash - upper)) : NULL;

	if (!upper)
		return 0;
	if (!parent)
		return shale_fail(
			job->err, slash ? -ENOMEM : -EINVAL, "map the owners of '%s'", upper);
	return shale_idmap_mount(parent, parent, job->namespace, job->err);
}

static int mount_inside(void *arg)
{
	struct job *job = arg;
	const char *const *lowers = job->overlay->lowers;
	int r = must_be_private(job->err);

	for (size_t i = 0; r == 0 && i < job->overlay->n_lowers; i++)
		r = shale_idmap_mount(lowers[i], lowers[i], job->namespace, job->err);
	if (r == 0)
		r = map_upper(job);
	if (r < 0)
		return r;
	r = shale_idmap_become_root(job->spec->uids, job->spec->gids);
	if (r < 0)
		return shale_fail(job->err, r, "become the root of mapped layers");
	r = shale_overlay_mount(job->overlay, job->spec->target, job->err);
	if (r < 0)
		return r;
	job->tree = sys(
		open_tree(AT_FDCWD, job->spec->target, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	return job->tree < 0 ? shale_fail(job->err, job->tree, "clone the mount") : 0;
}

static int put_in_place(int tree, const struct shale_mount_spec *spec, struct shale_error *err)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	char name[64];
	int r = sys(move_mount(tree, "", spec->home, spec->target, MOVE_MOUNT_F_EMPTY_PATH));

	if (r < 0)
		return shale_fail(err, r, "move the mount to '%s'", spec->target);
	r = sys(mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	if (r < 0) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", tree);
		(void)umount2(name, MNT_DETACH);
		return shale_fail(err, r, "make the mount private");
	}
	return 0;
}

int shale_overlay_mount_mapped(const struct shale_overlay *overlay,
	const struct shale_mount_spec *spec, struct shale_error *err)
{
	struct job job = { .overlay = overlay, .spec = spec, .err = err, .tree = -1 };
	auto_close int namespace = shale_idmap_namespace(spec->uids, spec->gids, err);

	if (namespace < 0)
		return namespace;
	job.namespace = namespace;
	int r = shale_inside_private(spec->home, mount_inside, &job);
	auto_close int tree = job.tree;
	return r < 0 ? r : put_in_place(tree, spec, err);
}
