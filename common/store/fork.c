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

/* The options of the layer that is forked, for the new layer. */
struct settings {
	const char *options[2];
	size_t n;
	char size[48];
};

static void get_settings(const struct layer *layer, struct settings *ret)
{
	unsigned int features = layer->rw ? features_own(layer) : 0;

	ret->n = 0;
	snprintf(ret->size, sizeof(ret->size), "size=%" PRIu64, size_limit_of(layer));
	if (size_limit_of(layer))
		ret->options[ret->n++] = ret->size;
	if (features & (FEATURE_REDIRECT | FEATURE_METACOPY))
		ret->options[ret->n++] = features & FEATURE_METACOPY ? "metacopy=on"
								     : "redirect_dir=on";
}

/* Tells which command makes the fork of the snapshot PARENT, which stays. A remedy of the cause
 * would hide the command. */
static int explain(int code, const char *new_id, const char *parent,
	const struct settings *settings, struct shale_error *err)
{
	char options[128] = "";

	for (size_t i = 0, n = 0; i < settings->n; i++)
		n += (size_t)snprintf(
			options + n, sizeof(options) - n, "--opt %s ", settings->options[i]);
	error_fail(err, code, "the snapshot is layer '%s', but has no fork yet", parent);
	if (err)
		err->remedy[0] = 0;
	return error_remedy(err, code,
		"when the cause is gone, finish the fork: shale create --rw --parent %s %s%s",
		parent, options, new_id);
}

/* Makes NEW_ID on PARENT, with the settings of LAYER, which is forked. */
static int create(struct shale_store *store, const struct layer *layer, const char *new_id,
	const char *parent, struct shale_error *err)
{
	struct settings settings;

	get_settings(layer, &settings);
	const struct shale_layer_options options = { .size = sizeof(options),
		.parent = parent,
		.options = settings.options,
		.n_options = settings.n,
		.flags = SHALE_CREATE_RW };
	int r = store_create_layer(store, new_id, &options, NULL, err);
	return r < 0 && strcmp(parent, layer->id) != 0 ? explain(r, new_id, parent, &settings, err)
						       : r;
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
