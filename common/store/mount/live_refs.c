/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/live_refs.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/mount/liveness.h"

int refs_look(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	int r = refs_read(store, id, &refs, err);

	if (r < 0)
		return r;
	r = liveness_look(store, id, &refs);
	if (r < 0)
		return error_fail(err, r, "find what is mounted of layer '%s'", id);
	*ret = refs;
	refs = (struct refs){ 0 };
	return 0;
}

int refs_load(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	int r = refs_look(store, id, &refs, err);

	if (r < 0)
		return r;
	r = liveness_resolve(store, id, &refs);
	if (r < 0)
		return error_fail(err, r, "find what is mounted of layer '%s'", id);
	*ret = refs;
	refs = (struct refs){ 0 };
	return 0;
}

int refs_must_be_idle(const struct shale_store *store, const char *id, struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };
	int r = refs_load(store, id, &refs, err);

	if (r < 0 || (!refs.target && !refs.n_mounts && !refs.elsewhere && !refs.detached))
		return r;
	if (refs.elsewhere)
		return refs_fail_elsewhere(&refs, id, err);
	if (refs.detached)
		return refs_fail_detached(id, err);
	error_fail_plain(err, -EBUSY, "layer '%s' is mounted at '%s'", id,
		refs.target ? refs.target : refs.mounts[0].dir);
	if (refs.n_mounts)
		return error_remedy(err, -EBUSY, "unmount it: shale umount %s", id);
	return error_remedy(err, -EBUSY, "end its use: shale put %s", id);
}
