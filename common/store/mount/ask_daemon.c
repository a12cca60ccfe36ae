/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to the daemon of a mount: shale_layer_stats, shale_layer_upgrade. */
#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/foreign/foreign.h"
#include "common/store/layer.h"
#include "common/store/mount/driver.h"
#include "common/store/mount/live_refs.h"
#include "common/store/mount/mountpoint.h"
#include "common/store/store_struct.h"

#include <string.h>

/* One question to a daemon: for statistics (FN gets them) or for an upgrade (FN is NULL). */
struct question {
	shale_pair_fn *fn;
	void *arg;
};

static int ask_kernel(const struct question *question, const char *target, struct shale_error *err)
{
	error_remedy(err, -EOPNOTSUPP,
		question->fn ? "only mounts through FUSE count requests"
			     : "only mounts through FUSE have a daemon");
	return error_fail_plain(err, -EOPNOTSUPP, "'%s' is mounted by the kernel, %s", target,
		question->fn ? "which counts nothing" : "which upgrades nothing");
}

static int ask(const struct question *question, const char *backend, const char *target,
	struct shale_error *err)
{
	const struct backend_ops *ops = driver_named(backend);

	if (!ops || !ops->stats || !ops->upgrade)
		return ask_kernel(question, target, err);
	return question->fn ? ops->stats(target, question->fn, question->arg, err)
			    : ops->upgrade(target, err);
}

static int ask_mount(const struct question *question, const char *dir, struct shale_error *err)
{
	auto_free char *type = NULL;
	int r = mountpoint_type(dir, &type);

	if (r < 0)
		return error_fail(err, r, "find what is mounted at '%s'", dir);
	if (!type)
		return error_fail_plain(err, -ENOTCONN, "nothing is mounted at '%s'", dir);
	return ask(question, driver_of_type(type)->name, dir, err);
}

/* Asks the daemon of one mount for statistics, or the daemons of all mounts of the layer to
 * upgrade. */
static int ask_mounts(const struct question *question, const struct refs *refs, const char *id,
	struct shale_error *err)
{
	bool asked = refs->target && !refs->dead;
	int r = asked ? ask(question, refs->backend, refs->target, err) : 0;

	for (size_t i = 0; r == 0 && i < refs->n_mounts && !(asked && question->fn); i++) {
		r = ask_mount(question, refs->mounts[i].dir, err);
		asked = true;
	}
	return asked ? r : error_fail_plain(err, -ENOTCONN, "layer '%s' is not mounted", id);
}

static int ask_layer(const struct question *question, const struct shale_store *store,
	const char *id, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r == 0)
		r = refs_look(store, id, &refs, err);
	if (r < 0)
		return r;
	return refs.elsewhere ? refs_fail_elsewhere(&refs, id, err)
			      : ask_mounts(question, &refs, id, err);
}

static int ask_target(const struct question *question, const struct shale_store *store,
	const char *target, struct shale_error *err)
{
	if (*target == '/')
		return ask_mount(question, target, err);
	int refused = foreign_refuse(store, err);
	return refused < 0 ? refused : ask_layer(question, store, target, err);
}

int shale_layer_stats(struct shale_store *store, const char *target, shale_pair_fn *fn, void *arg,
	struct shale_error *err)
{
	return ask_target(&(struct question){ fn, arg }, store, target, err);
}

int shale_layer_upgrade(struct shale_store *store, const char *target, struct shale_error *err)
{
	return ask_target(&(struct question){ 0 }, store, target, err);
}
