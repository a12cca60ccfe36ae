/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks mounts that exist already before they are used, and unmounts them. */
#include "common/store/mount/layer_mount.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/mountplace.h"
#include "common/store/mount/driver.h"
#include "common/store/mount/liveness.h"
#include "common/store/log.h"
#include "common/store/store_struct.h"
#include "common/store/mount/live_refs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>

#define TRIES        5
#define TRY_PAUSE_NS 20000000 /* ns: pause between two tries to unmount */

static int end_once(const struct mounted *mounted, const char *backend, struct shale_error *err)
{
	const struct backend_ops *ops = driver_named(backend);
	const char *target = mounted->target;
	int r = ops ? ops->umount(mounted, err) : mountplace_umount(target, mounted->id, 0);

	return r < 0 && !ops ? error_fail(err, r, "unmount '%s'", target) : r;
}

/* Unmounts. Tries again for a moment after EBUSY, because another process may only be looking at
 * the mount. */
int mount_end_at(const struct mounted *mounted, const char *backend, struct shale_error *err)
{
	const struct timespec pause = { .tv_nsec = TRY_PAUSE_NS };
	int r = end_once(mounted, backend, err);

	for (int i = 0; i < TRIES && r == -EBUSY; i++) {
		error_clear(err);
		nanosleep(&pause, NULL);
		r = end_once(mounted, backend, err);
	}
	return r;
}

/* Detaches a mount whose daemon is dead. Busy or not makes no difference: no process can use it. */
static int end_dead(const struct mounted *mounted, const char *backend, struct shale_error *err)
{
	if (mountplace_umount(mounted->target, mounted->id, MNT_DETACH) == 0)
		return 0;
	return mount_end_at(mounted, backend, err);
}

static void remove_merged(const struct shale_store *store, const char *id)
{
	char path[ID_MAX + sizeof("/merged")];

	snprintf(path, sizeof(path), "%s/merged", id);
	unlinkat(store->home, path, AT_REMOVEDIR);
}

int mount_end(
	const struct shale_store *store, const char *id, struct refs *refs, struct shale_error *err)
{
	int answers = liveness_must_answer(id, refs, err);

	if (answers < 0)
		return answers;
	struct mounted mounted = refs_mounted(store, id, refs, refs->target);
	int r = refs->dead ? end_dead(&mounted, refs->backend, err)
			   : mount_end_at(&mounted, refs->backend, err);

	if (r < 0)
		return error_fail(err, r, "layer '%s'", id);
	store_log(store, refs->dead ? LOG_WARNING : LOG_INFO, "layer '%s' is unmounted from '%s'%s",
		id, refs->target, refs->dead ? ": its daemon had died" : "");
	free(steal_ptr(&refs->target));
	refs->dead = false;
	/* If the daemon has not ended yet, treat the mount as detached: until the daemon ends it
	 * uses the upper directory. */
	if (r == 1 && refs->writable)
		refs->detached = strdup(refs->backend);
	remove_merged(store, id);
	return 0;
}

static int detach_target(const struct shale_store *store, const char *id, const struct refs *refs,
	struct shale_error *err)
{
	struct mounted mounted = refs_mounted(store, id, refs, refs->target);

	return driver_named(refs->backend)->detach(&mounted, err);
}

int mount_detach(const struct shale_store *store, const struct layer *layer, struct refs *refs,
	struct shale_error *err)
{
	const struct backend_ops *ops = driver_named(refs->backend);
	auto_free char *detached = strdup(refs->backend);
	struct shale_error busy = { 0 };
	int r = detached ? mount_end(store, layer->id, refs, &busy) : -ENOMEM;

	if ((r == -EBUSY || r == -ETIMEDOUT) && ops)
		r = detach_target(store, layer->id, refs, err);
	else if (r < 0 && err)
		*err = busy;
	if (r < 0 || !refs->target)
		return r;
	free(steal_ptr(&refs->target));
	remove_merged(store, layer->id);
	/* Remember a detached mount of a writable layer: a second mount of its upper directory
	 * would be undefined behaviour. */
	if (!layer_is_immutable(layer))
		refs->detached = steal_ptr(&detached);
	return 0;
}

static int must_be_in_place(const char *id, const struct refs *refs, struct shale_error *err)
{
	if (!refs->target || !refs->id || mountplace_mount(refs->target) == refs->id)
		return 0;
	return error_fail_plain(err, -ESTALE,
		"the mount of layer '%s' is not at '%s' any more: something was moved", id,
		refs->target);
}

int mount_refs(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	int r = refs_load(store, id, &refs, err);

	if (r == 0 && refs.elsewhere)
		return refs_fail_elsewhere(&refs, id, err);
	if (r == 0 && refs.detached)
		return refs_fail_detached(id, err);
	if (r == 0 && refs.dead)
		r = mount_end(store, id, &refs, err);
	if (r == 0)
		r = must_be_in_place(id, &refs, err);
	if (r == 0)
		r = liveness_must_answer(id, &refs, err);
	if (r < 0)
		return r;
	*ret = refs;
	refs = (struct refs){ 0 };
	return 0;
}

/* Writes data of the mount to diff/. A kernel mount writes to the upper directory at once, but a
 * FUSE daemon may still have to. */
int mount_flush(const struct shale_store *store, const char *id, struct shale_error *err)
{
	/* In another engine's store nothing needs a flush: its mounts write to the directory that
	 * we read. */
	if (store->engine != ENGINE_SHALE)
		return 0;
	auto_refs struct refs refs = { 0 };
	int r = refs_look(store, id, &refs, err);

	if (r < 0 || !refs.target || refs.dead || refs.elsewhere ||
		!driver_has_daemon(refs.backend))
		return r;
	r = liveness_must_answer(id, &refs, err);
	if (r < 0)
		return r;
	auto_close int fd = sys(open(refs.target, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	r = fd < 0 ? fd : sys(syncfs(fd));
	return r < 0 ? error_fail(err, r, "flush the mount of layer '%s'", id) : 0;
}
