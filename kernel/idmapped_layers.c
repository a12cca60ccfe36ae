/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/idmapped_layers.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "kernel/idmapped_mount.h"
#include "kernel/run_in_dir.h"
#include "kernel/mount_arg.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

/* Arguments for a function that runs in the directory HOME. */
struct job {
	const struct overlay *overlay;
	const struct mount_spec *spec;
	struct shale_error *err;
	int namespace;
	int *trees;   /* id-mapped mounts of lower layers outside HOME; -1: the layer is used by its
			 name */
	char **names; /* names of the mapped lowers */
	int tree;     /* the new overlay mount, not attached yet */
};

static void job_free(struct job *job)
{
	for (size_t i = 0; job->names && job->trees && i < job->overlay->n_lowers; i++) {
		free(job->names[i]);
		cleanup_close(&job->trees[i]);
	}
	free(job->names);
	free(job->trees);
	cleanup_close(&job->namespace);
	cleanup_close(&job->tree);
}

static int job_make(struct job *job)
{
	job->names = calloc(job->overlay->n_lowers, sizeof(*job->names));
	job->trees = calloc(job->overlay->n_lowers, sizeof(*job->trees));
	if (!job->names || !job->trees)
		return error_fail(job->err, -ENOMEM, "map the owners of layers");
	for (size_t i = 0; i < job->overlay->n_lowers; i++)
		job->trees[i] = -1;
	return 0;
}

/* Clones the mount of a lower layer that is given by a descriptor. Do this before the thread gets
 * its own mount namespace: a mount of another namespace cannot be cloned. */
static int job_take_lower(struct job *job, size_t i)
{
	const char *lower = job->overlay->lowers[i];
	bool held = !strncmp(lower, FD_DIR "/", strlen(FD_DIR "/"));

	if (held) {
		job->trees[i] = idmap_clone(lower, job->namespace, job->err);
		if (job->trees[i] < 0)
			return job->trees[i];
	}
	int n = held ? asprintf(&job->names[i], FD_DIR "/%d", job->trees[i])
		     : asprintf(&job->names[i], "%s", lower);
	if (n < 0)
		job->names[i] = NULL;
	return n < 0 ? error_fail(job->err, -ENOMEM, "map the owners of '%s'", lower) : 0;
}

/* Stops mount propagation, or fails: otherwise other processes would see the mounts of this
 * thread. */
static int must_be_private(struct shale_error *err)
{
	int r = sys(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));

	if (r == 0)
		return 0;
	error_remedy(err, r, "use the FUSE backend (--backend fuse)");
	return error_fail(err, r, "keep mapped layers to itself");
}

/* Maps the common parent of the upper and the work directory, because overlayfs wants both on one
 * mount. */
static int map_upper(const struct job *job)
{
	const char *upper = job->overlay->upper;
	const char *slash = upper ? strrchr(upper, '/') : NULL;
	auto_free char *parent = slash ? strndup(upper, (size_t)(slash - upper)) : NULL;

	if (!upper)
		return 0;
	if (!parent)
		return error_fail(
			job->err, slash ? -ENOMEM : -EINVAL, "map the owners of '%s'", upper);
	return idmap_mount(parent, parent, job->namespace, job->err);
}

/* Maps a lower layer. A layer outside HOME is given by a descriptor, and a descriptor does not show
 * a mount over its directory. So such a layer's mapped clone is attached to another directory of
 * this namespace, where the overlay itself is mounted later. */
static int map_lower(const struct job *job, size_t i)
{
	const char *lower = job->overlay->lowers[i];

	if (job->trees[i] >= 0)
		return idmap_attach(job->trees[i], job->spec->target, job->err);
	return idmap_mount(lower, lower, job->namespace, job->err);
}

static int map_all(struct job *job)
{
	int r = must_be_private(job->err);

	for (size_t i = 0; r == 0 && i < job->overlay->n_lowers; i++)
		r = map_lower(job, i);
	if (r == 0)
		r = map_upper(job);
	if (r < 0)
		return r;
	r = idmap_become_root(job->spec->uids, job->spec->gids);
	return r < 0 ? error_fail(job->err, r, "become the root of mapped layers") : 0;
}

/* Returns the directory of the thread's own namespace where the overlay is mounted first. It is in
 * HOME, since no other directory is sure to be unchanged. */
static const char *place_inside(const struct mount_spec *spec)
{
	return spec->place ? "staging" : spec->target;
}

static int mount_inside(void *arg)
{
	struct job *job = arg;
	struct overlay overlay = *job->overlay;
	int r = map_all(job);

	overlay.lowers = (const char *const *)job->names;
	if (r == 0)
		r = overlay_mount(&overlay, place_inside(job->spec), job->err);
	if (r < 0)
		return r;
	job->tree = sys(
		open_tree(AT_FDCWD, place_inside(job->spec), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	return job->tree < 0 ? error_fail(job->err, job->tree, "clone the mount") : 0;
}

static int put_in_place(int tree, const struct mount_spec *spec, struct shale_error *err)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	char name[64];
	int r = sys(move_mount(tree, "", spec->home, spec->place ? spec->place : spec->target,
		MOVE_MOUNT_F_EMPTY_PATH));

	if (r < 0)
		return error_fail(err, r, "move the mount to '%s'", spec->target);
	r = sys(mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	if (r < 0) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", tree);
		(void)umount2(name, MNT_DETACH);
		return error_fail(err, r, "make the mount private");
	}
	return 0;
}

int idmapped_layers_mount(
	const struct overlay *overlay, const struct mount_spec *spec, struct shale_error *err)
{
	struct job job __attribute__((cleanup(job_free))) = { .overlay = overlay,
		.spec = spec,
		.err = err,
		.namespace = idmap_namespace(spec->uids, spec->gids, err),
		.tree = -1 };

	if (job.namespace < 0)
		return job.namespace;
	int r = job_make(&job);
	for (size_t i = 0; r == 0 && i < overlay->n_lowers; i++)
		r = job_take_lower(&job, i);
	if (r == 0)
		r = run_in_dir_private(spec->home, mount_inside, &job);
	return r < 0 ? r : put_in_place(job.tree, spec, err);
}
