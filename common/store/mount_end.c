/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts that exist already: what is to be known of them before they are used, and their end. */
#include "common/store/mount.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/mountplace.h"
#include "common/store/driver.h"
#include "common/store/liveness.h"
#include "common/store/private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>

#define LOOKS     5
#define LOOK_TIME 20000000 /* ns */

static int end_once(
	const struct shale_mounted *mounted, const char *backend, struct shale_error *err)
{
	const struct shale_backend_ops *ops = shale_driver_named(backend);
	const char *target = mounted->target;
	int r = ops ? ops->umount(mounted, err) : shale_mountplace_umount(target, mounted->id, 0);

	return r < 0 && !ops ? shale_fail(err, r, "unmount '%s'", target) : r;
}

/* Another process that looks at the mount holds it for the time of a system call. */
int shale_mount_end_at(
	const struct shale_mounted *mounted, const char *backend, struct shale_error *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_TIME };
	int r = end_once(mounted, backend, err);

	for (int i = 0; i < LOOKS && r == -EBUSY; i++) {
		shale_error_clear(err);
		nanosleep(&pause, NULL);
		r = end_once(mounted, backend, err);
	}
	return r;
}

/* Nobody can use what a dead daemon left: there is nothing to wait for. */
static int end_dead(
	const struct shale_mounted *mounted, const char *backend, struct shale_error *err)
{
	if (shale_mountplace_umount(mounted->target, mounted->id, MNT_DETACH) == 0)
		return 0;
	return shale_mount_end_at(mounted, backend, err);
}

static void remove_merged(const struct shale_store *store, const char *id)
{
	char path[SHALE_ID_MAX + sizeof("/merged")];

	snprintf(path, sizeof(path), "%s/merged", id);
	unlinkat(store->home, path, AT_REMOVEDIR);
}

int shale_mount_end(const struct shale_store *store, const char *id, struct shale_refs *refs,
	struct shale_error *err)
{
	int answers = shale_liveness_must_answer(id, refs, err);

	if (answers < 0)
		return answers;
	struct shale_mounted mounted = shale_refs_mounted(store, id, refs, refs->target);
	int r = refs->dead ? end_dead(&mounted, refs->backend, err)
			   : shale_mount_end_at(&mounted, refs->backend, err);

	if (r < 0)
		return shale_fail(err, r, "layer '%s'", id);
	free(steal_ptr(&refs->target));
	refs->dead = false;
	/* Its upper directory is not free before the daemon has ended. */
	if (r == 1 && refs->writable)
		refs->detached = strdup(refs->backend);
	remove_merged(store, id);
	return 0;
}

static int detach_target(const struct shale_store *store, const char *id,
	const struct shale_refs *refs, struct shale_error *err)
{
	struct shale_mounted mounted = shale_refs_mounted(store, id, refs, refs->target);

	return shale_driver_named(refs->backend)->detach(&mounted, err);
}

int shale_mount_detach(const struct shale_store *store, const struct shale_layer *layer,
	struct shale_refs *refs, struct shale_error *err)
{
	const struct shale_backend_ops *ops = shale_driver_named(refs->backend);
	auto_free char *detached = strdup(refs->backend);
	struct shale_error busy = { 0 };
	int r = detached ? shale_mount_end(store, layer->id, refs, &busy) : -ENOMEM;

	if ((r == -EBUSY || r == -ETIMEDOUT) && ops)
		r = detach_target(store, layer->id, refs, err);
	else if (r < 0 && err)
		*err = busy;
	if (r < 0 || !refs->target)
		return r;
	free(steal_ptr(&refs->target));
	remove_merged(store, layer->id);
	/* A second mount of the same upper directory would be undefined behaviour. */
	if (!shale_layer_is_immutable(layer))
		refs->detached = steal_ptr(&detached);
	return 0;
}

static int must_be_in_place(const char *id, const struct shale_refs *refs, struct shale_error *err)
{
	if (!refs->target || !refs->id || shale_mountplace_mount(refs->target) == refs->id)
		return 0;
	return shale_fail_plain(err, -ESTALE,
		"the mount of layer '%s' is not at '%s' any more: something was moved", id,
		refs->target);
}

int shale_mount_refs(const struct shale_store *store, const char *id, struct shale_refs *ret,
	struct shale_error *err)
{
	auto_refs struct shale_refs refs = { 0 };
	int r = shale_refs_load(store, id, &refs, err);

	if (r == 0 && refs.elsewhere)
		return shale_refs_fail_elsewhere(&refs, id, err);
	if (r == 0 && refs.detached)
		return shale_refs_fail_detached(id, err);
	if (r == 0 && refs.dead)
		r = shale_mount_end(store, id, &refs, err);
	if (r == 0)
		r = must_be_in_place(id, &refs, err);
	if (r == 0)
		r = shale_liveness_must_answer(id, &refs, err);
	if (r < 0)
		return r;
	*ret = refs;
	refs = (struct shale_refs){ 0 };
	return 0;
}

/* Kernel mounts write to the upper directory themselves; a daemon may still hold something back. */
int shale_mount_flush(const struct shale_store *store, const char *id, struct shale_error *err)
{
	if (store->engine != SHALE_ENGINE_SHALE) /* its mounts write where we read */
		return 0;
	auto_refs struct shale_refs refs = { 0 };
	int r = shale_refs_look(store, id, &refs, err);

	if (r < 0 || !refs.target || refs.dead || refs.elsewhere ||
		strcmp(refs.backend, "fuse") != 0)
		return r;
	r = shale_liveness_must_answer(id, &refs, err);
	if (r < 0)
		return r;
	auto_close int fd = sys(open(refs.target, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	r = fd < 0 ? fd : sys(syncfs(fd));
	return r < 0 ? shale_fail(err, r, "flush the mount of layer '%s'", id) : 0;
}
