/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* shale_layer_stats: the statistics of a mount. */
#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/foreign/foreign.h"
#include "common/store/layer.h"
#include "common/store/mount/driver.h"
#include "common/store/mount/live_refs.h"
#include "common/store/mount/mountpoint.h"
#include "common/store/private.h"

#include <string.h>

static int ask(const char *backend, const char *target, shale_pair_fn *fn, void *arg,
	struct shale_error *err)
{
	const struct backend_ops *ops = driver_named(backend);

	if (ops && ops->stats)
		return ops->stats(target, fn, arg, err);
	error_remedy(err, -EOPNOTSUPP, "only mounts through FUSE count requests");
	return error_fail_plain(
		err, -EOPNOTSUPP, "'%s' is mounted by the kernel, which counts nothing", target);
}

static int ask_mount(const char *dir, shale_pair_fn *fn, void *arg, struct shale_error *err)
{
	auto_free char *type = NULL;
	int r = mountpoint_type(dir, &type);

	if (r < 0)
		return error_fail(err, r, "find what is mounted at '%s'", dir);
	if (!type)
		return error_fail_plain(err, -ENOTCONN, "nothing is mounted at '%s'", dir);
	return ask(driver_of_type(type)->name, dir, fn, arg, err);
}

static int ask_layer(const struct shale_store *store, const char *id, shale_pair_fn *fn, void *arg,
	struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r == 0)
		r = refs_look(store, id, &refs, err);
	if (r < 0)
		return r;
	if (refs.elsewhere)
		return refs_fail_elsewhere(&refs, id, err);
	if (refs.target && !refs.dead)
		return ask(refs.backend, refs.target, fn, arg, err);
	if (refs.n_mounts)
		return ask_mount(refs.mounts[0].dir, fn, arg, err);
	return error_fail_plain(err, -ENOTCONN, "layer '%s' is not mounted", id);
}

int shale_layer_stats(struct shale_store *store, const char *target, shale_pair_fn *fn, void *arg,
	struct shale_error *err)
{
	if (*target == '/')
		return ask_mount(target, fn, arg, err);
	int refused = foreign_refuse(store, err);
	return refused < 0 ? refused : ask_layer(store, target, fn, arg, err);
}
