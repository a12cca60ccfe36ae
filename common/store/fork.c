/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A writable layer that begins with what another one shows. */
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/scope.h"
#include "common/store/features.h"
#include "common/store/foreign/foreign.h"
#include "common/store/id.h"
#include "common/store/layer.h"
#include "common/store/size_limit.h"
#include "common/store/store_struct.h"
#include "common/store/store.h"

#include <inttypes.h>
#include <string.h>

/* Makes NEW_ID on PARENT, with the settings of the layer that is forked. */
static int create(struct shale_store *store, const struct layer *layer, const char *new_id,
	const char *parent, struct shale_error *err)
{
	const char *options[2];
	char size[48];
	struct shale_layer_options create = { .size = sizeof(create),
		.parent = parent,
		.options = options,
		.flags = SHALE_CREATE_RW };
	unsigned int features = layer->rw ? features_own(layer) : 0;

	snprintf(size, sizeof(size), "size=%" PRIu64, size_limit_of(layer));
	if (size_limit_of(layer))
		options[create.n_options++] = size;
	if (features & (FEATURE_REDIRECT | FEATURE_METACOPY))
		options[create.n_options++] = features & FEATURE_METACOPY ? "metacopy=on"
									  : "redirect_dir=on";
	return store_create_layer(store, new_id, &create, NULL, err);
}

int shale_layer_fork(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result **ret,
	struct shale_error *err)
{
	struct shale_snapshot_options mine;
	auto_layer struct layer layer = LAYER_NONE;
	auto_free struct shale_snapshot_result *result = NULL;
	char frozen[ID_MAX + 1];
	int r = option_struct_take(&mine, sizeof(mine), options, "fork", err);

	if (r == 0)
		r = foreign_refuse(store, err);
	if (r == 0)
		r = id_check(new_id, err);
	if (r == 0)
		r = layer_must_be_absent(store, new_id, err);
	if (r == 0)
		r = layer_open(store, id, &layer, err);
	if (r == 0 && !mine.as && id_derive(id, frozen) < 0)
		r = error_fail(err, -EIO, "choose an id");
	if (r < 0)
		return r;
	const char *parent = layer_is_immutable(&layer) ? id : mine.as ? mine.as : frozen;
	if (parent != id)
		r = shale_layer_snapshot(store, id, parent, &mine, &result, err);
	else
		result = calloc(1, sizeof(*result));
	if (r == 0)
		r = create(store, &layer, new_id, parent, err);
	if (r == 0 && ret)
		*ret = steal_ptr(&result);
	return r;
}
