/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/layer_ids.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/layer.h"
#include "common/store/mount/liveness.h"
#include "common/store/store_struct.h"
#include "common/store/mount/live_refs.h"

#include <stdlib.h>
#include <string.h>

void layer_ids_free(struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		free(ids->ids[i]);
	free(ids->ids);
	*ids = (struct ids){ 0 };
}

static int add_id(const char *id, void *arg)
{
	struct ids *ids = arg;
	char **bigger = realloc(ids->ids, (ids->n + 1) * sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	ids->ids = bigger;
	ids->ids[ids->n] = strdup(id);
	return ids->ids[ids->n++] ? 0 : -ENOMEM;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int layer_ids_read(const struct shale_store *store, struct ids *ret, struct shale_error *err)
{
	auto_ids struct ids ids = { 0 };
	int r = layer_each(store, add_id, &ids);

	if (r < 0)
		return error_fail(err, r, "list the layers of '%s'", store->home_path);
	if (ids.n)
		qsort(ids.ids, ids.n, sizeof(*ids.ids), compare_ids);
	*ret = ids;
	ids = (struct ids){ 0 };
	return 0;
}

static void find_replaced(const struct shale_store *store, const char *id, const struct refs *refs,
	struct witness_replaced *sum)
{
	auto_close int dir = refs_open_daemons(store->run);

	if (dir < 0)
		return;
	if (refs->target && !refs->dead)
		witness_add_replaced(dir, refs_mounted(store, id, refs, refs->target).witness, sum);
	for (size_t i = 0; i < refs->n_mounts; i++)
		if (strcmp(refs->mounts[i].how, "bind") != 0)
			witness_add_replaced(dir,
				refs_mounted(store, id, refs, refs->mounts[i].dir).witness, sum);
}

int layer_users(const struct shale_store *store, const char *id, struct mount_use *ret,
	struct shale_error *err)
{
	auto_refs struct refs refs = { 0 };

	if (ret)
		*ret = (struct mount_use){ .state = "" };
	if (store->engine != ENGINE_SHALE)
		return 0;
	int r = refs_look(store, id, &refs, err);
	if (r < 0)
		return r;
	if (ret)
		ret->state = liveness_word(&refs);
	if (ret)
		find_replaced(store, id, &refs, &ret->replaced);
	if (ret && refs.target) {
		ret->backend = steal_ptr(&refs.backend);
		ret->owners = steal_ptr(&refs.owners);
	}
	/* A mounted layer has at least one user, even if RUN has lost the count. */
	size_t n = refs_count(&refs);
	return n || !refs.target ? (int)n : 1;
}
