/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts at places that the user chooses. */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/mountid.h"
#include "common/base/readdir.h"
#include "common/store/mount/driver.h"
#include "common/store/layer.h"
#include "common/store/mount/layer_mount.h"
#include "common/store/store_struct.h"
#include "common/store/rundir.h"
#include "common/store/layer_lock.h"
#include "common/store/foreign/foreign.h"
#include "common/store/mount/live_refs.h"
#include "common/store/id.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Tells whether PATH still leads to the directory that PLACE has open: since then somebody may have
 * put a symbolic link into the path. */
static bool is_at(const struct mountplace *place, const char *path)
{
	char name[64], parent[PATH_MAX];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", place->parent);
	ssize_t n = readlink(name, parent, sizeof(parent) - 1);
	size_t above = (size_t)(strrchr(path, '/') - path);

	return n < 0 || ((size_t)n == (above ? above : 1) && !strncmp(parent, path, (size_t)n));
}

/* Opens DIR and finds its absolute path; it must be a directory outside the store. */
static int find_target(const struct shale_store *store, const char *dir, char **ret,
	struct mountplace *ret_place, struct shale_error *err)
{
	auto_mountplace struct mountplace place = MOUNTPLACE_NONE;
	auto_free char *path = realpath(dir, NULL);
	size_t n = strlen(store->home_path);
	struct stat st;

	if (!path)
		return error_fail(err, -errno, "mount at '%s'", dir);
	if (stat(path, &st) < 0)
		return error_fail(err, -errno, "mount at '%s'", dir);
	if (!S_ISDIR(st.st_mode))
		return error_fail(err, -ENOTDIR, "mount at '%s'", dir);
	if (!strncmp(path, store->home_path, n) && (path[n] == '/' || !path[n]))
		return error_fail_plain(err, -EINVAL, "mount at '%s': inside the store", dir);
	int r = mountplace_open(path, &place);
	if (r == 0 && !is_at(&place, path))
		r = -ESTALE;
	if (r < 0)
		return error_fail(err, r, "mount at '%s'", dir);
	*ret = steal_ptr(&path);
	*ret_place = place;
	place = MOUNTPLACE_NONE;
	return 0;
}

/* Finds the new mount by its id. Returns -ESTALE if it is not at the place where it should be. */
static int find_landed(
	struct mountplace *place, const char *dir, uint64_t *ret, struct shale_error *err)
{
	mountplace_look(place);
	*ret = place->mount;
	if (place->mount || !mount_unique_id(place->parent))
		return 0;
	return error_fail_plain(err, -ESTALE, "mount at '%s': something was moved meanwhile", dir);
}

static int end_here(const struct shale_store *store, const char *id, const struct refs *refs,
	const char *dir, const char *how)
{
	struct mounted mounted = refs_mounted(store, id, refs, dir);
	const struct backend_ops *ops = driver_named(how);
	int r = mount_end_at(&mounted, how, NULL);

	/* The mount may have ended up anywhere, so it cannot be unmounted by its path: stop its
	 * daemon, if it has one. */
	return r < 0 && ops && ops->stop_daemon ? ops->stop_daemon(&mounted, NULL) : r;
}

/* Makes the first mount of a layer; later ones are bind mounts of it. */
static int attach_first(struct shale_store *store, const struct layer *layer, const char *dir,
	const struct mount_wish *wish, struct refs *refs, struct shale_error *err)
{
	const char *backend;
	int r = mount_layer(store, layer, dir, "", wish, &backend, err);

	if (r < 0)
		return r;
	free(refs->target);
	free(refs->backend);
	r = find_landed(wish->place, dir, &refs->id, err);
	refs->target = strdup(dir);
	refs->backend = strdup(backend);
	refs->writable = !layer_is_immutable(layer);
	free(refs->owners);
	refs->owners = wish->owners.text ? strdup(wish->owners.text) : NULL;
	bool kept = refs->target && refs->backend && (refs->owners || !wish->owners.text);
	if (r == 0)
		r = kept ? refs_add_mount(refs, dir, backend, refs->id) : -ENOMEM;
	if (r < 0)
		end_here(store, layer->id, refs, dir, backend);
	return r < 0 ? error_fail(err, r, "mount at '%s'", dir) : 0;
}

/* Binds the layer's mount to a second place: two mounts of one upper directory would be undefined
 * behaviour (overlayfs.rst). */
static int attach_more(struct shale_store *store, const struct layer *layer, const char *dir,
	const struct mount_wish *wish, struct refs *refs, struct shale_error *err)
{
	char witness[WITNESS_SIZE];
	const char *backend = "bind";
	uint64_t landed;
	int r = mount_fits(layer, refs, &wish->owners, err);

	if (r < 0)
		return r;
	r = sys(mount(refs->target, wish->place->path, NULL, MS_BIND, NULL));
	if (r < 0 && !layer_is_immutable(layer)) {
		error_fail(err, r, "layer '%s' is mounted at '%s', and cannot be bound to '%s'",
			layer->id, refs->target, dir);
		if (err)
			err->code = -EBUSY;
		return error_remedy(err, -EBUSY, "use it there, or end that mount first");
	}
	if (r < 0) {
		refs_witness(layer->id, dir, witness);
		r = mount_layer(
			store, layer, dir, witness + strlen(layer->id), wish, &backend, err);
	}
	if (r < 0)
		return r;
	r = find_landed(wish->place, dir, &landed, err);
	if (r == 0)
		r = refs_add_mount(refs, dir, backend, landed);
	if (r < 0)
		end_here(store, layer->id, refs, dir, backend);
	return r < 0 ? error_fail(err, r, "mount at '%s'", dir) : 0;
}

