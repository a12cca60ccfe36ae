/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/features.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <string.h>

#define OWN   "features"
#define BELOW "features-below"

static const struct {
	const char *name;
	unsigned int bit;
} names[] = { { "redirect", FEATURE_REDIRECT }, { "metacopy", FEATURE_METACOPY },
	{ "aufs", FEATURE_AUFS } };
#define N_NAMES (sizeof(names) / sizeof(*names))

static unsigned int read_list(json_t *record, const char *key)
{
	unsigned int features = 0;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(record, key), i, item) for (size_t n = 0; n < N_NAMES;
								       n++)
	{
		const char *name = json_string_value(item);

		if (name && !strcmp(name, names[n].name))
			features |= names[n].bit;
	}
	return features;
}

static int write_list(json_t *record, const char *key, unsigned int features)
{
	json_t *list = json_array();

	if (!features)
		json_object_del(record, key);
	for (size_t n = 0; n < N_NAMES; n++)
		if (features & names[n].bit)
			json_array_append_new(list, json_string(names[n].name));
	if (features)
		return json_object_set_new(record, key, list) < 0 ? -ENOMEM : 0;
	json_decref(list);
	return 0;
}

unsigned int features_own(const struct layer *layer)
{
	return read_list(layer->record, OWN);
}

unsigned int features_any(const struct layer *layer)
{
	return read_list(layer->record, OWN) | read_list(layer->record, BELOW);
}

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

/* Each ancestor is looked at only if one had something when the layer was made. */
int features_below(const struct shale_store *store, const struct layer *layer, unsigned int *ret,
	char **ret_where, struct shale_error *err)
{
	unsigned int features = 0;
	auto_free char *where = NULL;
	char **ids = NULL;
	int r = 0;

	if (read_list(layer->record, BELOW))
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

int features_set_own(json_t *record, unsigned int features)
{
	return write_list(record, OWN, features);
}

int features_set_below(json_t *record, unsigned int features)
{
	return write_list(record, BELOW, features);
}

int features_inherit(json_t *record, const struct layer *parent, bool rw)
{
	unsigned int below = read_list(parent->record, OWN) | read_list(parent->record, BELOW);
	int r = write_list(record, BELOW, below);

	if (r == 0 && rw && (below & FEATURE_METACOPY))
		r = write_list(record, OWN, FEATURE_REDIRECT | FEATURE_METACOPY);
	return r;
}
