/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/features_below.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/store/features.h"

static int add_where(char **where, const char *id)
{
	auto_free char *before = *where;

	if (asprintf(where, "%s%s%s", before ? before : "", before ? ", " : "", id) < 0) {
		*where = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int add_ancestor(const struct shale_store *store, const char *id, unsigned int *features,
	char **where, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	int r = layer_open(store, id, &layer, err);
	unsigned int own = r < 0 ? 0 : features_own(&layer);

	*features |= own;
	return r == 0 && own ? add_where(where, id) : r;
}

/* Saves the opening of all ancestors if the layer's record says that none of them had a feature. */
int features_below(const struct shale_store *store, const struct layer *layer, unsigned int *ret,
	char **ret_where, struct shale_error *err)
{
	unsigned int features = 0;
	auto_free char *where = NULL;
	char **ids = NULL;
	int r = 0;

	if (features_claimed_below(layer))
		r = layer_chain(store, layer, &ids, err);
	for (size_t i = 1; r == 0 && ids && i <= layer->n_lowers; i++)
		r = add_ancestor(store, ids[i], &features, &where, err);
	layer_chain_free(ids);
	if (r < 0)
		return r;
	*ret = features;
	*ret_where = steal_ptr(&where);
	return 0;
}