static int attach(struct shale_store *store, const char *id, const char *dir,
	const struct mount_wish *wish, struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	auto_layer struct layer layer = LAYER_NONE;
	auto_refs struct refs refs = { 0 };
	auto_free char *target = NULL;
	auto_mountplace struct mountplace place = MOUNTPLACE_NONE;
	struct mount_wish there = *wish;
	int r = layer_open(store, id, &layer, err);

	if (r == 0)
		r = find_target(store, dir, &target, &place, err);
	if (r < 0)
		return r;
	layer_close(&layer);
	auto_close int lock = layer_lock(store, id, err);
	r = lock < 0 ? lock : layer_open(store, id, &layer, err);
	auto_close int places = r < 0 ? -1 : layer_lock_places(store, LOCK_SH, err);
	if (r == 0)
		r = places < 0 ? places : mount_refs(store, id, &refs, err);
	if (r < 0)
		return r;
	if (refs_find_mount(&refs, target) >= 0)
		return error_fail_plain(
			err, -EBUSY, "layer '%s' is mounted at '%s' already", id, target);
	there.place = &place;
	r = refs.target ? attach_more(store, &layer, target, &there, &refs, err)
			: attach_first(store, &layer, target, &there, &refs, err);
	return r < 0 ? r : refs_save(store, id, &refs, err);
}

int shale_layer_mount(struct shale_store *store, const char *id, const char *dir,
	const struct shale_mount_options *options, struct shale_error *err)
{
	struct mount_wish wish = { .owners = OWNERS_NONE };
	int r = mount_wish_of(options, &wish, err);

	if (r == 0 && wish.lease)
		r = error_fail_plain(
			err, -EINVAL, "mount at '%s': only a get can have a lease", dir);
	if (r == 0)
		r = attach(store, id, dir, &wish, err);
	owners_free(&wish.owners);
	return r;
}

/* ---- umount ---- */

static int detach(const struct shale_store *store, const char *id, size_t i, struct refs *refs,
	struct shale_error *err)
{
	bool first = refs->target && !strcmp(refs->target, refs->mounts[i].dir);

	if (first && refs_count(refs) > 1) {
		error_fail_plain(err, -EBUSY,
			"'%s' is in use by others: layer '%s' has %zu more users", refs->target, id,
			refs_count(refs) - 1);
		return error_remedy(err, -EBUSY, "end their use first: shale put %s", id);
	}
	struct mounted mounted = refs_mounted(store, id, refs, refs->mounts[i].dir);
	int r = first ? mount_end(store, id, refs, err)
		      : mount_end_at(&mounted, refs->mounts[i].how, err);
	if (r < 0)
		return r;
	refs_drop_mount(refs, i);
	return 0;
}

/* Unmounts the mount that an earlier get made, if no get uses it any more. */
static int end_unused(
	const struct shale_store *store, const char *id, struct refs *refs, struct shale_error *err)
{
	if (refs_count(refs) > 0 || !refs->target)
		return 0;
	return mount_end(store, id, refs, err);
}

/* Unmounts the layer's mount at DIR, or all its mounts if DIR is NULL. Returns -ENOENT, without
 * words, if the layer has no such mount. */
static int detach_from(
	struct shale_store *store, const char *id, const char *dir, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	auto_close int lock = layer_lock(store, id, err);
	int r = lock < 0 ? lock : refs_load(store, id, &refs, err);

	if (r < 0)
		return r;
	int found = dir ? refs_find_mount(&refs, dir) : refs.n_mounts ? 0 : -ENOENT;
	if (found < 0)
		return found;
	if (refs.elsewhere)
		return refs_fail_elsewhere(&refs, id, err);
	/* Unmount the bind mounts before the first mount, to which they are bound. */
	if (dir)
		r = detach(store, id, (size_t)found, &refs, err);
	else
		for (size_t i = refs.n_mounts; r == 0 && i-- > 0;)
			r = detach(store, id, i, &refs, err);
	if (r == 0)
		r = end_unused(store, id, &refs, err);
	int saved = refs_save(store, id, &refs, r == 0 ? err : NULL);
	return r < 0 ? r : saved;
}

static int detach_dir(struct shale_store *store, const char *dir, struct shale_error *err)
{
	int needed = rundir_needed(store, err);

	if (needed < 0)
		return needed;
	auto_closedir DIR *refs = dir_list(store->run, "refs");

	if (!refs)
		return error_fail(err, -errno, "list '%s/refs'", store->run_path);
	struct dirent *entry;
	int r;
	while ((r = dir_next(refs, &entry)) > 0) {
		if (!id_is_valid(entry->d_name))
			continue;
		r = detach_from(store, entry->d_name, dir, err);
		if (r != -ENOENT)
			return r;
	}
	return r < 0 ? error_fail(err, r, "list '%s/refs'", store->run_path) : -ENOENT;
}

int shale_layer_umount(struct shale_store *store, const char *target, struct shale_error *err)
{
	int refused = foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	auto_free char *path = NULL;
	bool is_id = id_is_valid(target) && layer_is_there(store, target) == 1;

	/* If the mount's daemon is dead, the last name of the path cannot be looked up, so look
	 * up only its parent. */
	if (!is_id)
		path = realpath(target, NULL);
	if (!is_id && !path)
		path = strdup(target);
	if (!is_id && !path)
		return error_fail(err, -ENOMEM, "unmount '%s'", target);
	int r = is_id ? detach_from(store, target, NULL, err) : detach_dir(store, path, err);
	if (r != -ENOENT)
		return r;
	error_fail_plain(err, -ENOENT,
		"unmount '%s': no layer was mounted there with 'shale mount'", target);
	return is_id ? error_remedy(
			       err, -ENOENT, "to end a use by 'shale get': shale put %s", target)
		     : -ENOENT;
}
